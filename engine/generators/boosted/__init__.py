"""The parts of the boosted cascade: columns in an order, each drawn from boosted trees on the columns before it."""
