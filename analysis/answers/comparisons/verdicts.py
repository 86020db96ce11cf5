"""What a comparison is and what may be said of it: one vocabulary for sentences, tables, JSON."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from analysis.statistics.effects import magnitude
from analysis.statistics.power import is_feasible
from analysis.statistics.sample import ALPHA

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
class Comparison:
    """One comparison: ``arm`` minus ``against``, in percentage points unless ``scale`` says SD.

    Attributes:
        method: Title.
        source: Of the pair; several joined by " + " where a test spans pairs.
        target: Of the pair; likewise.
        arm: Minuend.
        against: Subtrahend.
        rival: Method of the subtrahend where methods are compared; empty for ``method`` itself.
        rule: Row of the design table, D1 to D10.
        design: ``independent`` runs, runs ``paired`` by the search they share, ``stratified`` by
            target, ``whole runs`` scored on several targets, or ``home advantage``.
        test: Name of the test that decides.
        scale: ``pp``, or ``SD`` where targets of different scale are put together.
        values: Of the arm's runs; of all targets one after the other.
        values_against: Of the other's.
        inputs: Hash of the values and of what they rest on.
        n_arm: Units of the arm with an accuracy.
        n_against: Of the other.
        failed: Failed or diverged units on both sides; they rank worst, and have no mean.
        lost: Units that were skipped or have not run.
        difference: Of the means.
        low: Lower limit of the 95 % interval.
        high: Upper limit.
        interval: Its method, or why there is none.
        median_difference: Difference of the medians, or median of the paired differences.
        least_left_out: Smallest difference of means when one run, or pair, is left out.
        most_left_out: Largest one.
        standardised: The difference in standard deviations: of a run, or of paired differences.
        a12: Probability that the arm's run is the better one; independent runs only.
        a12_low: Lower limit of its 95 % interval (Newcombe 5).
        a12_high: Upper limit.
        p: Two-sided, of the test that decides.
        draws: Random relabellings it rests on; 0 if exact.
        p_error: Its Monte-Carlo standard error.
        p_without_failures: The same when those units are left out; NaN if there are none.
        p_t: Of the t test that belongs to the interval.
        p_second: Of the second rank test: Brunner-Munzel from ten runs a side, Wilcoxon for pairs.
        correlation: Pearson's r of the pairs.
        has_ties: Whether two accuracies are equal.
        p_holm: Adjusted over the family.
        family: Number of tests in the declared family.
        p_min: Smallest attainable p of this design.
        p_holm_min: What Holm makes of it if all of the family reach theirs; up to that, no outcome
            could be significant. Equal to ``p_min`` times the family's size where all designs are
            of one size.
        capacity: How many comparisons the design could carry.
        spread: Standard deviation within the samples, or of paired differences.
        detectable: Effect found with 80 % power at the observed spread.
        detectable_holm: The same at the level divided by the family's size.
        margin: Declared margin; NaN where none applies.
        non_inferior_p: One-sided, that the transferred arm is worse by less than the margin.
        equivalent_p: Of both one-sided tests.
        narrow_low: Lower limit of the 90 % interval of transferred - direct.
        narrow_high: Upper limit.
        non_inferior_p_holm: Adjusted over the family.
        equivalent_p_holm: Adjusted over the family.
        assay: Whether direct search beats random by more than the margin: ``yes``, ``no``, or why
            that is unknown; empty where no margin applies.
        is_non_inferior: Non-inferior within the margin, and the experiment could tell.
        is_equivalent: Equivalent within the margin, and the experiment could tell.
        verdict: What may be said about a difference.
        why: Why there is no verdict; empty if there is one.
        warnings: What a reader should know.
    """

    method: str
    source: str
    target: str
    arm: str
    against: str
    rival: str = ""
    rule: str = ""
    design: str = ""
    test: str = ""
    scale: str = "pp"
    values: tuple[float, ...] = ()
    values_against: tuple[float, ...] = ()
    inputs: str = ""
    n_arm: int = 0
    n_against: int = 0
    failed: int = 0
    lost: int = 0
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
    p: float = math.nan
    draws: int = 0
    p_error: float = math.nan
    p_without_failures: float = math.nan
    p_t: float = math.nan
    p_second: float = math.nan
    correlation: float = math.nan
    has_ties: bool = False
    p_holm: float = math.nan
    family: int = 0
    p_min: float = math.nan
    p_holm_min: float = math.nan
    capacity: int = 0
    spread: float = math.nan
    detectable: float = math.nan
    detectable_holm: float = math.nan
    margin: float = math.nan
    non_inferior_p: float = math.nan
    equivalent_p: float = math.nan
    narrow_low: float = math.nan
    narrow_high: float = math.nan
    non_inferior_p_holm: float = math.nan
    equivalent_p_holm: float = math.nan
    assay: str = ""
    is_non_inferior: bool = False
    is_equivalent: bool = False
    verdict: Verdict = Verdict.NO_DATA
    why: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def has_margin(self) -> bool:
        """Whether it is tested against a declared margin."""
        return not math.isnan(self.margin)

    @property
    def magnitude(self) -> str:
        """The band of Cliff's delta in words; only ever printed beside its interval."""
        return magnitude(2 * self.a12 - 1)

    @property
    def agrees(self) -> bool:
        """Whether the t test and the deciding test fall on the same side of the level."""
        return math.isnan(self.p_t) or (self.p_t <= ALPHA) == (self.p <= ALPHA)

    def to_dict(self) -> dict[str, Any]:
        """Return every field and property as plain types; JSON and tests see this."""
        found = asdict(self) | {"verdict": str(self.verdict), "magnitude": self.magnitude}
        lists = {"values": list(self.values), "values_against": list(self.values_against)}
        return found | lists | {"warnings": list(self.warnings)}


def judged(known: Comparison) -> Comparison:
    """Return a comparison with its verdict and its flags, once its p-values are adjusted."""
    return _flagged(_decided(known))


def _decided(known: Comparison) -> Comparison:
    if math.isnan(known.p):
        return known
    if not is_feasible(known.p_holm_min, 1):
        why = "no outcome of this experiment could be significant"
        return replace(known, verdict=Verdict.INFEASIBLE, why=why)
    if known.p_holm > ALPHA:
        return replace(known, verdict=Verdict.INCONCLUSIVE)
    # The rank tests speak of ranks: with failed runs the means may point elsewhere.
    is_ranked = known.design in {"independent", "stratified", "whole runs"}
    is_better = known.a12 > 0.5 if is_ranked else known.difference > 0
    return replace(known, verdict=Verdict.SUPERIOR if is_better else Verdict.INFERIOR)


def _flagged(known: Comparison) -> Comparison:
    could_tell = known.assay == "yes"
    return replace(
        known,
        is_non_inferior=could_tell and known.non_inferior_p_holm <= ALPHA,
        is_equivalent=could_tell and known.equivalent_p_holm <= ALPHA,
    )
