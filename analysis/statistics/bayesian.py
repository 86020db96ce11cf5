"""Bayesian signed-rank test with a region of practical equivalence (Benavoli et al. 2014, 2017)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.statistics.counter import counted
from analysis.statistics.sample import Values, quantised

DRAWS = 50_000
FEWEST_TASKS, FEWEST_RUNS = 5, 8
_CHUNK = 5_000


@dataclass(frozen=True)
class Posterior:
    """Probabilities that x is practically better, as good, or worse.

    Attributes:
        x: That ``x`` is better by more than the region.
        rope: That they are practically equal.
        y: That ``y`` is better.
    """

    x: float
    rope: float
    y: float


@counted
def bayes_signed_rank(x: Values, y: Values, rope: float, rng: np.random.Generator) -> Posterior:
    """Return the posterior over which is better, from paired scores.

    It needs at least 5 tasks or 8 paired runs to say anything.

    Args:
        x: Scores.
        y: Scores of the same tasks or seeds.
        rope: Half-width of the region of practical equivalence, in the scores' unit.
        rng: Draws 50,000 weights.
    """
    # The prior is a pseudo-observation of no difference with weight one half.
    d = np.concatenate([[0.0], quantised(y) - quantised(x)])
    sums = d[:, None] + d[None, :]
    # Equality is decided on quantised sums, so that rounding takes no side.
    right = _share(sums - 2 * rope)
    left = _share(-2 * rope - sums)
    middle = 1 - right - left
    tables = np.stack([left, middle, right])
    counts = np.zeros(3)
    prior = np.concatenate([[0.5], np.ones(len(d) - 1)])
    for start in range(0, DRAWS, _CHUNK):
        w = rng.dirichlet(prior, size=min(_CHUNK, DRAWS - start))
        shares = np.einsum("bi,kij,bj->bk", w, tables, w, optimize=True)
        is_top = np.isclose(shares, shares.max(axis=1, keepdims=True), rtol=0, atol=1e-12)
        counts += (is_top / is_top.sum(axis=1, keepdims=True)).sum(axis=0)
    left_p, rope_p, right_p = counts / DRAWS
    return Posterior(float(left_p), float(rope_p), float(right_p))


def refusal(tasks: int, runs: int) -> str:
    """Return why the posterior says nothing yet; empty if it does."""
    if tasks >= FEWEST_TASKS or runs >= FEWEST_RUNS:
        return ""
    return f"needs {FEWEST_TASKS} tasks or {FEWEST_RUNS} pairs; here are {tasks} and {runs}"


def _share(
    excess: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return 1 where positive, one half at a tie, else 0."""
    return np.where(excess > 1e-9, 1.0, np.where(excess > -1e-9, 0.5, 0.0))
