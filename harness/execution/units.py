"""What is carried out at once: a job, or the short jobs of a shard one after the other.

Jobs that look results up in a table take milliseconds, so they share a shard. Those that rest on
one another are put into the same one, so that a shard waits for no other shard.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.planning.resolve_plugins import looks_up
from harness.results.planned import PlannedJob

SHARD_JOBS = 1000


@dataclass(frozen=True)
class Unit:
    """Jobs for one process.

    Attributes:
        jobs: Ancestors first.
        shard: Name of their shard; empty for a job with a folder of its own.
    """

    jobs: tuple[PlannedJob, ...]
    shard: str = ""

    @property
    def ancestors(self) -> set[str]:
        """Digests of jobs outside that have to be done first."""
        own = {job.job for job in self.jobs}
        return {a for job in self.jobs for a in job.spec.ancestors if a not in own}


def make_units(todo: Sequence[PlannedJob]) -> list[Unit]:
    """Return the units of a plan's jobs, in the plan's order as far as shards allow."""
    short = [job for job in todo if looks_up(job.spec.rules.evaluator)]
    digests = {job.job for job in short}
    units = [Unit((job,)) for job in todo if job.job not in digests]
    return [*_make_shards(short), *units]


def is_ready(unit: Unit, unfinished: set[str]) -> bool:
    """Tell whether everything that a unit rests on has ended."""
    return not unfinished.intersection(unit.ancestors)


def _make_shards(short: Sequence[PlannedJob]) -> Iterator[Unit]:
    """Fill one shard after the other with whole families of jobs."""
    jobs: list[PlannedJob] = []
    run = uuid.uuid4().hex[:12]  # folders are merged by copying, so no other run has such a name
    names = (f"{number:04d}-{run}" for number in itertools.count())
    for family in _list_families(short):
        jobs.extend(family)
        if len(jobs) >= SHARD_JOBS:
            yield Unit(tuple(jobs), next(names))
            jobs = []
    if jobs:
        yield Unit(tuple(jobs), next(names))


def _list_families(short: Sequence[PlannedJob]) -> list[list[PlannedJob]]:
    """Return the jobs by what they rest on; each search has one ancestor at most."""
    first: dict[str, str] = {}
    families: dict[str, list[PlannedJob]] = {}
    for job in short:
        above = next((a for a in job.spec.ancestors if a in first), job.job)
        first[job.job] = first.get(above, job.job)
        families.setdefault(first[job.job], []).append(job)
    return list(families.values())
