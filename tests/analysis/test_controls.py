"""What findings owe to their source's data: against other libraries, and with a known truth."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import ttost_ind

from analysis.answers.arms import Unit
from analysis.answers.keys import ArmKey
from analysis.answers.transfer.controls import Control, control_table
from analysis.loading.rows import frame, list_rows
from analysis.report.sections.controls import tell

TRUE, SHUFFLED, NOISE = "d10", "d10-labels=shuffled", "d10-images=noise"
PAIRS = [(TRUE, "m10"), (SHUFFLED, "m10"), (NOISE, "m10"), (TRUE, "d100")]
RANDOM = [88.0, 90.0, 91.0, 89.5, 90.5, 87.5, 89.0, 90.2]
GOOD = [96.0, 95.5, 96.2, 95.8, 96.1, 95.9, 96.3, 95.7]
MIDDLE = [93.0, 92.5, 93.4, 92.8, 93.1, 92.9, 93.2, 92.7]


def units(values, source, arm="transferred", status="done"):
    method, task = ("", "") if arm == "random" else ("darts", source)
    return [
        (
            ArmKey(method, arm, task, "m10"),
            Unit(f"{arm} {source} {seed}", seed, value, 1, status, "", ""),
        )
        for seed, value in enumerate(values)
    ]


def table(true, shuffled, *more, margin=None, random=RANDOM):
    rows = [*units(true, TRUE), *units(shuffled, SHUFFLED), *units(random, "", "random"), *more]
    return control_table(frame((ArmKey, Unit), rows), PAIRS, margin)


def only(found):
    (row,) = list_rows(found)
    return row


def test_the_difference_has_welchs_interval_and_the_share_is_the_ratio_of_means():
    row = only(table(GOOD, MIDDLE))
    interval = stats.ttest_ind(GOOD, MIDDLE, equal_var=False).confidence_interval()
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high))
    true, control, random = map(np.mean, (GOOD, MIDDLE, RANDOM))
    assert row["difference"] == pytest.approx(true - control)
    assert row["share"] == pytest.approx((true - control) / (true - random))
    assert row["share_low"] < row["share"] < row["share_high"] < 1
    assert (row["verdict"], row["n"], row["n_control"], row["n_random"]) == ("superior", 8, 8, 8)
    assert row["p"] == row["p_holm"] == pytest.approx(2 / math.comb(16, 8))


def test_the_share_of_a_known_law_is_covered():
    # True 96, control 94, random 90: two of the six points are owed to the data.
    rng, hits, times = np.random.default_rng(0), 0, 200
    for _ in range(times):
        drawn = (rng.normal(mean, 1.0, size=8) for mean in (96, 94, 90))
        true, control, random = (values.tolist() for values in drawn)
        row = only(table(true, control, random=random))
        hits += row["share_low"] <= 1 / 3 <= row["share_high"]
    assert stats.binomtest(hits, times, 0.95).pvalue > 0.01


def test_holm_counts_every_control():
    row, other = list_rows(table(GOOD, MIDDLE, *units(MIDDLE, NOISE)))
    assert (row["control"], other["control"]) == (SHUFFLED, NOISE)
    assert row["p_holm"] == pytest.approx(2 * row["p"]) == other["p_holm"]


def test_swapped_it_is_inferior_and_what_fails_is_worst():
    assert only(table(MIDDLE, GOOD))["verdict"] == "inferior"
    lost = units([math.nan] * len(GOOD), SHUFFLED, status="failed")
    rows = [*units(MIDDLE, TRUE), *lost, *units(RANDOM, "", "random")]
    row = only(control_table(frame((ArmKey, Unit), rows), PAIRS, None))
    assert row["verdict"] == "superior" and math.isnan(row["share"])


def test_equivalence_is_tested_against_a_declared_margin_only():
    assert math.isnan(only(table(GOOD, MIDDLE))["equivalent_p"])
    near = [value + 0.1 for value in GOOD]
    row = only(table(GOOD, near, margin=0.5))
    expected = ttost_ind(np.array(GOOD), np.array(near), -0.5, 0.5, usevar="unequal")[0]
    assert row["equivalent_p"] == pytest.approx(expected)


def test_without_a_gain_there_is_no_share():
    row = only(table(RANDOM, RANDOM))
    assert math.isnan(row["share_low"]) and "the true source" in row["interval"]
    assert (
        only(table(GOOD, MIDDLE, random=[]))["interval"] == "no random architectures were trained"
    )


def test_without_controls_the_table_is_empty():
    found = control_table(frame((ArmKey, Unit), units(GOOD, TRUE)), [(TRUE, "m10")], 0.5)
    assert len(found) == 0 and set(Control._fields) < set(found)


class Told:
    """A study as far as sentences ask."""

    def __init__(self, found):
        self.controls = found


def test_sentences_say_what_the_data_were_good_for_and_never_that_they_were_not():
    (sentence,) = tell(Told(table(GOOD, MIDDLE)), "cells")
    assert sentence.startswith(
        "darts, d10 → m10: cells found on d10 did better on m10 than cells found there with labels "
        "shuffled (+2.99 [+2.69, +3.29] points, Holm p 0.00016); of their gain over random cells "
        "the data account for 0.46 ["
    )
    (sentence,) = tell(Told(table(GOOD, GOOD, margin=5.0)), "cells")
    assert "no difference was shown on m10" in sentence and "as well" not in sentence
