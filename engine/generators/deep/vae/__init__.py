"""The parts of the `vae` generator. `framework` and `network` import TensorFlow and Keras; the others are numpy."""
