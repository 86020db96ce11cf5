"""Which jobs of a plan are still to be done."""

from __future__ import annotations

from enum import StrEnum

from harness.results.record import Plan, PlannedJob, Status
from harness.results.store import ExperimentFolder


class Rerun(StrEnum):
    """Which jobs to carry out again although they left a record."""

    NONE = "none"
    FAILED = "failed"
    ALL = "all"


def pending(plan: Plan, experiment: ExperimentFolder, rerun: Rerun) -> list[PlannedJob]:
    """Return the jobs without a record, in the plan's order, ancestors first.

    Jobs to be done again, and what depends on them, are cleared first.
    """
    todo: dict[str, PlannedJob] = {}
    for job in plan.jobs:
        folder = experiment.job(job)
        record = folder.record()
        again = rerun is Rerun.ALL or (
            record is not None
            and rerun is Rerun.FAILED
            and (record.status is Status.FAILED or any(a in todo for a in job.spec.ancestors))
        )
        if again:
            folder.clear()
        if again or record is None:
            todo[job.job] = job
    return list(todo.values())


def unfinished(plan: Plan, experiment: ExperimentFolder) -> list[PlannedJob]:
    """Return the jobs without a record; changes nothing."""
    return [job for job in plan.jobs if experiment.job(job).record() is None]
