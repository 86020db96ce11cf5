"""First populations: at random, or offspring of a seed architecture."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

import numpy as np

from harness.api import Architecture, Decision, SearchSpace

# Draws for each architecture wanted, after which a small space is taken to hold no other.
ATTEMPTS = 100


def draw_distinct(
    count: int, draw: Callable[[], Architecture], *, first: Iterable[Architecture] = ()
) -> list[Architecture]:
    """Return ``count`` architectures, no two of them equal as far as the space has so many.

    Args:
        count: How many.
        draw: Returns one at random.
        first: Those to begin with.
    """
    found = dict.fromkeys(first)
    for _ in range(ATTEMPTS * count):
        if len(found) >= count:
            break
        found.setdefault(draw())
    return [*found, *(draw() for _ in range(count - len(found)))]


def offspring(
    space: SearchSpace,
    seed: Architecture,
    count: int,
    *,
    rate: float,
    rng: np.random.Generator,
) -> list[Architecture]:
    """Return the seed itself and distinct perturbations of it, ``count`` in all."""
    return draw_distinct(count, lambda: perturb(space, seed, rate=rate, rng=rng), first=[seed])


def perturb(
    space: SearchSpace, seed: Architecture, *, rate: float, rng: np.random.Generator
) -> Architecture:
    """Change each decision of ``seed`` with probability ``rate``, and at least one.

    An ordered decision moves by one step up or down, any other to another option, all of them
    equally likely. What comes out invalid or unchanged is drawn again; where nothing else comes out
    in many draws, one decision is changed.
    """
    for _ in range(ATTEMPTS):
        candidate = tuple(
            _change(decision, option, rng) if rng.random() < rate else option
            for decision, option in zip(space.decisions, seed, strict=True)
        )
        if candidate != seed and space.is_valid(candidate):
            return candidate
    return space.mutate(seed, rng)


def is_ordered(decision: Decision) -> bool:
    """Tell whether the options are numbers that ascend, such as widths, depths or kernel sizes."""
    try:
        values = [float(option) for option in decision.options]
    except ValueError:
        return False
    return all(smaller < larger for smaller, larger in itertools.pairwise(values))


def _change(decision: Decision, option: int, rng: np.random.Generator) -> int:
    """Return another option."""
    options = range(len(decision.options))
    if is_ordered(decision):
        others = [other for other in (option - 1, option + 1) if other in options]
    else:
        others = [other for other in options if other != option]
    return others[int(rng.integers(len(others)))]
