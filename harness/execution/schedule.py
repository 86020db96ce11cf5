"""Which jobs of a plan can be carried out now, and which got no result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.execution.units import Unit, is_ready, make_units
from harness.results.planned import PlannedJob

# A job whose attempt the machine ended is tried once more.
ATTEMPTS = 2


@dataclass(frozen=True)
class Ending:
    """How far a plan was carried out.

    Attributes:
        is_stopped: Whether it was told to stop before the end.
        lost: Jobs without a result although nobody stopped them, by name, and why: the machine
            ended every attempt at them.
        waiting: How many jobs could not begin for want of those.
    """

    is_stopped: bool
    lost: Mapping[str, str]
    waiting: int

    @property
    def is_complete(self) -> bool:
        """Whether every job has a record."""
        return not (self.is_stopped or self.lost or self.waiting)


class Schedule:
    """The jobs that have no record yet, ancestors first.

    Args:
        todo: In the plan's order.
    """

    def __init__(self, todo: Sequence[PlannedJob]) -> None:
        self._waiting = make_units(todo)
        self._unfinished = {job.job for job in todo}
        self._attempts: Counter[str] = Counter()
        self._lost: dict[str, tuple[PlannedJob, str]] = {}

    @property
    def is_unfinished(self) -> bool:
        """Whether a job has no record yet that is not given up."""
        return len(self._unfinished) > len(self._lost)

    def count_ready(self, limit: int) -> int:
        """Return how many units could begin now, ``limit`` at most."""
        found = 0
        for unit in self._waiting:
            if found == limit:
                break
            found += is_ready(unit, self._unfinished)
        return found

    def take(self) -> Unit | None:
        """Return the next unit that can begin; it waits no longer."""
        for index, unit in enumerate(self._waiting):
            if is_ready(unit, self._unfinished):
                return self._waiting.pop(index)
        return None

    def end(self, job: PlannedJob) -> None:
        """Note that a job has a record."""
        self._unfinished.discard(job.job)

    def lose(self, jobs: Iterable[PlannedJob], reason: str) -> bool:
        """Note that the machine ended an attempt at ``jobs``; return whether any is tried again.

        It is not known which job of a shard was to blame, so each that has not ended is tried by
        itself.
        """
        again = []
        for job in jobs:
            if job.job not in self._unfinished:
                continue
            self._attempts[job.job] += 1
            if self._attempts[job.job] < ATTEMPTS:
                again.append(Unit((job,)))
            else:
                self._lost[job.job] = job, reason
        self._waiting.extend(again)
        return bool(again)

    def ending(self, *, is_stopped: bool) -> Ending:
        """Return how far it came."""
        waiting = 0 if is_stopped else len(self._unfinished) - len(self._lost)
        return Ending(is_stopped, dict(map(_name, self._lost.values())), waiting)


def _name(lost: tuple[PlannedJob, str]) -> tuple[str, str]:
    job, reason = lost
    return job.folder, reason
