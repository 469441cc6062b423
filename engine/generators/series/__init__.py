"""Rows in time: which column is the time, which tells several series apart, and how latents move from row to row."""
