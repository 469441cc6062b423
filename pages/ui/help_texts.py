"""The guide's texts. What the engine knows (methods, figures, limits) is asked of it, never written twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.balance import MAX_CLASSES
from engine.generators.base import Capability, GeneratorInfo
from engine.library.settings import is_on
from engine.limits import Limits
from engine.table.schema import Kind
from pages.ui import datasets
from pages.ui.words import plain, size

STEPS = """
1. **Upload** a table, or take a sample. What the reader guessed and mended is listed; nothing is changed silently.
2. **Configure**: which columns to keep, what each is, which method, how many rows. The defaults are enough to go on.
3. **Train**: a process of its own learns the table. Leave the page and find the run again. *Stop* ends it at once;
   *Stop and keep the best* ends the training of a deep method, and makes the twin with the best that it has so far.
4. **Compare** the twin with the real table: columns, pairs, and courses in time where there are dates. Download it; it
   has the same columns, types and formats.
"""

METHODS = """
*Automatic* takes the method that suits the table best, and says why: rows and columns count, and what is seen in the
values, such as numbers with several peaks, a series in time, or columns that follow from others. Beside each method
stands about how long the whole run takes on this machine and how much memory it needs. What would not fit is told, with
a button for the nearest setting that does. If a method fails in training, if
what it makes has collapsed, or if memory runs out, the next simpler one takes over: the page says which one failed and
why. A switch under *More options* turns that off.

*Race* tries every method that suits, one after another within a time limit. All learn the same part of the table and
are judged on rows set aside: how alike their rows are, how useful, and whether they remember single rows, which puts a
method out. The best one is trained on all rows; between equally good ones the quicker. The table of all methods is on
*Compare*.
"""

ROWS = f"""
On *Configure*, below the number of rows, two things can be asked of them:

- **Given values**: choose columns, and for each its values or a range. They hold in every row, and the other columns
  follow as they do in the real table where it has such rows. The page says how many real rows there are of it: from a
  handful little can be learned. What no row can fulfil is refused with a sentence that names it.
- **Rebalance**: one column of few values gets exactly the rows you say: *equal shares* for half of each class, *as in
  the data* for exactly the real shares, or shares of your own in per cent. Each value's rows are made under
  that value, then all are mixed. Up to {MAX_CLASSES} values; gaps count only in shares of your own or as in the data.

Both can be combined, on different columns. They change what the table says: figures are therefore of rows made without
them, and a model trained on rebalanced rows has to be judged on real ones. A method that cannot do it says so.
"""

COLUMNS = """
By default all columns are learned together, so that relations between them are kept. In the table of columns on
*Configure*, and in *Details of a column*, each may be made in another way:

- **Alone, by distribution**: drawn on its own from the family of distributions that fits best, from one that you
  choose, or as observed. The chart lays the family over the real values and says how far both are apart: the
  Kolmogorov-Smirnov distance, beside the limit up to which a family counts as fitting.
- **Alone, smoothed**: real values, each moved as far as left out rows say that it may stray.
- **Alone, in time**: a series that keeps trend, seasons and what a row hands on to the next. Columns in time are
  learned together; take the date along. What comes round in the real rows is shown with a chart.
- **One value**: the same in every row; nothing of the column is learned.

What a column that stands alone has to do with the others is lost.
"""

PERSONAL = """
Columns that seem to tell who somebody is stand on *Configure* before anything is trained: names, contacts, addresses,
numbers of accounts, cards and authorities, found by their values' form and check digits or by the column's name. Their
values are made up; *Change* says what is made up and for which country, and *Keep as it is* learns the column as a
category after all, whose real values then appear in the twin.

- **Same person, same pseudonym** gives each real value one made-up value that stands for it wherever it appears. Rows
  of one person stay together, and how often somebody appears is kept. That is pseudonymous, and tells more than new
  people in every row do: who knows how often a person appears, or with what, may recognise the pseudonym.
- A **secret** makes pseudonyms the same in every run and table. It is kept for your session only and written nowhere.
  Who has it can find out the pseudonym of any name.
- **Identifiers** are new keys in the form of the real ones, none of which is used; a pattern of your own can be given.
- **Free text** is made from words of the column that several rows share, never as a whole real sentence, or it is made
  up altogether.
