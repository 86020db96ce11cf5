"""Where jobs leave what they have to say while they run: a folder of their own, or a shard."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from typing_extensions import override

from harness.errors import DamagedFileError
from harness.execution.environment import rng_state
from harness.execution.faults import PLUGIN_CODE, Lost
from harness.execution.resuming import History, now, set_checkpoint_aside, take_up
from harness.execution.running_job import RunningJob
from harness.execution.saving import write_arrays, write_state
from harness.execution.units import Unit
from harness.results.job_folder import JobFolder
from harness.results.planned import PlannedJob
from harness.results.record import Environment, JobRecord, Status
from harness.results.shard import state_file
from harness.results.spec import SearchSpec
from harness.results.store import ExperimentFolder

# A checkpoint is due after this long, or later if writing one takes more than its share of time.
CHECKPOINT_SECONDS = 5.0
CHECKPOINT_SHARE = 0.02

Begin = Callable[[], RunningJob]
Tell = Callable[[PlannedJob, Status, str | None], None]


class Log:
    """Where the loop leaves rows and checkpoints; this one drops them."""

    def append(self, row: dict[str, Any]) -> None:
        """Keep a row of the trajectory."""

    def is_due(self) -> bool:
        """Tell whether it is time to save the job."""
        return False

    def save(self, job: RunningJob) -> None:
        """Save the job, so that it can be resumed."""


class FolderSaver(Log):
    """Keeps a job's rows, checkpoints and record in a folder of its own."""

    def __init__(self, folder: JobFolder, ended: Tell, notice: Callable[[str], None]) -> None:
        self._folder, self._ended, self._notice = folder, ended, notice
        self._history = History([])
        self._due = 0.0

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the folder for this process."""
        with self._folder.hold():
            try:
                yield
            except Lost as fault:
                is_damaged = isinstance(fault.__cause__, DamagedFileError)
                if is_damaged and self._folder.checkpoint.exists():
                    set_checkpoint_aside(self._folder, str(fault), self._notice)
                raise

    def start(self, job: PlannedJob) -> JobRecord | None:
        """Make room for a job; return its record if it has ended already."""
        record = self._folder.record()
        if record is None:
            self._folder.start(job)
        return record

    def take_up(self, begin: Begin, where: Environment) -> tuple[RunningJob, History]:
        """Return the job as it was last saved, and its attempts, this one included."""
        job, self._history = take_up(begin, self._folder, self._notice)
        attempts = self._history.environments
        attempts.append(where.model_dump())
        self._folder.say(f"{now()} attempt {len(attempts)} begins at {job.share_done:.0%}")
        self._due = time.perf_counter() + CHECKPOINT_SECONDS
        return job, self._history

    @override
    def append(self, row: dict[str, Any]) -> None:
        self._folder.append(row)
        self._history.rows += 1

    @override
    def is_due(self) -> bool:
        return time.perf_counter() >= self._due

    @override
    def save(self, job: RunningJob) -> None:
        began = time.perf_counter()
        with PLUGIN_CODE:
            state = job.state_dict()
        write_state(
            self._folder.checkpoint,
            {"work": state, "random": rng_state(job.device), "history": asdict(self._history)},
        )
        job.saved()
        took = time.perf_counter() - began
        self._due = began + max(CHECKPOINT_SECONDS, took / CHECKPOINT_SHARE)

    def keep(self, job: RunningJob) -> None:
        """Keep what other jobs and the analysis may want of a job that is done."""
        with PLUGIN_CODE:
            final = job.final_state()
        write_state(self._folder.state, final)
        if job.probe is not None:
            write_arrays(self._folder.probe, job.probe)

    def finish(self, record: JobRecord) -> None:
        """Publish a job's record."""
        self._folder.finish(record)
        if record.status is not Status.DONE:
            self._folder.say(f"{now()} {record.status}: {record.reason}")

    def tell(self, job: PlannedJob, record: JobRecord) -> None:
        """Tell that a job has ended, whose record is on disk."""
        self._ended(job, record.status, record.reason)


class ShardSaver(Log):
    """Keeps the records and rows of short jobs; one that is interrupted is done again.

    Of a shard's jobs none has a folder, checkpoint or log of its own.
    """

    def __init__(self, unit: Unit, experiment: ExperimentFolder, ended: Tell) -> None:
        self._experiment, self._ended = experiment, ended
        self._writer = experiment.shard(unit.shard)
        specs = (job.spec for job in experiment.plan().jobs)
        self._left_off = {spec.warm_start for spec in specs if isinstance(spec, SearchSpec)}
        self._digest = ""
        self._rows: list[dict[str, Any]] = []
        self._untold: list[tuple[PlannedJob, JobRecord]] = []

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the folder for this process."""
        with self._writer.hold():
            try:
                yield
            finally:
                self._flush()

    def start(self, job: PlannedJob) -> JobRecord | None:
        """Make room for a job; return its record if it has ended already."""
        self._digest, self._rows = job.job, []
        return self._experiment.job(job).record()

    def take_up(self, begin: Begin, where: Environment) -> tuple[RunningJob, History]:
        """Return the job from its beginning, and its only attempt."""
        with PLUGIN_CODE:
            return begin(), History([where.model_dump()])

    @override
    def append(self, row: dict[str, Any]) -> None:
        self._rows.append(row)

    def keep(self, job: RunningJob) -> None:
        """Keep the final state of a job that others go on from."""
        if self._digest not in self._left_off:
            return
        with PLUGIN_CODE:
            final = job.final_state()
        file = state_file(self._writer.path, self._digest)
        file.parent.mkdir(exist_ok=True)
        write_state(file, final)

    def finish(self, record: JobRecord) -> None:
        """Publish a job's record."""
        self._writer.add(record, self._rows)

    def tell(self, job: PlannedJob, record: JobRecord) -> None:
        """Tell that a job has ended, once its record is on disk."""
        self._untold.append((job, record))
        if self._writer.is_due:
            self._flush()

    def _flush(self) -> None:
        self._writer.flush()
        for job, record in self._untold:
            self._ended(job, record.status, record.reason)
        self._untold.clear()


Saver = FolderSaver | ShardSaver


def open_saver(
    unit: Unit, experiment: ExperimentFolder, ended: Tell, notice: Callable[[str], None]
) -> Saver:
    """Return where a unit's jobs are saved.

    Args:
        unit: Of work.
        experiment: Where it belongs.
        ended: Told of every job once its record is on disk.
        notice: Takes a line that the user should read.
    """
    if unit.shard:
        return ShardSaver(unit, experiment, ended)
    return FolderSaver(experiment.job(unit.jobs[0]), ended, notice)
