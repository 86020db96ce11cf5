"""A population: who is alive, who wins a tournament, who leaves, and how good they are together."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from harness.api import Architecture


@dataclass(frozen=True)
class Member:
    """A candidate; by default one that was not judged yet.

    Attributes:
        architecture: What it is.
        score: Validation accuracy in percent; NaN if training diverged.
        fitness: What selection goes by; minus infinity if training diverged.
        key: Of its trained weights; empty if they are not kept.
    """

    architecture: Architecture
    score: float = math.nan
    fitness: float = -math.inf
    key: str = ""


class Population:
    """Judged candidates in the order of their birth.

    The weights of a member are kept while it lives, and released once, when it leaves.

    Args:
        release: Forgets a candidate's weights, by key; None where nobody's are kept.

    Attributes:
        members: Who is alive, the oldest first.
    """

    def __init__(self, release: Callable[[str], None] | None = None) -> None:
        self._release = release
        self.members: list[Member] = []

    def add(self, member: Member) -> None:
        """Let a newborn in."""
        self.members.append(member)

    def remove(self, member: Member) -> None:
        """Let a member go and forget its weights."""
        self.members = [other for other in self.members if other is not member]
        if self._release is not None:
            self._release(member.key)

    def draw(
        self, count: int, rng: np.random.Generator, *, with_replacement: bool = False
    ) -> list[Member]:
        """Return ``count`` members drawn at random, the fittest first."""
        picks = rng.choice(len(self.members), count, replace=with_replacement)
        return fittest_first(self.members[pick] for pick in picks)

    def mean_and_deviation(self) -> tuple[float, float]:
        """Return mean and standard deviation (divided by N) of the scores that are numbers."""
        scores = [member.score for member in self.members if math.isfinite(member.score)]
        if not scores:
            return math.nan, math.nan
        return statistics.fmean(scores), statistics.pstdev(scores)

    def state_dict(self) -> list[dict[str, Any]]:
        """Return plain containers."""
        return [asdict(member) for member in self.members]

    def load_state_dict(self, state: Iterable[dict[str, Any]]) -> None:
        """Take over what ``state_dict`` returned."""
        self.members = [read_member(row) for row in state]


def find_crowded(tournament: int, population: int) -> str | None:
    """Say in a sentence that a tournament is larger than the population, or return None."""
    if tournament <= population:
        return None
    return (
        f"A tournament of {tournament} cannot be drawn from a population of {population}; "
        "lower tournament or raise population."
    )


def read_member(row: dict[str, Any]) -> Member:
    """Return the member that ``dataclasses.asdict`` wrote."""
    return Member(**{**row, "architecture": tuple(row["architecture"])})


def fittest_first(members: Iterable[Member]) -> list[Member]:
    """Return the members by falling fitness; equals keep their order."""
    return sorted(members, key=lambda member: -member.fitness)
