"""Carries out a unit: of a shard's jobs none has a folder, checkpoint or log of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from typing_extensions import override

from harness.errors import HarnessError
from harness.execution.environment import environment
from harness.execution.faults import PLUGIN_CODE, Lost, describe
from harness.execution.jobs import begin, find_inputs
from harness.execution.resuming import History
from harness.execution.runner import Control, Saver, attempt, done, drive, run_job
from harness.execution.saving import write_state
from harness.execution.units import Unit
from harness.execution.work import Work
from harness.results.planned import PlannedJob
from harness.results.record import Environment, JobRecord, Status
from harness.results.shard import ShardWriter, state_file
from harness.results.spec import SearchSpec
from harness.results.store import ExperimentFolder

Tell = Callable[[PlannedJob, Status, str | None], None]


def run_unit(unit: Unit, experiment: ExperimentFolder, control: Control, ended: Tell) -> None:
    """Carry out a job, or the jobs of a shard one after the other.

    Args:
        unit: Which; those that have a record are left out.
        experiment: Where they belong.
        control: What is asked and told between two steps.
        ended: Told of every job once its record is on disk.

    Raises:
        Stopped: If ``control`` said so; what has ended, and the state of a job, are on disk.
        Lost: If the machine ended the attempt, with the same on disk.
    """
    try:
        if unit.shard:
            _run_shard(unit, experiment, control, ended)
        else:
            record = run_job(unit.jobs[0], experiment, control)
            ended(unit.jobs[0], record.status, record.reason)
    except (OSError, HarnessError) as error:
        experiment.look_again()  # what a shard could not write down is not there
        raise Lost(describe(error)) from error


def _run_shard(unit: Unit, experiment: ExperimentFolder, control: Control, ended: Tell) -> None:
    """Carry out a shard's jobs; one that is interrupted is done again, which takes a second."""
    control = replace(control, progress=None)  # thousands of steps a second
    writer = experiment.shard(unit.shard)
    told: list[tuple[PlannedJob, JobRecord]] = []

    def flush() -> None:
        writer.flush()
        for job, record in told:
            ended(job, record.status, record.reason)
        told.clear()

    specs = (job.spec for job in experiment.plan().jobs)
    where = environment(control.device, unit.jobs)
    left_off = {spec.warm_start for spec in specs if isinstance(spec, SearchSpec)}
    with writer.held():
        try:
            for job in unit.jobs:
                keeps_state = job.job in left_off
                record = _run(job, experiment, control, writer, where, keeps_state=keeps_state)
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
    where: Environment,
    *,
    keeps_state: bool,
) -> JobRecord:
    """Carry out one job, unless it has a record, and note what came of it."""
    known = experiment.job(job).record()
    if known is not None:
        return known
    saver = _RowsOnly()

    def perform() -> JobRecord:
        history = History([where.model_dump()])
        inputs = find_inputs(job, experiment)
        with PLUGIN_CODE:
            work = begin(job, inputs, experiment.own_folder(job), control.device)
        drive(work, saver, control, is_resumed=False)
        with PLUGIN_CODE:
            fields = work.result()
        if keeps_state:
            state = state_file(writer.path, job.job)
            state.parent.mkdir(exist_ok=True)
            with PLUGIN_CODE:
                final = work.final_state()
            write_state(state, final)
        return done(job, work, fields, history)

    record = attempt(job, perform, where)
    writer.add(record, saver.rows)
    return record


class _RowsOnly(Saver):
    """Keeps a short job's trajectory in memory, and saves nothing."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    @override
    def append(self, row: dict[str, Any]) -> None:
        self.rows.append(row)

    @override
    def is_due(self) -> bool:
        return False

    @override
    def save(self, work: Work) -> None:
        return
