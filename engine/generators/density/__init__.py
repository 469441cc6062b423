"""Kernel density estimation on the cells of columns."""
