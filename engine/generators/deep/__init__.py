"""Parts that deep generators share. Frameworks are imported by each method's own modules only."""
