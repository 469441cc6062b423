"""What every generator promises: the list of all checks, which stand by their ideas in `promises/`.

`EVERYWHERE` checks run on a fitted model of every animal of the zoo; `ONCE` checks need no zoo and get the class with
its cheap settings. A check that takes a capability runs for the generators that declare it. Training is what costs
time, so checks share what `trainings` has watched: they must not change a model, but may take a copy (`spare`).
A new check is a small function in the file of its idea, and one line here.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.generators.base import Capability
from tests.contracts.promises import abilities, asking, given, passports, rows, saving, seeds, training
from tests.contracts.promises.case import Case

EVERYWHERE: tuple[tuple[Callable[[Case], None], Capability | None], ...] = (
    (rows.check_exact_rows, None),
    (rows.check_form, None),
    (rows.check_only_observed_labels, None),
    (rows.check_inside_the_observed_range, None),
    (rows.check_decimals, None),
    (rows.check_dates_at_their_resolution, None),
    (rows.check_missing_rates, None),
    (rows.check_numbers_are_finite, None),
    (seeds.check_seeds, None),
    (seeds.check_training_again_gives_the_same_model, None),
    (training.check_the_table_is_left_alone, None),
    (saving.check_saved_and_loaded, None),
    (saving.check_no_pickle, None),
    (passports.check_passport_names_every_label, None),
    (passports.check_passport_names_every_label_in_the_files, None),
    (training.check_progress, None),
    (training.check_no_time_at_all, None),
    (saving.check_a_damaged_folder, None),
    (given.check_given_each_column, Capability.GIVEN),
    (given.check_given_what_was_never_seen, Capability.GIVEN),
    (abilities.check_likelihoods, Capability.LIKELIHOOD),
    (abilities.check_imputation, Capability.IMPUTE),
)
ONCE: tuple[tuple[Callable[[Case], None], Capability | None], ...] = (
    (asking.check_info, None),
    (asking.check_settings, None),
    (asking.check_before_training, None),
    (asking.check_wrong_tables, None),
    (asking.check_wrong_numbers_of_rows, None),
    (asking.check_what_is_not_declared_is_refused, None),
    (training.check_stopping_the_training, None),
    (training.check_stopping_the_sampling, None),
    (training.check_a_failed_training_leaves_no_model, None),
    (training.check_training_anew_forgets, None),
    (seeds.check_the_training_seed_matters_to_nobody_else, None),
    (seeds.check_independent_columns_stay_independent, None),
    (rows.check_a_heavy_value_comes_back_as_often_and_is_listed, None),
    (rows.check_demand_13_empty_columns_are_passed_through, None),
    (rows.check_demand_14_no_token_of_ours_comes_out, None),
    (given.check_given_several, Capability.GIVEN),
    (given.check_given_with_gaps, Capability.GIVEN),
    (given.check_given_is_refused_by_name, Capability.GIVEN),
    (given.check_given_no_rows, Capability.GIVEN),
    (abilities.check_likely_rows_are_likelier, Capability.LIKELIHOOD),
    (abilities.check_filled_cells_follow_their_row, Capability.IMPUTE),
    (abilities.check_training_on, Capability.TRAIN_ON),
    (abilities.check_training_on_that_fails_changes_nothing, Capability.TRAIN_ON),
)