"""

RARE = """
A label that few rows share may point to one person, such as the only one from a small town. Before anything is
learned, rows with such a label get that of a similar row, or all rare labels become one. *Configure* says how many
labels and cells that is for your table, from how many rows on a label counts as shared, and lets you keep them. Columns
of two labels are left as they are, and so are columns in which no label is shared often enough; both are told.
"""

RULES = """
Rules hold in every row of the twin: bounds, an order of two columns, sums, no repeats, values that belong together, two
columns that name one thing, cells that are missing together, the form of a text, and conditions of your own such as
`if age < 18 then income is missing`. Those that nearly all real rows keep are listed on *Configure*; none holds before
you tick it. Real rows that break a rule are counted and shown, and are left out, repaired or learned as they are, as
you say. Where a rule can be built into the rows it is: a total is added up, not learned. Other rows are drawn again, a
bounded number of times, and the result says how many. Rules that exclude each other are refused, with their names.
"""

KINDS: Mapping[str, str] = {
    kind.value: text
    for kind, text in {
        Kind.INTEGER: "Whole numbers; stay whole.",
        Kind.DECIMAL: "Numbers with decimals; keep as many.",
        Kind.CATEGORICAL: "A limited set of labels. The twin uses no others.",
        Kind.BOOLEAN: "Two labels, such as yes and no.",
        Kind.DATETIME: "Dates and times; keep format and resolution.",
        Kind.TEXT: "Free text: made anew from words that several rows share, or from a faker’s.",
        Kind.IDENTIFIER: "Unique keys: new ones of the same form, none of the real ones.",
        Kind.PERSONAL: "Names, e-mails, phones and the like: made up.",
        Kind.CONSTANT: "One value throughout; stays.",
    }.items()
}

FIGURES = """
No figure stands alone. Beside each is the figure that **fresh real rows** get: real rows that were held out before
training, compared with the rows that were trained on. That is the yardstick; a twin cannot be expected to be closer to
the training rows than other real rows are. Without rows held out there is no yardstick.

*How much to measure* on *Configure* chooses between the quick figures and all of them: also whether a classifier can
tell the twin from real rows (from those it learned, and from those it never saw: only the second cannot be bought by
copying), what models learn from it, and attacks on privacy. Several runs on the same table stand side by side under
*Runs* on *Compare*; a star marks what is best or not surely below it. *Certificate*, beside the downloads, checks the
file itself: types, formats, keys, ranges, rules.
"""

PRIVACY = """
A synthetic table is **not anonymous by itself**. A method may have kept what it should not: each one's entry under
*Methods* says which real values its model holds, and category labels of the real table appear in the twin as they are.

- Likeness is no figure of privacy, and a high likeness says nothing about risk.
- How far single real rows could be recognised, linked or guessed from the twin is measured by attacking it, where you
  ask for full figures: a coin decides for each row of a pool whether it is trained on, and attacks try to tell which
  were. What they recognise stands under *Privacy* on *Compare*, beside chance and with its interval.
- The attacks test themselves: copies of real rows are planted into the twin, and what is found of them says what a
  “nothing found” is worth on this table.
- A result near chance is absence of evidence, not proof. Who holds the model, or several twins, may find more.
- In small tables, and where few columns have few values, a twin easily holds real combinations word for word. Look at
  how often that happens to training rows and to rows never seen.
- Whether what remains is acceptable, under the GDPR, HIPAA or another rule, is the data controller's decision.

What helps in any case: leave out columns that the purpose does not need, mark names, contacts and keys as *personal*
or *identifier* so that they are made anew, and have rare labels replaced, as they are by default.
"""

_CAN = {
    Capability.LIKELIHOOD: "plausibility of rows",
    Capability.IMPUTE: "filling in missing cells",
    Capability.TRAIN_ON: "learning added rows",
}


def method(info: GeneratorInfo) -> str:
    """One method: how it works, when to use it, what its model keeps."""
    lines = [
        info.summary,
        f"**When** {info.when}",
        f"**Keeps of the real table** {info.holds}",
        f"**Source** {plain(info.source)}",
    ]
    if Capability.GIVEN in info.capabilities:
        lines.append("**Can** make rows with given values, and rebalance a column")
    can = [words for capability, words in _CAN.items() if capability in info.capabilities]
    if can:
        lines.append(f"**Also, from the command line** {', '.join(can)}")
    if missing := info.missing_packages():
        lines.append(f"**Cannot run here**: {' and '.join(missing)} is not installed.")
    return "\n\n".join(lines)


def metrics() -> Iterator[tuple[str, str]]:
    """Every figure's name, with what it means and where it is from."""
    from engine.evaluation.registry import METRICS

    for metric in METRICS.values():
        yield metric.info.label, f"{metric.info.meaning}\n\n**Source** {plain(metric.info.source)}"


def limits() -> dict[str, str]:
    """What this server takes, as its settings say."""
    found = Limits.from_environment()
    return {
        "File": size(found.max_bytes),
        "Unpacked": size(found.max_unpacked_bytes),
        "Cells": f"{found.max_cells:,}",
        "Columns": f"{found.max_columns:,}",
        "Characters in a cell": f"{found.max_cell_characters:,}",
        "Synthetic rows": f"{found.max_rows_to_make:,}",
        "Trainings at once": f"{found.max_running_jobs:,}",
        "Trainings of one person in line": f"{found.max_waiting_jobs_per_owner:,}",
        **({"Library of each person": size(found.max_library_bytes)} if is_on() else {}),
        "Tables are kept for": f"{datasets.keep_seconds() / 3600:g} hours after their last use",
    }
