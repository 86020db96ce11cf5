"""Laws of verdicts, over random designs with failures, ties and strata.

Swapping the sides turns the verdict round, and making a run of one side worse never makes that
side's verdict better.
"""

import math
from dataclasses import dataclass
from unittest import mock

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.answers.comparisons.family import Family, compare_family
from analysis.answers.comparisons.records import Verdict
from tests.analysis.test_designs import PAIR, arm

OTHER = ("svhn", "stl10")


@pytest.fixture(scope="module", autouse=True)
def _ask_for_no_detectable_shift():
    with mock.patch("analysis.answers.comparisons.family.detectable_shift", return_value=None):
        yield


STANDING = {Verdict.INFERIOR: -1, Verdict.SUPERIOR: 1}
# None is a run that failed.
accuracy = st.sampled_from([None, 70.0, 70.5, 71.0, 71.5, 72.0, 73.0, 74.0, 80.0])
side = st.lists(accuracy, min_size=4, max_size=6)


@dataclass(frozen=True)
class Design:
    """Runs of two arms on one or two pairs of tasks; paired runs share a search."""

    tasks: tuple[tuple[tuple[float | None, ...], tuple[float | None, ...]], ...]
    is_paired: bool = False

    def swapped(self):
        """Return the design with the arms' runs exchanged."""
        return Design(tuple((y, x) for x, y in self.tasks), self.is_paired)

    def verdicts(self):
        """Return what is said of the first arm: on each target, then over both."""
        names = ("continued", "transferred") if self.is_paired else ("transferred", "direct")
        units = []
        for pair, sides in zip((PAIR, OTHER), self.tasks, strict=False):
            for name, runs in zip(names, sides, strict=True):
                searches = None
                if self.is_paired:
                    searches = [f"{pair[0]}-{seed}" for seed in range(len(runs))]
                units.append(with_failures(name, runs, pair, searches))
        family = Family(("darts",), (PAIR, OTHER)[: len(self.tasks)], [names])
        found = compare_family(pd.concat(units, ignore_index=True), family)
        return [STANDING.get(one.verdict, 0) for one in found]


def with_failures(name, runs, pair, searches):
    """Return an arm in which None is a failed run, in the place of its seed."""
    units = arm(name, [0.0 if run is None else run for run in runs], pair, searches=searches)
    has_failed = [run is None for run in runs]
    units.loc[has_failed, ["value", "status"]] = [math.nan, "failed"]
    return units


@st.composite
def designs(draw):
    """Draw a design."""
    is_paired = draw(st.booleans())
    tasks = []
    for _ in range(1 if is_paired else draw(st.integers(1, 2))):
        if is_paired:
            size = draw(st.integers(6, 9))
            runs = st.lists(accuracy, min_size=size, max_size=size)
            tasks.append((tuple(draw(runs)), tuple(draw(runs))))
        else:
            tasks.append((tuple(draw(side)), tuple(draw(side))))
    return Design(tuple(tasks), is_paired)


@st.composite
def worsenings(draw):
    """Draw a design and the same one with one run of the first arm made worse."""
    design = draw(designs())
    place = draw(st.integers(0, len(design.tasks) - 1))
    x, y = design.tasks[place]
    run = draw(st.integers(0, len(x) - 1))
    if x[run] is None:
        return design, design
    lower = draw(st.sampled_from([None, x[run] - 0.25, x[run] - 0.5, x[run] - 1.0, x[run] - 9.0]))
    tasks = list(design.tasks)
    tasks[place] = ((*x[:run], lower, *x[run + 1 :]), y)
    return design, Design(tuple(tasks), design.is_paired)


@settings(deadline=None, max_examples=40)
@given(designs())
def test_swapping_the_sides_turns_the_verdict_round(design):
    assert design.verdicts() == [-one for one in design.swapped().verdicts()]


@settings(deadline=None, max_examples=80)
@given(worsenings())
def test_a_worse_run_never_makes_a_better_verdict(pair):
    before, after = (design.verdicts() for design in pair)
    assert all(new <= old for new, old in zip(after, before, strict=True))


@pytest.mark.parametrize("name", ["ten of twelve", "all"])
def test_an_arm_that_mostly_fails_is_inferior(name):
    good = (70.0, 71.0, 72.0, 73.0, 74.0, 75.0, 70.5, 71.5, 72.5, 73.5, 74.5, 75.5)
    bad = (None,) * 10 + (90.0, 91.0) if name == "ten of twelve" else (None,) * 12
    for is_paired in (True, False):
        design = Design(((bad, good),), is_paired)
        assert design.verdicts() == [-1]
        assert design.swapped().verdicts() == [1]
