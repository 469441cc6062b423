"""Tables without a real one: each column is described by its kind and, where wanted, how its values are spread.

    schema = described.complete(Schema((Column("age", Kind.INTEGER), Column("mail", Kind.PERSONAL, provider="email"))))
    table = described.make(schema, 1_000, seed=0)      # parsed; schema.to_text(table), schema.restore(table)

`complete` writes out what a kind alone stands for; `start(schema)` takes the kinds and formats of a table that was
read, and none of its values. Nothing is learned, so columns depend on each other only through the rules of the schema,
and through persons (a name and an e-mail address side by side are of one).
"""

from engine.described.describing import check, complete, start
from engine.described.making import make

__all__ = ["check", "complete", "make", "start"]
