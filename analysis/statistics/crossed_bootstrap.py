"""How far a difference between arms holds: on further runs, on further test images, on both.

A t interval over runs knows nothing of the test set, which is finite as well. From the stored
answers of every network this module resamples test images and runs together (crossed bootstrap).
Images that were made from the same scan are not independent: what is resampled are scans, and an
image counts as often as the product of its scans (pigeonhole bootstrap, Owen 2007).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.statistics.intervals import Interval
from analysis.statistics.sample import LEVEL

Matrix = NDArray[np.float64]

RESAMPLES = 2000
# So many resamples at a time keep the weights of 10,000 images within 20 MB.
CHUNK = 250


@dataclass(frozen=True)
class Answers:
    """What the networks of one task answered.

    Attributes:
        rows: The row of each unit.
        correct: Share of a unit's trainings that got an image right, in percent; (U, images).
        sources: Independent sources of each image, numbered from 0; (images, K).
        resampled: Each unit's accuracy on each resampled test set, in percent; (B, U).
    """

    rows: Mapping[str, int]
    correct: Matrix
    sources: NDArray[np.int64]
    resampled: Matrix

    @property
    def images(self) -> int:
        """Number of test images."""
        return int(self.correct.shape[1])

    @property
    def source_count(self) -> int:
        """Number of independent sources that the images were made from."""
        return int(self.sources.max()) + 1 if self.sources.size else 0


class Crossed(NamedTuple):
    """One difference with three intervals, each for another population.

    Attributes:
        runs: Further runs, tested on these images (t).
        images: These very networks, tested on further images (bootstrap).
        both: Further runs, tested on further images (crossed bootstrap, t quantile).
    """

    runs: Interval
    images: Interval
    both: Interval


def read_answers(jobs: pd.DataFrame, probes: Mapping[str, Path], seed: int = 0) -> Answers | None:
    """Read what the finished trainings of one task answered; None if nothing was stored.

    Trainings that were tested on other images than the first one are left out.

    Args:
        jobs: Columns ``job`` and ``unit``; of one task.
        probes: Files by job.
        seed: Of the resampled test sets.
    """
    found: dict[str, list[NDArray[np.bool_]]] = {}
    first: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
    for job, unit in zip(jobs["job"], jobs["unit"], strict=True):
        stored = _read(probes[job]) if job in probes else None
        if stored is None:
            continue
        predictions, labels, units = stored
        first = first or (labels, units)
        if np.array_equal(labels, first[0]) and np.array_equal(units, first[1]):
            found.setdefault(str(unit), []).append(predictions == labels)
    if first is None:
        return None
    correct = np.array([100 * np.mean(answers, axis=0) for answers in found.values()])
    sources = np.unique(first[1], return_inverse=True)[1].reshape(first[1].shape)
    rng = np.random.default_rng(seed)
    resampled = resample_images(correct, sources, rng)
    return Answers(dict(zip(found, range(len(found)), strict=True)), correct, sources, resampled)


def resample_images(
    correct: Matrix, sources: NDArray[np.int64], rng: np.random.Generator
) -> Matrix:
    """Return the accuracy of every unit on resampled test sets, shape (B, U).

    Args:
        correct: Shape (U, images).
        sources: Of each image; shape (images, K).
        rng: Draws the sources.
    """
    size = int(sources.max()) + 1
    parts = []
    for _ in range(0, RESAMPLES, CHUNK):
        drawn = rng.integers(size, size=(CHUNK, size)) + size * np.arange(CHUNK)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=CHUNK * size).reshape(CHUNK, size)
        weights = counts[:, sources].prod(axis=2).astype(np.float64)
        parts.append(weights @ correct.T / np.maximum(weights.sum(axis=1, keepdims=True), 1))
    return np.concatenate(parts)


def crossed_difference(
    answers: Answers, first: Sequence[str], second: Sequence[str], *, paired: bool, seed: int = 0
) -> Crossed:
    """Return mean first - mean second with an interval for each population.

    Both resamplings together would count the interaction of runs and images three times (Owen
    2007): variances are combined so that it counts once. Deviations of resampled runs are widened
    by sqrt(n / (n - 1)), and the quantile is Student's with Satterthwaite's degrees of freedom,
    since a plain bootstrap of a handful of runs is far too narrow. The interval for both holds the
    other two.

    Args:
        answers: Of the target.
        first: Units of the minuend.
        second: Of the subtrahend; in the order of ``first`` if paired.
        paired: Whether runs are paired by a search they share.
        seed: Of the resampled runs.
    """
    sides = [[answers.rows[unit] for unit in units] for units in (first, second)]
    if min(map(len, sides)) == 0:
        none = Interval(math.nan, math.nan, math.nan, "no interval: no stored answers on one side")
        return Crossed(none, none, none)
    if paired:
        groups = [answers.resampled[:, sides[0]] - answers.resampled[:, sides[1]]]
        actual = [answers.correct[sides[0]].mean(axis=1) - answers.correct[sides[1]].mean(axis=1)]
    else:
        groups = [answers.resampled[:, sides[0]], -answers.resampled[:, sides[1]]]
        actual = [answers.correct[sides[0]].mean(axis=1), -answers.correct[sides[1]].mean(axis=1)]
    return _intervals(groups, actual, np.random.default_rng(seed))


def _intervals(groups: list[Matrix], actual: list[Matrix], rng: np.random.Generator) -> Crossed:
    """Return the intervals of a sum of group means.

    Args:
        groups: Value of each run on each resampled test set; (B, n) each.
        actual: Value of each run on the test set itself; (n,) each.
        rng: Draws runs.
    """
    estimate = float(sum(values.mean() for values in actual))
    fixed = sum((group.mean(axis=1) for group in groups), np.zeros(RESAMPLES))
    of_images = float(fixed.var(ddof=1))
    images = _interval(estimate, of_images, math.inf, "bootstrap of test images")
    if min(len(values) for values in actual) < 2:
        lone = Interval(estimate, math.nan, math.nan, "no interval: one run on a side")
        return Crossed(lone, images, lone)
    parts = [float(values.var(ddof=1)) / len(values) for values in actual]
    of_runs = sum(parts)
    freedom = _freedom(parts, [len(values) - 1 for values in actual])
    moved = fixed + sum((_moved(group, rng) for group in groups), np.zeros(RESAMPLES))
    # runs + images + 3 interaction - ((runs + interaction) + (images + interaction))
    interaction = float(moved.var(ddof=1)) - of_runs - of_images
    total = of_runs + of_images - min(max(0.0, interaction), of_runs, of_images)
    total_freedom = freedom * (total / of_runs) ** 2 if of_runs > 0 else math.inf
    runs = _interval(estimate, of_runs, freedom, "t")
    both = _interval(estimate, total, total_freedom, "crossed bootstrap, t quantile")
    return Crossed(runs, images, _widest(both, runs, images))


def _widest(both: Interval, *others: Interval) -> Interval:
    """Return an interval that holds the others: of two runs, degrees of freedom are a guess."""
    limits = np.array([(found.low, found.high) for found in (both, *others)])
    if np.isnan(limits).all():
        return both
    return Interval(
        both.estimate, float(np.nanmin(limits[:, 0])), float(np.nanmax(limits[:, 1])), both.method
    )


def _moved(group: Matrix, rng: np.random.Generator) -> Matrix:
    """Return by how much resampling runs moves their mean, on each resampled test set."""
    size = group.shape[1]
    shares = rng.multinomial(size, np.full(size, 1 / size), size=len(group)) / size - 1 / size
    return np.asarray((shares * group).sum(axis=1) * math.sqrt(size / (size - 1)))


def _freedom(parts: list[float], freedoms: list[int]) -> float:
    below = sum(part**2 / its for part, its in zip(parts, freedoms, strict=True))
    return sum(parts) ** 2 / below if below > 0 else math.inf


def _interval(estimate: float, variance: float, freedom: float, method: str) -> Interval:
    if variance < 1e-24:
        return Interval(estimate, math.nan, math.nan, "no interval: no spread")
    half = float(stats.t.ppf(0.5 + LEVEL / 2, freedom)) * math.sqrt(variance)
    return Interval(estimate, estimate - half, estimate + half, method)


def _read(
    path: Path,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]] | None:
    """Return predictions, labels and units of a test split; None if the file lacks them."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return stored["predictions"], stored["labels"], stored["units"]
    except (KeyError, ValueError, OSError, EOFError):
        return None
