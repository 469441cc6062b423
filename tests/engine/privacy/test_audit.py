"""The whole audit: tables with a known answer, orders that must not matter, and what is said and what is not."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.acceptance import Experiment
from engine.errors import Cancelled, NotApplicable, SettingsError
from engine.privacy import Audit, AuditSplit, Questions, Step, audit, suspicious
from engine.privacy.comparison import Comparison
from engine.privacy.encoding import encode
from engine.privacy.nearest import nearest
from engine.privacy.planted import SelfTest, with_copies
from engine.privacy.verdict import NOT_TESTED, Evidence, Strongest, judge
from engine.progress import CancelToken, Progress
from engine.table.schema import Kind, Schema
from tests.engine.privacy.population import SCHEMA, people

ASKED = Questions(secrets=("town", "income"), quasi=("age", "town", "job"), resamples=100, shuffles=200)
PLAIN = Questions(resamples=100, shuffles=300)
FORBIDDEN = r"anonym|complian|\bsafe|guarantee|impossible|passes|100\s?% private|privacy score|differentially private"


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return Experiment.of(people(3_600, 50), SCHEMA, 1_200, 1)


@pytest.fixture(scope="module")
def honest(experiment: Experiment) -> Audit:
    return experiment.audited(experiment.copied(0.0), PLAIN)


@pytest.fixture(scope="module")
def copied(experiment: Experiment) -> Audit:
    return experiment.audited(experiment.copied(0.1), ASKED)


class TestHonesty:
    def test_the_training_rows_handed_in_must_fail(self, experiment: Experiment) -> None:
        found = experiment.audited(experiment.trained, PLAIN)
        assert found.verdict is not None
        assert found.verdict.step is Step.STOP
        assert found.p is not None
        assert found.p < 0.01
        assert found.attacks[0].everyone["tpr"].value > 0.99
        assert found.attacks[0].everyone["auc"].value > 0.99
        copies = found.comparison("copies")
        assert copies is not None
        assert copies.members == 1.0
        assert copies.controls < 0.01
        assert found.epsilon is not None
        assert found.epsilon.right == found.epsilon.guesses

    def test_fresh_rows_handed_in_get_what_chance_gets(self, honest: Audit) -> None:
        """The ceiling: no generator can do better than rows of people who were not asked."""
        assert honest.verdict is not None
        assert honest.verdict.step is Step.NOTHING
        for attack in honest.attacks:
            for figures in (attack.everyone, attack.tenth):
                for figure in figures.values():
                    assert figure.interval[0] <= figure.chance, (attack.key, figure)
        assert honest.epsilon is not None
        assert honest.epsilon.lower == 0

    def test_copies_are_named_in_the_reasons(self, copied: Audit) -> None:
        assert copied.verdict is not None
        assert copied.verdict.step is Step.STOP
        assert any("word for word" in reason for reason in copied.verdict.reasons)

    def test_independent_columns_give_nothing_away(self, experiment: Experiment) -> None:
        rng = np.random.default_rng(0)
        trained = experiment.trained
        noise = pd.DataFrame({c: trained[c].array[rng.permutation(len(trained))] for c in trained})
        found = experiment.audited(noise, PLAIN)
        assert found.verdict is not None
        assert found.verdict.step is not Step.STOP

    def test_copies_betray_secrets_and_fresh_rows_do_not(self, experiment: Experiment) -> None:
        asked = replace(ASKED, shares=())
        half = experiment.audited(experiment.copied(0.5), asked)
        none = experiment.audited(experiment.copied(0.0), asked)
        for found, low, high in ((half, 0.15, 1.0), (none, -0.08, 0.08)):
            read_off = [c for c in found.comparisons if c.key == "attribute_row"]
            assert [c.columns for c in read_off] == [("town",), ("income",)]
            assert all(low < c.difference < high for c in read_off), read_off
        told, base = (next(c for c in f.comparisons if c.key == "attribute_model") for f in (half, none))
        assert told.population is not None
        assert abs(base.controls - told.population) < 0.15
        assert half.comparison("linking").p < 0.01 < none.comparison("linking").p  # type: ignore[union-attr]
        assert half.comparison("singling_out").difference > 0.1  # type: ignore[union-attr]


class TestSelfTest:
    def test_planted_copies_are_found_in_an_honest_table(self, honest: Audit) -> None:
        two, ten = honest.self_test
        assert (two.share, ten.share) == (0.02, 0.1)
        assert (two.rows, ten.rows) == (24, 120)
        assert ten.found
        assert ten.p < 0.01
        assert ten.tpr == pytest.approx(0.11, abs=0.03)
        assert two.tpr < ten.tpr
        assert honest.verdict is not None
        assert any("planted" in reason for reason in honest.verdict.reasons)

    def test_the_distances_are_those_of_the_table_with_copies(self, experiment: Experiment) -> None:
        """Put together from parts, they are exactly those in a table that lacks some rows and holds copies instead."""
        members = np.searchsorted(experiment.split.train, experiment.split.members)
        sides = {
            name: experiment.table.iloc[getattr(experiment.split, name)] for name in ("train", "controls", "reference")
        }
        encoded = encode({"synthetic": experiment.fresh, **sides}, SCHEMA)
        encoded.tables["members"] = encoded["train"][..., members]  # type: ignore[index]
        plain, planted = with_copies(encoded, members, (0.02, 0.1), np.random.default_rng(0), lambda: None)
        assert np.array_equal(plain.synthetic, nearest(encoded.pool, encoded["synthetic"], 20))
        exact = [int((p.distances.synthetic[: len(members), 0] == 0).sum()) for p in planted]
        assert exact == [12, 60]  # of 600 members
        assert all((p.distances.synthetic[len(members) :, 0] > 0).all() for p in planted)
        assert not np.array_equal(planted[0].distances.synthetic[:, 1], plain.synthetic[:, 1])

    def test_more_copies_than_rows_replace_all_of_them_and_say_how_many(self, experiment: Experiment) -> None:
        found = experiment.audited(experiment.fresh.iloc[:60], replace(PLAIN, shares=(0.1,)))
        assert (found.self_test[0].rows, found.self_test[0].share) == (60, 0.05)


class TestOrder:
    def test_row_order_does_not_matter(self, experiment: Experiment) -> None:
        """Synthetic rows, and real ones with their split, in another order: the same to the last digit."""
        rng = np.random.default_rng(9)
        synthetic, split = experiment.copied(0.05), experiment.split
        moved = rng.permutation(len(experiment.table))
        place = np.argsort(moved)
        parts = [np.sort(place[side]) for side in (split.train, split.members, split.controls, split.reference)]
        other = AuditSplit(*parts, split.units[moved])
        asked = replace(ASKED, secrets=("town",))
        first = experiment.audited(synthetic, asked)
        table = experiment.table.iloc[moved].reset_index(drop=True)
        shuffled = synthetic.iloc[rng.permutation(len(synthetic))].reset_index(drop=True)
        second = audit(table, [(other, shuffled)], SCHEMA, seed=experiment.seed, questions=asked)
        assert first.to_json() == second.to_json()

    def test_the_same_seed_gives_the_same_figures(self, experiment: Experiment, honest: Audit) -> None:
        assert experiment.audited(experiment.copied(0.0), PLAIN) == honest

    def test_column_order_of_the_files_does_not_matter(self, experiment: Experiment, honest: Audit) -> None:
        made = experiment.copied(0.0)
        assert experiment.audited(made[list(made.columns[::-1])], PLAIN) == honest


class TestRepeatedSplits:
    def test_a_small_table_is_measured_in_several_splits(self) -> None:
        """A table of 360 rows has pools of 120; three of them find what one alone may miss."""
        table = people(360, 3)
        rng = np.random.default_rng(0)
        runs = []
        for turn in range(3):
            split = AuditSplit.of(len(table), 1, turn=turn)
            copies = table.iloc[rng.permutation(split.train)[:48]]  # a fifth
            runs.append((split, pd.concat([copies, people(192, 10 + turn)], ignore_index=True)))
        found = audit(table, runs, SCHEMA, questions=PLAIN)
        assert (found.splits, found.rows["units"], found.rows["synthetic"]) == (3, 360, 720)
        assert found.p is not None
        assert found.p < 0.01
        width = [np.subtract(*a.attacks[0].everyone["auc"].interval) for a in (found, audit(table, runs[:1], SCHEMA))]
        assert abs(width[0]) < 0.8 * abs(width[1])

    def test_three_honest_splits_are_not_flagged(self) -> None:
        table = people(360, 3)
        runs = [(AuditSplit.of(len(table), 1, turn=turn), people(240, 20 + turn)) for turn in range(3)]
        assert audit(table, runs, SCHEMA, questions=PLAIN).p > 0.05  # type: ignore[operator]


class TestResult:
    def test_json_and_back(self, copied: Audit) -> None:
        text = json.dumps(copied.to_json(), allow_nan=False)
        assert Audit.from_json(json.loads(text)) == copied

    @pytest.mark.parametrize("data", [None, {}, {"version": 0}, {"version": 1}, {"version": 1, "rows": 3}])
    def test_damaged_data_is_refused(self, data: Any) -> None:
        with pytest.raises(ValueError, match="privacy audit"):
            Audit.from_json(data)

    def test_no_figure_is_of_a_single_row(self, copied: Audit) -> None:
        """Nothing in a result is as long as a table is, or could name a row of it."""

        def longest(value: Any) -> int:
            if isinstance(value, dict):
                return max([len(value), *map(longest, value.values())])
            if isinstance(value, list):
                return max([len(value), *map(longest, value)])
            return 0

        assert longest(copied.to_json()) < 40
        assert "array" not in repr(copied)

    def test_identifiers_are_named_as_left_out(self, honest: Audit) -> None:
        assert [name for name, _ in honest.skipped] == ["key"]

    def test_combinations_are_counted(self, copied: Audit) -> None:
        assert copied.sharing is not None
        assert sum(copied.sharing.synthetic) == pytest.approx(1) == sum(copied.sharing.fresh)
        assert copied.sharing.synthetic[0] < copied.sharing.fresh[0]  # a tenth are copies, and so have at least one

    def test_likeness_is_that_of_real_rows_where_the_rows_are_real(self, honest: Audit) -> None:
        assert honest.likeness["members"] == pytest.approx(honest.likeness["controls"], rel=0.15)
        nearer = honest.likeness["controls"] / honest.likeness["reference"]
        assert 0.7 < nearer < 1.0  # there are half as many reference rows to be near to


class TestNotApplicable:
    def test_too_small_a_table(self) -> None:
        table = people(100, 0)
        found = audit(table, [(AuditSplit.of(100, 0), people(100, 1))], SCHEMA)
        assert "at least 100" in found.not_applicable
        assert found.verdict is None
        assert found.attacks == ()
        assert Audit.from_json(json.loads(json.dumps(found.to_json()))) == found

    def test_no_synthetic_rows_and_no_columns(self, experiment: Experiment) -> None:
        assert "no rows" in experiment.audited(experiment.fresh.iloc[:0]).not_applicable
        keys = Schema(tuple(c for c in SCHEMA if c.kind is Kind.IDENTIFIER))
        split = experiment.split
        assert "no column" in audit(experiment.table, [(split, experiment.fresh)], keys).not_applicable

    @pytest.mark.parametrize("asked", [Questions(secrets=("key",)), Questions(quasi=("nothing",))])
    def test_columns_that_cannot_be_asked_about(self, experiment: Experiment, asked: Questions) -> None:
        with pytest.raises(SettingsError, match="cannot be asked about"):
            experiment.audited(experiment.fresh, asked)

    @pytest.mark.parametrize("asked", [Questions(shares=(1.5,)), Questions(shuffles=10)])
    def test_numbers_out_of_bounds(self, experiment: Experiment, asked: Questions) -> None:
        with pytest.raises(SettingsError):
            experiment.audited(experiment.fresh, asked)

    def test_a_table_of_few_patterns_says_that_copies_would_be_missed(self) -> None:
        schema = Schema(tuple(c for c in SCHEMA if c.name in ("town", "member")))
        table = people(900, 0)
        found = audit(table, [(AuditSplit.of(900, 0), people(600, 1))], schema, questions=PLAIN)
        assert found.p is not None
        assert found.p > 0.05
        assert found.verdict is not None
        assert found.verdict.step is Step.LOOK
        assert "would have missed copies of 10.0%" in found.verdict.reasons[0]

    def test_figures_of_two_files_say_what_they_rest_on(self) -> None:
        split = AuditSplit.of_parts(500, 250, 0)
        found = audit(people(750, 0), [(split, people(500, 1))], SCHEMA, questions=replace(PLAIN, shares=()))
        assert "cannot be seen from the files" in found.notes[0]

    def test_stop_on_request(self, experiment: Experiment) -> None:
        token = CancelToken()
        runs = [(experiment.split, experiment.fresh)]

        def stop(event: Progress) -> None:
            if event.step:
                token.cancel()

        with pytest.raises(Cancelled):
            audit(experiment.table, runs, SCHEMA, questions=PLAIN, progress=stop, cancel=token)


class TestSuspicious:
    def test_copies_and_near_copies_are_dropped_and_few_others(self, experiment: Experiment) -> None:
        made = experiment.noised(0.1, 0.01)
        rows, dropped = suspicious(experiment.table, experiment.split, made, SCHEMA)
        assert (rows < 120).sum() >= 105  # of 120 near copies
        assert (rows >= 120).sum() <= 40  # of 1,080 fresh rows, 11 on average
        assert (dropped.rows, dropped.of) == (len(rows), len(made))
        kept = made.drop(index=rows)
        found = audit(experiment.table, [(experiment.split, kept)], SCHEMA, questions=PLAIN, dropped=dropped)
        assert found.p is not None
        assert found.p > 0.01
        assert found.dropped == dropped
        assert f"{len(rows)} of 1,200" in dropped.sentence

    def test_fresh_rows_lose_about_one_in_a_hundred(self, experiment: Experiment) -> None:
        rows, _ = suspicious(experiment.table, experiment.split, experiment.fresh, SCHEMA)
        assert len(rows) < 40

    def test_too_few_real_rows(self) -> None:
        table = people(400, 0)
        with pytest.raises(NotApplicable, match="at least 200 real rows"):
            suspicious(table, AuditSplit.of(400, 0), people(300, 1), SCHEMA)


def evidence(p: float = 0.5, tpr: tuple[float, float] = (0.005, 0.015), **more: Any) -> Evidence:
    everyone = Strongest("nearest synthetic row", sum(tpr) / 2, tpr)
    chance = Strongest("nearest synthetic row", 0.5, (0.49, 0.51))
    tests = (SelfTest(0.02, 100, 0.2, 0.51, 0.02, None), SelfTest(0.1, 500, 0.001, 0.55, 0.11, None))
    found: dict[str, Any] = {"p": p, "tpr": {"everyone": everyone}, "auc": {"everyone": chance}, "comparisons": ()}
    return Evidence(**{**found, "self_test": tests, "reference": 3_750, "attacks": 3, **more})


def copies(p: float, difference: float = 0.02) -> Comparison:
    return Comparison("copies", "a", 0.01 + difference, 0.01, difference, (0.001, 0.05), p)


class TestVerdict:
    @pytest.mark.parametrize(
        ("found", "step"),
        [
            (evidence(), Step.NOTHING),
            (evidence(p=0.03, tpr=(0.012, 0.02)), Step.LOOK),
            (evidence(p=0.001, tpr=(0.012, 0.02)), Step.LOOK),
            (evidence(p=0.03, tpr=(0.03, 0.05)), Step.LOOK),
            (evidence(p=0.001, tpr=(0.03, 0.05)), Step.STOP),
            (evidence(comparisons=(copies(0.001),)), Step.STOP),
            (evidence(comparisons=(copies(0.03),)), Step.LOOK),
            (evidence(comparisons=(copies(0.03), copies(0.8))), Step.NOTHING),  # one of two: half the error each
            (evidence(comparisons=(copies(0.001, -0.005),)), Step.NOTHING),
            (evidence(self_test=(SelfTest(0.1, 9, 0.3, 0.5, 0.01, None),)), Step.LOOK),
            (evidence(self_test=()), Step.NOTHING),
        ],
    )
    def test_steps(self, found: Evidence, step: Step) -> None:
        verdict = judge(found)
        assert verdict.step is step
        assert verdict.reasons

    def test_a_table_in_which_copies_would_be_missed_says_so(self) -> None:
        reasons = judge(evidence(self_test=(SelfTest(0.1, 9, 0.3, 0.5, 0.01, None),))).reasons
        assert reasons[0] == "The attacks would have missed copies of 10.0% of the training rows in this table."

    def test_the_worst_reason_comes_first(self) -> None:
        assert "More often" in judge(evidence(comparisons=(copies(0.001),))).reasons[0]

    def test_what_is_said(self) -> None:
        text = judge(evidence()).summary
        assert text.startswith(
            "We ran 3 attacks by someone who holds the synthetic table and 3,750 real rows of the same population. "
            "The strongest recognised 1.0% [0.5% to 1.5%] of the training rows at 1% false alarms; chance is 1%."
        )
        assert "A result near chance is absence of evidence, not proof." in text

    def test_the_blind_spot_is_named(self, honest: Audit) -> None:
        assert honest.verdict is not None
        assert honest.verdict.not_tested == NOT_TESTED
        assert any("replaced by others one to one" in line for line in NOT_TESTED)

    def test_no_forbidden_word_is_said(self, copied: Audit, honest: Audit) -> None:
        for found in (copied, honest):
            assert not re.search(FORBIDDEN, json.dumps(found.to_json()), re.IGNORECASE)
        for one in (evidence(), evidence(p=0.001, tpr=(0.03, 0.05)), evidence(self_test=())):
            assert not re.search(FORBIDDEN, json.dumps(judge(one).to_json()), re.IGNORECASE)
