"""The parts of the Transformer over columns: paths of tokens, the network, its training, and walks that make rows."""
