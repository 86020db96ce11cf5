"""Carries out a unit: of a shard's jobs none has a folder, checkpoint or log of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.execution.jobs import begin
from harness.execution.runner import Control, Stopped, attempt, done, now, run_job
from harness.execution.saving import write_state
from harness.execution.units import Unit
from harness.results.record import JobRecord, PlannedJob, SearchSpec, Status
from harness.results.shard import ShardWriter, state_file
from harness.results.store import ExperimentFolder

Ended = Callable[[PlannedJob, Status, str | None], None]


def run_unit(unit: Unit, experiment: ExperimentFolder, control: Control, ended: Ended) -> None:
    """Carry out a job, or the jobs of a shard; see ``run_shard``."""
    if unit.shard:
        run_shard(unit, experiment, control, ended)
        return
    record = run_job(unit.jobs[0], experiment, control)
    ended(unit.jobs[0], record.status, record.reason)


def run_shard(unit: Unit, experiment: ExperimentFolder, control: Control, ended: Ended) -> None:
    """Carry out a unit's jobs one after the other.

    A job that is interrupted leaves nothing and is done again, which takes about a second at most.

    Args:
        unit: Which; those that have a record are left out.
        experiment: Where they belong.
        control: As for any job.
        ended: Told of every job once its record is on disk.

    Raises:
        Stopped: If ``control`` said so; what has ended is on disk.
    """
    writer = experiment.shard(unit.shard)
    told: list[tuple[PlannedJob, JobRecord]] = []

    def flush() -> None:
        writer.flush()
        for job, record in told:
            ended(job, record.status, record.reason)
        told.clear()

    specs = (job.spec for job in experiment.plan().jobs)
    left_off = {spec.warm_start for spec in specs if isinstance(spec, SearchSpec)}
    with writer.held():
        try:
            for job in unit.jobs:
                keeps_state = job.job in left_off
                record = _run(job, experiment, control, writer, keeps_state=keeps_state)
                told.append((job, record))
                if writer.is_due:
                    flush()
        finally:
            flush()


def _run(
    job: PlannedJob,
    experiment: ExperimentFolder,
    control: Control,
    writer: ShardWriter,
    *,
    keeps_state: bool,
) -> JobRecord:
    """Carry out one job, unless it has a record, and note what came of it."""
    known = experiment.job(job).record()
    if known is not None:
        return known
    rows: list[dict[str, Any]] = []

    def perform() -> JobRecord:
        started = now()
        work = begin(job, experiment, control.device)
        if row := work.start():
            rows.append(row)
        while not work.is_finished:
            work.step()
            if row := work.tick():
                rows.append(row)
            if control.should_stop():
                raise Stopped
        fields = work.result()
        if keeps_state:
            state = state_file(writer.path, job.job)
            state.parent.mkdir(exist_ok=True)
            write_state(state, work.final_state())
        return done(job, work, fields, {"attempts": 1, "started": started})

    record = attempt(job, perform, control.device)
    writer.add(record, rows)
    return record
