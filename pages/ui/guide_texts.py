"""The guide's longer texts: examples of use, the views of the compare page, the law, certificates, the library."""

from __future__ import annotations

SHARE = """
A colleague, a contractor or a course needs a table of this form, but may not have the real one.

1. Upload it, and look at the personal columns on *Configure*. Leave out every column that the purpose does not need.
2. Under *How much to measure*, choose *Everything, with attacks on privacy*; say who a row is about, and what an
   outsider may know. Under *More options*, give out the very model that was measured: the attacks are then on exactly
   that one.
3. Train. On *Compare*, read *Privacy* first, the figures second.
4. Download the table **with its certificate**. Give the table, and not the model, which holds more.
"""

TEST_DATA = """
Software wants many rows of the right form, with gaps and odd values where real ones have them; likeness matters less.

1. On *Configure* choose *Standard*, then **Standard statistics**: it takes seconds, and learns no relations between
   columns.
2. Ask for as many rows as the test wants, and tick the rules that the software relies on.
3. Take the same seed again for the same table, byte for byte; another seed for other rows.

With no table at hand, **Describe** says what the columns are, and makes rows from nothing real at all.
"""

SMALL = """
From twenty or fifty rows little can be learned, and what is learned is easily single people.

- *Automatic* takes a method that suits few rows. Below 100 rows nothing is held out, so figures have no yardstick:
  read them as a description, not as a proof.
- Real combinations come out word for word more easily. Leave out what could name somebody, and look at *Rare
  categories*.
- For the attacks on privacy a table needs at least 300 rows; between that and some thousand, hold rows out three
  times (*Automatic* does it).
"""

SERIES = """
Daily sales, a sensor, purchases of customers: rows follow each other.

1. See that the date is of the kind *datetime* in the table of columns.
2. Choose **Patterns in time** as the method, or leave it to *Automatic*, which sees a date whose rows hang together.
3. *Details* of a number shows it over the date, with what comes round every week or year.
4. On *Compare*, *In time* lays both tables over each other. The dates of the twin may go on beyond the real ones.

Single columns can be made in time while the others are learned together: *Alone, in time* in the table of columns.
"""

RARE_CLASS = """
One row in a hundred is a fraud, and a model for it sees too few.

On *Configure*, **Rebalance** the column to equal shares, or **Given values** to make rows of the rare class alone.
Train the model on the twin, and judge it on real rows: the shares of the twin are not those of the world any more.
"""

REPEAT = """
Beside the downloads on *Compare*, a run gives its settings, a Python file and one command line, each of which repeats
it. *Load settings* on *Configure* takes them up again. Everything can be done without a browser:

```
python -m engine generate people.csv --out twin.csv --seed 0 --report twin.html
```

`python -m engine --help` lists all commands. The report says method, settings and seed.
"""

VIEWS = """
*Compare* opens with a verdict in one sentence, then the headline figures, each beside the one that fresh real rows
get; what was not measured says how to have it measured. Below, in four parts (*Look*, *Measure*, *Privacy*, *Runs*),
one view at a time:

- **Distributions**: a column of both tables, side by side or laid over each other, as bars, a curve, or the share of
  rows up to each value (ECDF). Real is blue, filled and solid; synthetic is orange, hatched or dashed. Below
  it, all columns small, the least alike first. A gap between the curves is where the twin has too many or too few.
- **Correlations**: how strongly any two columns hang together, in each table, and the difference. Dark cells in the
  difference are relations that were lost or made up. A click on a cell shows both columns together, in both tables.
- **Missing values**, where there are any: which columns lack cells, and which lack them together.
- **In time**, where there are dates: the course of a number over a date in both tables.
- **All columns at once**: rows of both tables in the plane in which the real ones vary most.
- **Figures**: every figure, with the one of fresh real rows beside it.
- **What gives it away**: a classifier learns to tell made rows from real ones; the columns and pairs that it goes by,
  the most telling first. A click shows the column or the pair.
- **Spot the fake**: eight rows, half of them real. Tick those that you take for made; the tally says whether you do
  better than guessing. A game, and a test of what figures cannot say: that rows make sense.
- **Privacy**: what the attacks recognised, where you asked for them.
- **Rows**: both tables, to look at. A twin's row that you know is worth a second look.
- **Runs** and **Race**: several runs, or all methods of a race, side by side.
"""

