"""What is known of a comparison: question, sample, effect, test, and what may be said."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

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
    """What is compared with what.

    Attributes:
        method: Title.
        source: Of the pair; several joined by " + " where a test spans pairs.
        target: Of the pair, or of the pairs.
        arm: Minuend.
        against: Subtrahend.
        rival: Method of the subtrahend where methods are compared; empty for ``method`` itself.
    """

    method: str
    source: str
    target: str
    arm: str
    against: str
    rival: str = ""

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
    """The runs of both sides.

    Attributes:
        values: Of the arm's runs that have an accuracy, in percent; of all targets one after the
            other. Where runs are paired: of pairs in which both have one.
        values_against: The same of the other side.
        n_arm: Independent runs of the arm with an accuracy, or pairs.
        n_against: The same of the other side.
        failed_arm: Failed or diverged runs of the arm; they rank worst, and have no mean.
        failed_against: The same of the other side.
        lost: Runs of both sides that were skipped or have not run.
        has_ties: Whether two accuracies are equal.
        inputs: Hash of the values and of what they rest on.
    """

    values: tuple[float, ...] = ()
    values_against: tuple[float, ...] = ()
    n_arm: int = 0
    n_against: int = 0
    failed_arm: int = 0
    failed_against: int = 0
    lost: int = 0
    has_ties: bool = False
    inputs: str = ""

    @property
    def failed(self) -> int:
        """Failed or diverged runs on both sides."""
        return self.failed_arm + self.failed_against


@dataclass(frozen=True)
class Effect:
    """How large the difference is.

    Attributes:
        scale: ``pp``, or ``SD`` where targets of different scale are put together.
        difference: Of the means of the runs that have an accuracy; NaN where a side has none.
        low: Lower limit of its 95 % interval; NaN without one.
        high: Upper limit.
        interval: Its method, or why there is none.
        median_difference: Difference of the medians, or median of the paired differences.
        least_left_out: Smallest difference of means when one run, or pair, is left out.
        most_left_out: Largest one.
        standardised: The difference in standard deviations: of a run, or of paired differences.
        a12: Share of pairs of runs in which the arm's is the better one, ties counting half and
            failed runs as worst; of matched pairs where runs are paired.
        a12_low: Lower limit of its 95 % interval (Newcombe 5); independent runs only.
        a12_high: Upper limit.
    """

    scale: str = "pp"
    difference: float = math.nan
    low: float = math.nan
    high: float = math.nan
    interval: str = ""
    median_difference: float = math.nan
    least_left_out: float = math.nan
    most_left_out: float = math.nan
    standardised: float = math.nan
    a12: float = math.nan
    a12_low: float = math.nan
    a12_high: float = math.nan


@dataclass(frozen=True)
class Test:
    """What was tested, and what came out. Statistic, p and direction are of one test.

    Attributes:
        rule: Row of the design table, D1 to D10.
        design: ``independent`` runs, runs ``paired`` by the search they share, ``stratified`` by
            target, ``whole runs`` scored on several targets, or ``home advantage``.
        test: Name of the test that decides.
        outcome: Its statistic, two-sided p and direction.
        p_min: Smallest attainable p of this design.
        p_without_failures: p when failed runs are left out; NaN if there are none.
        p_t: Of the t test that belongs to the interval.
        p_second: Of a second test: Mann and Whitney's, or the sign flip of the mean of pairs.
        correlation: Pearson's r of the pairs.
    """

    __test__ = False

    rule: str
    design: str
    test: str
    outcome: Outcome
    p_min: float
    p_without_failures: float = math.nan
    p_t: float = math.nan
    p_second: float = math.nan
    correlation: float = math.nan

    @property
    def agrees(self) -> bool:
        """Whether the t test and the deciding test fall on the same side of the level."""
        return math.isnan(self.p_t) or (self.p_t <= ALPHA) == (self.outcome.p <= ALPHA)


@dataclass(frozen=True)
class Adjusted:
    """A comparison within its declared family (Holm, 1979).

    Attributes:
        family: Number of questions in the family.
        p_holm: The p, adjusted over the family.
        p_holm_min: What Holm makes of the smallest attainable p if all reach theirs; beyond the
            level, no outcome could be significant.
        detectable: Difference that the deciding test finds in 80 % of repetitions at the level
            divided by the family's size; None where no such difference is known.
    """

    family: int
    p_holm: float
    p_holm_min: float
    detectable: float | None = None


@dataclass(frozen=True)
class MarginTest:
    """Tests against a declared margin, in fixed sequence: non-inferiority, then equivalence.

    Attributes:
        margin: In percentage points.
        non_inferior_p: One-sided, that what was carried over is worse by less than the margin.
        equivalent_p: The larger p of both one-sided tests.
        narrow_low: Lower limit of the 90 % interval of carried over - direct.
        narrow_high: Upper limit.
        assay: Whether direct search beats random by more than the margin: ``yes``, ``no``, or why
            that is unknown.
        non_inferior_p_holm: Adjusted over the family.
        equivalent_p_holm: Adjusted over the family; asked only if non-inferiority is shown.
    """

    margin: float
    non_inferior_p: float
    equivalent_p: float
    narrow_low: float
    narrow_high: float
    assay: str
    non_inferior_p_holm: float = math.nan
    equivalent_p_holm: float = math.nan

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
