"""How large an experiment must be to find a difference of a given size, by what this one was like.

A comparison's spread says how many runs its test needs at the level of Holm's first step; its
networks' answers say how many test images; its records say how long such jobs take.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from analysis.answers.comparisons.records import Comparison, Question
from analysis.answers.transfer.gaps import select
from analysis.arms import RANDOM
from analysis.statistics.power import MOST_RUNS, POWER, find_equal_runs, find_pairs, find_runs
from analysis.statistics.repetitions import Groups, Pairs
from analysis.statistics.sample import ALPHA, LEVEL

# Percentage points to plan for where no margin is declared.
DIFFERENCE = 0.5
LOOKED_UP = "accuracies are looked up: there are no test images beyond the table's own split"
STORED = "from the stored answers"
BOUND = "at most, by the binomial bound"


@dataclass(frozen=True)
class Hours:
    """What jobs take, one after the other.

    Attributes:
        recorded: Of searches and trainings, on the hardware that is recorded.
        benchmark: Of those looked up: the benchmark's recorded times, not this machine's.
    """

    recorded: float = 0.0
    benchmark: float = 0.0


@dataclass(frozen=True)
class Needed:
    """What one comparison needs. None where that is not known.

    Attributes:
        question: What is compared with what.
        family: Number of questions that Holm corrects for.
        difference: To be found, in percentage points.
        seeds: Of every searched or given arm.
        random: Random architectures; None where none are compared.
        seeds_now: As carried out.
        random_now: The same.
        images: Test images whose error alone hides the difference in 20 % of repetitions.
        images_now: As carried out.
        images_rest_on: What ``images`` rests on, or why there is no number.
        hours: Of such an experiment of this comparison alone.
        why: Why there are no numbers of runs; empty where there are.
    """

    question: Question
    family: int
    difference: float
    seeds: int | None = None
    random: int | None = None
    seeds_now: int = 0
    random_now: int | None = None
    images: int | None = None
    images_now: int | None = None
    images_rest_on: str = ""
    hours: Hours | None = None
    why: str = ""


@dataclass(frozen=True)
class Jobs:
    """What was carried out, for its bill.

    Attributes:
        runs: As loaded.
        jobs: As loaded.
    """

    runs: pd.DataFrame
    jobs: pd.DataFrame

    def of(self, question: Question, arm: str) -> pd.DataFrame:
        """Return the finished runs of an arm of a question."""
        found = select(self.runs, question.method, arm, question.pair)
        return found[found["status"] == "done"]

    def bill(self, runs: pd.DataFrame, seeds: int, random: int) -> Hours | None:
        """Return the hours of so many seeds and random architectures of finished runs.

        A job that several runs rest on is counted once. None where no jobs of ours made the runs.
        """
        if len(self.jobs) == 0:
            return None
        is_random = runs["arm"] == RANDOM
        parts = [
            self._mean(runs[~is_random]).mul(seeds),
            self._mean(runs[is_random]).mul(random),
        ]
        looked_up, recorded = (sum(float(part[kind]) for part in parts) for kind in (True, False))
        return Hours(recorded / 3600, looked_up / 3600)

    def is_looked_up(self, runs: pd.DataFrame) -> bool:
        """Tell whether accuracies of these runs were looked up."""
        its = self.jobs[self.jobs["job"].isin(runs["job"])]
        return bool(its["is_looked_up"].any())

    def _mean(self, runs: pd.DataFrame) -> pd.Series[float]:
        """Return the mean seconds of a seed's jobs: of those looked up, and of the others."""
        chains = [name.split() for name in runs["ancestor_jobs"]]
        names = {*runs["job"], *(name for chain in chains for name in chain)}
        its = self.jobs[self.jobs["job"].isin(names)].drop_duplicates("job")
        sums = its.groupby(its["is_looked_up"].astype(bool))["seconds"].sum()
        return sums.reindex([True, False], fill_value=0.0) / max(1, runs["search_seed"].nunique())


def find_needed(
    comparisons: Iterable[Comparison], difference: float, jobs: Jobs, crossed: pd.DataFrame
) -> list[Needed]:
    """Return what each comparison needs to find the difference in 80 % of repetitions.

    Args:
        comparisons: The declared family.
        difference: In percentage points, above 0.
        jobs: Carried out.
        crossed: Differences with intervals over further images.
    """
    return [find_one(one, difference, jobs, crossed) for one in comparisons]


def find_one(one: Comparison, difference: float, jobs: Jobs, crossed: pd.DataFrame) -> Needed:
    """Return what one comparison needs; see ``find_needed``."""
    asked, sample = one.question, one.sample
    counts = {asked.arm: sample.n_arm, asked.against: sample.n_against}
    random_now = counts.pop(RANDOM, None)
    family = one.adjusted.family if one.adjusted else 0
    known = Needed(
        asked, family, difference, seeds_now=min(counts.values(), default=0), random_now=random_now
    )
    if why := _lacks(one):
        return replace(known, why=why)
    sizes = _find_sizes(one, difference, ALPHA / family)
    if isinstance(sizes, str):
        known = replace(known, why=sizes)
    else:
        seeds, random = sizes
        runs = pd.concat([jobs.of(asked, arm) for arm in dict.fromkeys((asked.arm, asked.against))])
        hours = jobs.bill(runs, seeds, random or 0)
        known = replace(known, seeds=seeds, random=random, hours=hours)
    return _add_images(known, one, jobs, crossed)


