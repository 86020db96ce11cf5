"""What is known of a comparison: question, sample, effect, test, and what may be said."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from analysis.arms import CARRIED, DIRECTS
from analysis.statistics.intervals import Interval
from analysis.statistics.power import is_feasible
from analysis.statistics.sample import ALPHA, Outcome

# Between the tasks that one comparison spans.
JOINED = " + "


class Verdict(StrEnum):
    """What a comparison allows to be said about a difference."""

    SUPERIOR = "superior"
    INFERIOR = "inferior"
    INCONCLUSIVE = "inconclusive"
    INFEASIBLE = "infeasible"
    NOT_COMPARABLE = "not comparable"
    NO_DATA = "no data"


@dataclass(frozen=True)
class Question:
    """What is compared with what."""

    method: Annotated[str, "Title."]
    source: Annotated[str, 'Of the pair; several joined by " + " where a test spans pairs.']
    target: Annotated[str, "Of the pair, or of the pairs."]
    arm: Annotated[str, "Minuend."]
    against: Annotated[str, "Subtrahend."]
    rival: Annotated[
        str,
        "Method of the subtrahend where methods are compared; empty for `method` itself.",
    ] = ""

    @property
    def pair(self) -> tuple[str, str]:
        """Source and target."""
        return self.source, self.target

    @property
    def is_about_transfer(self) -> bool:
        """Whether a margin applies: something carried over against a direct search."""
        arms = {self.arm, self.against}
        return not self.rival and bool(arms & {*DIRECTS}) and bool(arms & {*CARRIED})


@dataclass(frozen=True)
class Sample:
    """The runs of both sides."""

    values: Annotated[
        tuple[float, ...],
        "Of the arm's runs that have an accuracy, in percent; of all targets one after the "
        "other. Where runs are paired: of pairs in which both have one.",
    ] = ()
    values_against: Annotated[tuple[float, ...], "The same of the other side."] = ()
    n_arm: Annotated[int, "Independent runs of the arm with an accuracy, or pairs."] = 0
    n_against: Annotated[int, "The same of the other side."] = 0
    failed_arm: Annotated[
        int,
        "Failed or diverged runs of the arm; they rank worst, and have no mean.",
    ] = 0
    failed_against: Annotated[int, "The same of the other side."] = 0
    lost: Annotated[int, "Runs of both sides that were skipped or have not run."] = 0
    has_ties: Annotated[bool, "Whether two accuracies are equal."] = False
    inputs: Annotated[str, "Hash of the values and of what they rest on."] = ""

    @property
    def failed(self) -> int:
        """Failed or diverged runs on both sides."""
        return self.failed_arm + self.failed_against


@dataclass(frozen=True)
class Effect:
    """How large the difference is."""

    scale: Annotated[str, "`pp`, or `SD` where targets of different scale are put together."] = "pp"
    difference: Annotated[
        float,
        "Of the means of the runs that have an accuracy; NaN where a side has none.",
    ] = math.nan
    low: Annotated[float, "Lower limit of its 95 % interval; NaN without one."] = math.nan
    high: Annotated[float, "Upper limit."] = math.nan
    interval: Annotated[str, "Its method, or why there is none."] = ""
    median_difference: Annotated[
        float,
        "Difference of the medians, or median of the paired differences.",
    ] = math.nan
    least_left_out: Annotated[
        float,
        "Smallest difference of means when one run, or pair, is left out.",
    ] = math.nan
    most_left_out: Annotated[float, "Largest one."] = math.nan
    standardised: Annotated[
        float,
        "The difference in standard deviations: of a run, or of paired differences.",
    ] = math.nan
    a12: Annotated[
        float,
        "Share of pairs of runs in which the arm's is the better one, ties counting half and "
        "failed runs as worst; of matched pairs where runs are paired.",
    ] = math.nan
    a12_low: Annotated[
        float,
        "Lower limit of its 95 % interval (Newcombe 5); independent runs only.",
    ] = math.nan
    a12_high: Annotated[float, "Upper limit."] = math.nan


@dataclass(frozen=True)
class Test:
    """What was tested, and what came out. Statistic, p and direction are of one test."""

    __test__ = False

    rule: Annotated[str, "Row of the design table, D1 to D10."]
    design: Annotated[
        str,
        "`independent` runs, runs `paired` by the search they share, `stratified` by target, "
        "`whole runs` scored on several targets, or `home advantage`.",
    ]
    test: Annotated[str, "Name of the test that decides."]
    outcome: Annotated[Outcome, "Its statistic, two-sided p and direction."]
    p_min: Annotated[float, "Smallest attainable p of this design."]
    p_without_failures: Annotated[
        float,
        "p when failed runs are left out; NaN if there are none.",
    ] = math.nan
    p_t: Annotated[float, "Of the t test that belongs to the interval."] = math.nan
    p_second: Annotated[
        float,
        "Of a second test: Mann and Whitney's, or the sign flip of the mean of pairs.",
    ] = math.nan
    correlation: Annotated[float, "Pearson's r of the pairs."] = math.nan

    @property
    def agrees(self) -> bool:
        """Whether the t test and the deciding test fall on the same side of the level."""
        return math.isnan(self.p_t) or (self.p_t <= ALPHA) == (self.outcome.p <= ALPHA)


@dataclass(frozen=True)
class Adjusted:
    """A comparison within its declared family (Holm, 1979)."""

    family: Annotated[int, "Number of questions in the family."]
    p_holm: Annotated[float, "The p, adjusted over the family."]
    p_holm_min: Annotated[
        float,
        "What Holm makes of the smallest attainable p if all reach theirs; beyond the level, no "
        "outcome could be significant.",
    ]
    detectable: Annotated[
        float | None,
        "Difference that the deciding test finds in 80 % of repetitions at the level divided by "
        "the family's size; None where no such difference is known.",
    ] = None


@dataclass(frozen=True)
class MarginTest:
    """Tests against a declared margin, in fixed sequence: non-inferiority, then equivalence."""

    margin: Annotated[float, "In percentage points."]
    non_inferior_p: Annotated[
        float,
        "One-sided, that what was carried over is worse by less than the margin.",
    ]
    equivalent_p: Annotated[float, "The larger p of both one-sided tests."]
    narrow_low: Annotated[float, "Lower limit of the 90 % interval of carried over - direct."]
    narrow_high: Annotated[float, "Upper limit."]
    assay: Annotated[
        str,
        "Whether direct search beats random by more than the margin: `yes`, `no`, or why that "
        "is unknown.",
    ]
    non_inferior_p_holm: Annotated[float, "Adjusted over the family."] = math.nan
    equivalent_p_holm: Annotated[
        float,
        "Adjusted over the family; asked only if non-inferiority is shown.",
    ] = math.nan

    @property
    def is_non_inferior(self) -> bool:
        """Non-inferior within the margin, and the experiment could tell."""
        return self.assay == "yes" and self.non_inferior_p_holm <= ALPHA

    @property
    def is_equivalent(self) -> bool:
        """Equivalent within the margin, and the experiment could tell."""
        return self.assay == "yes" and self.equivalent_p_holm <= ALPHA


@dataclass(frozen=True)
class Comparison:
    """One comparison: ``arm`` minus ``against``. What is not known is None.

    Attributes:
        question: What is compared with what.
        sample: The runs.
        effect: How large the difference is; None where nothing can be compared.
        test: What was tested; None where nothing was.
        adjusted: Within the family; None without a test.
        against_margin: Against a declared margin; None where none applies.
        why: Why there is no verdict; empty if there is one.
        is_refused: Whether the sides may not be compared at all.
        warnings: What a reader should know.
    """

    question: Question
    sample: Sample = Sample()
    effect: Effect | None = None
    test: Test | None = None
    adjusted: Adjusted | None = None
    against_margin: MarginTest | None = None
    why: str = ""
    is_refused: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """What may be said about a difference."""
        if self.is_refused:
            return Verdict.NOT_COMPARABLE
        if self.test is None or self.adjusted is None:
            return Verdict.NO_DATA
        if not is_feasible(self.adjusted.p_holm_min, 1):
            return Verdict.INFEASIBLE
        if self.adjusted.p_holm > ALPHA or not self.test.outcome.direction:
            return Verdict.INCONCLUSIVE
        return Verdict.SUPERIOR if self.test.outcome.direction > 0 else Verdict.INFERIOR

    @property
    def is_decided(self) -> bool:
        """Whether a difference was shown."""
        return self.verdict in {Verdict.SUPERIOR, Verdict.INFERIOR}

    @property
    def is_contradicted(self) -> bool:
        """Whether the difference of means points the other way than the test that decides."""
        if self.test is None or self.effect is None or math.isnan(self.effect.difference):
            return False
        return self.effect.difference * self.test.outcome.direction < 0


def as_effect(limits: Interval, **more: Any) -> Effect:
    """Return a difference with its interval as an effect."""
    return Effect(
        difference=limits.estimate,
        low=limits.low,
        high=limits.high,
        interval=limits.method,
        **more,
    )