HEADLINE = """
- **First the yardstick.** A figure of 93% is good where fresh real rows get 94%, and poor where they get 99%.
- **Much better than fresh rows is no success.** A twin that is closer to the training rows than new real rows are
  repeats them: look at *Privacy*.
- **Then the worst columns**, not the mean: distributions are sorted worst first.
- **Then what you need it for.** For teaching, shapes may be enough; for a model, *Usefulness* counts, which is asked
  of real rows that nobody has seen.
"""

GDPR = """
The law asks whether somebody can be identified by **means reasonably likely to be used**, by the one who made the
table or by anyone else, with the time, cost and technology that it takes (GDPR, Recital 26). Only what passes that is
anonymous, and outside the regulation. No program can answer this alone: it depends on who gets the table, and what
else they know.

**What a synthetic table does.** Names, contacts and keys are made up; no row is a real person's on purpose. The
attacks under *Privacy* bear on the three questions that European authorities ask (Article 29 Working Party, Opinion
05/2014):

- *singling out*: is one person's row isolated by what an outsider may know?
- *linking*: does the twin connect what is known of a person with the rest of the row?
- *inference*: is a secret value of somebody trained on guessed better than that of somebody never seen?

**What it does not settle.**

- Learning from personal data is processing of it, and needs a legal basis, whatever comes out; special categories
  (health, origin, belief, ...) need more. Often an impact assessment is due (Article 35).
- Same pseudonyms for same people are pseudonymisation (Article 4(5)): such data remains personal.
- A trained model may hold real values, and can be personal data itself. Its passport lists what it holds.
- “No excess risk measured” is evidence for an assessment, not the assessment.
"""

HIPAA = """
Two ways lead to de-identified health information (45 CFR 164.514(b)):

- **Safe Harbor**: eighteen kinds of identifiers are removed, among them names, all parts of dates but the year, ages
  above 89, and places smaller than a state (but for some first three digits of a ZIP code), and nobody knows that the
  rest could identify a person.
- **Expert Determination**: a person with the knowledge and experience for it finds the risk very small, and documents
  methods and results.

A synthetic table is not Safe Harbor by being synthetic: dates, high ages and small places are **learned and come out
like the real ones** unless you leave them out or make them coarser before. For Expert Determination, the report with
the attacks, what they could have found, and what was not tested is material for the expert. It is not the
determination.
"""

LAW = """
This is what a program can say, and no legal advice. Whoever is responsible for the data decides, best with a data
protection officer, before the table leaves the house.
"""

CERTIFICATE = """
A figure says how alike two tables are. A **certificate** says whether the file that you give out is formed as it
should be. It is made from the very bytes of the download, read again by other readers than ours. *Certificate*,
beside the downloads, makes it for the format of your choice; as JSON it can go with the file.

- **size**: the rows that were asked for, the columns in order
- **type** and **format**: every cell is of its column's kind, and written as the real table writes it
- **missing**: as many gaps, within chance
- **categories** and **range**: no label and no number that the real table could not have
- **keys**: as unique as the real ones
- **new values**: no identifier, personal or text cell equals a real one of its column
- **rules**: no row breaks a rule that you ticked

Tables of the library have certificates, too; where the real table is gone by then, they say so, and check the rest.

A check that fails says how many cells, and quotes none. With given values or a balance some checks fail on purpose,
as gaps and keys then differ from the real ones. The SHA-256 in it tells whether a file is the one that was checked. A
certificate says nothing about privacy beyond *new values*.
"""

LIBRARY = """
Tables and runs go a day after their last use. What you want to keep goes into the **library**: *Save to the library*
on *Compare* keeps the synthetic table, the model, the report, or all three, with a name and a note. The real table is
never kept.

- A **dataset** can be looked at, downloaded, or worked on as an uploaded table.
- A **model** makes more rows at any time, also with given values. The next rows take the next seed, so that they are
  others.
- Its **passport** lists every real value that it holds, column by column: look there before you hand a model on.
- A **report** keeps all figures as they were.

Deleting can be undone for a day. Without a log-in there is one library for everyone who opens this address, and the
page says so; with one, each person has their own.
"""

NO_LIBRARY = """
It is off on this server: nothing outlives the hours that tables are kept for. Who runs the server can turn it on.
"""

KEYBOARD = """
*Tab* goes from control to control, *Enter* and *Space* press. In the table of columns, arrow keys move, *Enter* edits
a cell, and *Details of a column* below it opens what each row's button opens; *Escape* closes it. Charts have a
description for screen readers, and every figure stands in a table or a sentence, too. Colours: real is blue and
synthetic orange, and never by colour alone.
"""