@dataclass(frozen=True)
class Total:
    """An experiment that is large enough for every comparison that has a number.

    Attributes:
        seeds: The largest number.
        random: The same; as carried out where none was found.
        hours: Of all its jobs.
    """

    seeds: int
    random: int
    hours: Hours | None


def add_up(needed: Sequence[Needed], jobs: Jobs) -> Total | None:
    """Return what all comparisons need together; None where none has a number."""
    seeds = max((one.seeds for one in needed if one.seeds), default=None)
    if seeds is None:
        return None
    random = max(one.random or one.random_now or 0 for one in needed)
    done = jobs.runs[jobs.runs["status"] == "done"]
    return Total(seeds, random, jobs.bill(done, seeds, random))


def find_hardest(comparisons: Sequence[Comparison]) -> Comparison | None:
    """Return the comparison that finds least: none at all, or only the largest difference."""
    found = [
        (math.inf if one.adjusted.detectable is None else one.adjusted.detectable, -place)
        for place, one in enumerate(comparisons)
        if one.adjusted and not _lacks(one)
    ]
    return comparisons[-max(found)[1]] if found else None


def _lacks(one: Comparison) -> str:
    """Say why nothing can be planned from a comparison; empty if something can."""
    if one.test is None or one.adjusted is None:
        return one.why or "nothing was tested"
    if one.test.design not in {"independent", "paired"}:
        return f"the test over both targets ({one.test.design}) is in no percentage points of one"
    if one.sample.failed:
        return "runs failed or diverged, and the spread of those that rank worst is not known"
    return ""


def _find_sizes(one: Comparison, difference: float, level: float) -> tuple[int, int | None] | str:
    """Return seeds and random architectures, or why there are none."""
    asked, sample = one.question, one.sample
    x, y = sample.values, sample.values_against
    found: tuple[int | None, int | None] | None
    if one.test and one.test.design == "paired":
        pairs = Pairs.seen(np.subtract(x, y), level)
        if pairs is None:
            return _spreadless(len(x))
        found = find_pairs(pairs, difference), None
    else:
        if asked.arm == RANDOM:
            x, y = y, x
        groups = Groups.seen(x, y, level)
        if groups is None:
            return _spreadless(min(len(x), len(y)))
        if RANDOM in {asked.arm, asked.against}:
            found = find_runs(groups, difference, len(y))
        else:
            found = find_equal_runs(groups, difference), None
    if found is None or found[0] is None:
        return _too_hard(one, difference, level)
    return found[0], found[1]


def _too_hard(one: Comparison, difference: float, level: float) -> str:
    """Say why 10,000 runs do not find the difference."""
    is_paired = one.test is not None and one.test.design == "paired"
    groups = Groups.seen(one.sample.values, one.sample.values_against, level)
    if groups and not is_paired and groups.approximate(difference)(10**12, 10**12) < POWER:
        return (
            "more runs do not help: at equal means the runs of one side are the better "
            "ones in most pairs (a long tail), and so few points do not turn that round"
        )
    return f"{MOST_RUNS:,} runs are not enough"


def _spreadless(n: int) -> str:
    return "one run has no spread" if n == 1 else "no spread is known: all runs are equal"


def _add_images(known: Needed, one: Comparison, jobs: Jobs, crossed: pd.DataFrame) -> Needed:
    """Add how many test images there are and how many are needed."""
    runs = jobs.of(one.question, one.question.arm)
    now = runs["n_test_images"].mean() if len(runs) else math.nan
    if not math.isnan(now):
        known = replace(known, images_now=round(now))
    if jobs.is_looked_up(runs):
        return replace(known, images_rest_on=LOOKED_UP)
    stored = _stored_variance(one.question, crossed)
    variance, rests_on = (stored, STORED) if stored is not None else (_bound(one), BOUND)
    level = ALPHA / known.family
    errors = float(stats.norm.isf(level / 2) + stats.norm.ppf(POWER))
    images = math.ceil(variance * (errors / known.difference) ** 2)
    return replace(known, images=images, images_rest_on=rests_on)


def _stored_variance(asked: Question, crossed: pd.DataFrame) -> float | None:
    """Return what one test image adds to the variance of a difference, by resampled images."""
    names = {f"{asked.arm} - {asked.against}", f"{asked.against} - {asked.arm}"}
    is_it = crossed["difference"].isin(names)
    for name in ("method", "source", "target"):
        is_it &= crossed[name] == getattr(asked, name)
    rows = crossed[is_it & crossed["images_low"].notna()]
    if len(rows) == 0:
        return None
    row = rows.iloc[0]
    half = (float(row["images_high"]) - float(row["images_low"])) / 2
    return float(row["images"]) * (half / float(stats.norm.ppf(0.5 + LEVEL / 2))) ** 2


def _bound(one: Comparison) -> float:
    """Return the same in percent squared, p (1 - p) of both arms.

    As if all networks of an arm agreed on every image, and the arms' answers were independent.
    """
    shares = [np.mean(side) / 100 for side in (one.sample.values, one.sample.values_against)]
    return float(sum(1e4 * share * (1 - share) for share in shares))
