"""What the guide says on the views of the compare page."""

VIEWS = """
- **Distributions**: one column of both tables. *Stacked* puts one above the other over one axis: pointing at a place
  marks it in both, and a zoom moves both. Values that many rows share, and missing ones, stand apart as bars on the
  left. *Axis* appears where values differ by a factor of ten or more: equal steps are then equal factors. Below, all
  columns are small, the least alike first.
- **Correlations**: how strongly any two columns hang together. Click a cell, or a row of *Where both differ most*, and
  the page goes to these two columns: points or a heat map for two numbers, boxes of quantiles for a number by category,
  shares or bars for two categories. The two lists there do the same without a mouse. Both tables have one colour scale,
  and axes that zoom together.
- **Missing values** (where there are any): how much each column lacks, and which are missing together. A row of dots is
  a pattern; filled dots are missing.
- **All columns at once**: a point is a row, in the plane in which the real rows vary most. The bars tell which columns
  an axis is made of. A cloud that only one table has is worth a look; the plane holds a part of the variance only, and
  the chart says how much.
- **In time** (where there are dates): the course of a number, its seasons, its memory.

Rows drawn as points are drawn at random, as many of each table, and the chart says how many; they are the same at every
visit. Distributions, associations and patterns count every row. Points are real rows: whoever sees this page sees them.
"""
