"""The commands of `python -m engine`, one module each: `add` declares it, `run` carries it out."""
