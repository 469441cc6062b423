"""The race: every suited method is tried on a part of the table, all are judged alike, and the best one is taken.

    python -m engine generate people.csv --out twin.csv --method race --budget 300

**Parts.** What a run holds out for its figures never enters the race. Of the rows that it trains on, a quarter (at most
10,000 rows) is set aside for judging, at random by the run's seed; the methods learn the others. All methods see the
same parts. The winner is then trained anew by the run, as any chosen method would be, on all rows that the run trains
on, and the run's figures are of that training, not of the race.

**Who races.** The methods that `engine.advice` calls suited for so many rows, each with its default settings; where
rows are asked for with given values or rebalanced, only those that can. The rest is listed with the reason.

**Time.** One budget for the whole race, judging included: 300 seconds unless said otherwise. The usually quick methods
go first, deep ones last, and each gets an equal share of what is left by then, less what judging took the last time;
the quick ones hardly touch theirs, and leave it to the rest. No share is below a second, nor a deep one's below ten
while there are so many. A method whose turn comes when the time is over is not begun, but the first one always is. For
the final training the winner gets the time that it had in the race, by the row. Methods that end by themselves before
that give the same result with every budget; those that the clock ends may not.

**Judging** (`engine.race.judge`). Each method makes as many rows as it learned. They are held against the rows set
aside, which it has not seen:

- *fidelity*: the mean of column shapes, pair trends, and one minus how far a boosted classifier can tell them from the
  rows set aside (`engine.evaluation.twosample`);
- *utility*: how well a boosted model that learned from them tells columns of the rows set aside, over one that learned
  from the real training rows (`engine.evaluation.utility`);
- *memorisation*: how often they lie nearer to a training row than to one set aside, and how often they repeat one
  (`engine.evaluation.memorisation`).

The same is measured with the real training rows in place of made ones: what a perfect method would get.

**Choosing** (`engine.race.choosing`). A method is out when the 95% interval of its memorisation lies wholly above
0.525, or when exact copies of training rows are surely more frequent than among the rows set aside. The aim is 0.5; the
margin is there because values that are repeated on purpose (frequent amounts, categories) pull every honest method a
little to its training rows, most so in small tables. Of the others the best mean of fidelity and utility wins, unless a
quicker method is within noise of it: the difference is below 1.96 of its standard errors, taken over the same rows set
aside. Quicker is what comes earlier in the race, so that the choice does not hang on a stopwatch. Where all are out,
the one whose interval begins lowest is taken, and the reason says so.

**Processes.** torch and TensorFlow are never imported in one process: every deep method races in a process of its own,
which ends with this one. The others race here. A method that fails, is killed for memory, or does not end is listed
with the reason, and the race goes on.
"""

from __future__ import annotations

from engine.race.result import RACE, Entry, Marks, RaceResult

__all__ = ["RACE", "Entry", "Marks", "RaceResult"]
