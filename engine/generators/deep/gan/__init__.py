"""The parts of the generative adversarial network: layout, networks, conditions, training, making rows, choosing."""
