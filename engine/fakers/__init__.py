"""Columns that are made anew instead of learned: identifiers, personal data, free text. No real value of them returns.

How a made value is kept apart from every real one, without keeping the real ones. A saved model that lists real keys,
or their hashes (keys have little entropy: a hash is undone by trying them all), would give them away. Here the model
holds only where made values come from, and that place is chosen so that no real value lies in it:

keys       the space of a pattern is cut into equal blocks; keys are drawn from blocks without a real key
           (`spaces`). What that tells is that some other, at least twice as large part of the space holds the real ones
long keys  a space so large (UUIDs, hashes) that a draw meets a real key with a chance under one in a million is
           drawn from freely
words      names and addresses come from Faker's lists, without those that occur in the real column and without a
           fifth of the others, so that a word's absence proves nothing (`pools`)
texts      are made of the column's words that at least five texts share, which the passport lists; a table of closed
           places, half of them decoys, keeps whole real sentences away (`language`); or of Faker's words (`prose`)

Drawing needs no look at real values either, so a loaded model draws the same as the trained one.
"""

from engine.fakers.fakers import Fakers

__all__ = ["Fakers"]
