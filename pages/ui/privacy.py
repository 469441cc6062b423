"""The privacy view of the compare page: the verdict with its reasons, the attacks, and the meter's own test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import widgets
from pages.ui.words import count, plain, share

if TYPE_CHECKING:
    from engine.privacy import Audit
    from engine.privacy.comparison import Comparison
    from engine.privacy.result import Figure
    from engine.results import StoredResult

PRIVACY = "Privacy"
_AMONG = (("everyone", "All records"), ("tenth", "Most unusual tenth"))
_FIGURES = {"tpr": "Recognised at 1% false alarms", "auc": "Area under the curve", "advantage": "Advantage"}


def draw(result: StoredResult) -> None:
    found = result.audit
    if found is None:
        st.info(
            "This twin was not attacked, so nothing is known of the risk. Ask for full figures on *Configure* "
            "(What to make, How much to measure) and train again.",
            icon=":material/shield_question:",
        )
        return
    if found.verdict is None:
        st.info(f"Not attacked, because {plain(found.not_applicable)}.", icon=":material/shield_question:")
        return
    _verdict(found)
    _attacks(found)
    _comparisons(found)
    _sharing(found)
    _self_test(found)
    with st.expander("What was not tested, and how it was measured", key="not-tested"):
        st.markdown("\n".join(f"- {plain(text)}" for text in found.verdict.not_tested))
        st.caption(plain(_how(found)))


def _verdict(found: Audit) -> None:
    """The step as a heading in words; the colour only underlines it."""
    from engine.privacy import Step

    assert found.verdict is not None
    step = found.verdict.step
    reasons = "\n".join(f"- {plain(reason)}" for reason in found.verdict.reasons)
    text = f"**{plain(str(step).capitalize())}**\n\n{reasons}"
    if step is Step.STOP:
        st.error(text, icon=":material/block:")
    elif step is Step.LOOK:
        st.warning(text, icon=":material/visibility:")
    else:
        st.info(text, icon=":material/search:")
    st.markdown(plain(found.verdict.summary))
    if found.dropped is not None:
        st.markdown(plain(found.dropped.sentence))
    for note in found.notes:
        st.caption(plain(note))


def _attacks(found: Audit) -> None:
    st.subheader("Was this row trained on?", anchor=False)
    st.caption("Each figure with its 95% interval, and below it what chance gives.")
    own = [(attack, title, getattr(attack, among)) for attack in found.attacks for among, title in _AMONG]
    known = [name for name in _FIGURES if any(name in figures for _, _, figures in own)]
    rows = [
        {"Attack by": attack.label, "Among": title, **{_FIGURES[n]: _ranged(figures.get(n)) for n in known}}
        for attack, title, figures in own
        if figures
    ]
    chance = {n: f.chance for _, _, figures in own for n, f in figures.items()}
    rows.append({"Attack by": "chance alone", "Among": "–", **{_FIGURES[n]: share(chance[n]) for n in known}})
    widgets.small_table(rows, "attacks", "What each attack recognises, beside chance")


def _ranged(figure: Figure | None) -> str:
    if figure is None:
        return "–"
    return f"{share(figure.value)} ({share(figure.interval[0])} to {share(figure.interval[1])})"


def _comparisons(found: Audit) -> None:
    if not found.comparisons:
        return
    st.subheader("What happens to training rows more often than to others", anchor=False)
    st.markdown("\n".join(f"- {plain(_compared(c))}" for c in found.comparisons))


def _compared(found: Comparison) -> str:
    """Sentences, as a table would cut off what it is that happens."""
    what = f"{found.what[:1].upper()}{found.what[1:]}"
    low, high = map(share, found.interval)
    told = (
        f"{what}: {share(found.members)} of the training rows, {share(found.controls)} of rows never seen "
        f"(difference {low} to {high}, p = {found.p:.3g})."
    )
    return told if found.population is None else f"{told} With real rows instead: {share(found.population)}."


def _sharing(found: Audit) -> None:
    if found.sharing is None:
        return
    sharing = found.sharing
    st.subheader(plain(f"How many share {', '.join(sharing.columns)}"), anchor=False)
    rows = [
        {"Training rows with the same combination": size, "Synthetic rows": share(own), "Fresh real rows": share(fresh)}
        for size, own, fresh in zip(sharing.sizes, sharing.synthetic, sharing.fresh, strict=True)
    ]
    widgets.small_table(rows, "sharing", "How many training rows share a combination of known columns")


def _self_test(found: Audit) -> None:
    if not found.self_test:
        return
    st.subheader("The meter tests itself", anchor=False)
    st.caption(
        "Copies of training rows were planted into this very table, and the same attacks run. What they find then is "
        "what a “nothing found” is worth here."
    )
    rows = [
        {
            "Copies planted": f"{share(test.share)} ({count(test.rows, 'row')})",
            "The attacks": "found them" if test.found else "missed them",
            "p": f"{test.p:.2g}",
            "Recognised": share(test.tpr),
            "Of the unusual tenth": "–" if test.tenth_tpr is None else share(test.tenth_tpr),
        }
        for test in found.self_test
    ]
    widgets.small_table(rows, "self-test", "What the attacks find when copies are planted")


def _how(found: Audit) -> str:
    counts = ", ".join(f"{name} {rows:,}" for name, rows in found.rows.items())
    told = f"Rows: {counts}. {found.draws[0]:,} bootstrap samples, {found.draws[1]:,} shuffles, seed {found.seed}."
    if found.epsilon is None:
        return told
    e = found.epsilon
    return (
        f"{told} Lower bound of epsilon from this one run: {e.lower:.2f} at 95% ({e.right} of {e.guesses} guesses "
        "right); 0 is no proof of anything."
    )
