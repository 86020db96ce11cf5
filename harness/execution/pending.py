"""Which jobs of a plan are still to be done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum

from harness.errors import DamagedFileError
from harness.results.planned import Plan, PlannedJob
from harness.results.record import JobRecord, Status
from harness.results.store import ExperimentFolder


class Rerun(StrEnum):
    """Which jobs to carry out again although they left a record."""

    NONE = "none"
    FAILED = "failed"
    ALL = "all"


def find_pending(plan: Plan, experiment: ExperimentFolder, rerun: Rerun) -> list[PlannedJob]:
    """Return the jobs without a record, in the plan's order, ancestors first.

    Jobs to be done again, and what depends on them, are cleared first.
    """
    todo: dict[str, PlannedJob] = {}
    for job in plan.jobs:
        record = known_record(job, experiment)
        again = rerun is Rerun.ALL or (
            record is not None
            and rerun is Rerun.FAILED
            and (record.status is Status.FAILED or any(a in todo for a in job.spec.ancestors))
        )
        if again:
            experiment.clear(job)
        if again or record is None:
            todo[job.job] = job
    return list(todo.values())


def find_unfinished(plan: Plan, experiment: ExperimentFolder) -> list[PlannedJob]:
    """Return the jobs without a record; changes nothing."""
    return [job for job in plan.jobs if known_record(job, experiment) is None]


def known_record(job: PlannedJob, experiment: ExperimentFolder) -> JobRecord | None:
    """Return a job's record; None if it has none, or one that is damaged."""
    try:
        return experiment.job(job).record()
    except DamagedFileError:
        return None


def set_aside_damaged(
    jobs: Iterable[PlannedJob], experiment: ExperimentFolder, notice: Callable[[str], None]
) -> None:
    """Take away the records of ``jobs`` that are damaged, so that they are done again, and say so.

    Args:
        jobs: That are about to be carried out.
        experiment: Where they belong.
        notice: Takes a line for each such job.
    """
    for job in jobs:
        folder = experiment.job(job)
        try:
            folder.record()
        except DamagedFileError as error:
            what = str(error).rstrip(".")
            notice(f"{what}; {folder.set_aside_record()}, and the job is done again.")
