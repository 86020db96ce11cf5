"""The one loop of the project: step a job until it is finished, saving it now and then."""

from __future__ import annotations

import functools
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from typing_extensions import override

from harness.api import BlockChain, CellGraph
from harness.errors import DamagedFileError
from harness.execution.environment import environment, rng_state
from harness.execution.faults import PLUGIN_CODE, Ended, Lost
from harness.execution.jobs import begin, find_inputs
from harness.execution.resuming import History, now, set_checkpoint_aside, take_up
from harness.execution.saving import write_arrays, write_state
from harness.execution.train_job import Training
from harness.execution.work import Work
from harness.results.files import printable
from harness.results.job_folder import JobFolder
from harness.results.planned import PlannedJob
from harness.results.record import Environment, JobRecord, Status
from harness.results.store import ExperimentFolder

# A checkpoint is due after this long, or later if writing one takes more than its share of time.
CHECKPOINT_SECONDS = 5.0
CHECKPOINT_SHARE = 0.02


class Stopped(Exception):  # noqa: N818 - not an error: the job was told to stop and is saved
    """The job is unfinished and saved."""


@dataclass(frozen=True)
class Control:
    """What the loop asks and tells between two steps.

    Attributes:
        device: Where jobs run.
        should_stop: Whether to save and stop now.
        progress: Takes the share of the job that is done, 0 to 1; None where nobody asks.
        notice: Takes a line that the user should read.
    """

    device: str
    should_stop: Callable[[], bool]
    progress: Callable[[float], None] | None
    notice: Callable[[str], None] = lambda line: None


class Saver(ABC):
    """Where the loop leaves what a job has to say while it runs."""

    @abstractmethod
    def append(self, row: dict[str, Any]) -> None:
        """Keep a row of the trajectory."""

    @abstractmethod
    def is_due(self) -> bool:
        """Tell whether it is time to save the job."""

    @abstractmethod
    def save(self, work: Work) -> None:
        """Save the job, so that it can be resumed."""


def run_job(job: PlannedJob, experiment: ExperimentFolder, control: Control) -> JobRecord:
    """Carry out one job, resuming from its checkpoint if there is one.

    A failing plugin becomes a FAILED record, an impossible combination a SKIPPED one.

    Raises:
        Stopped: If ``control`` said so; the job is saved.
        Lost: If the machine ended the attempt; what was saved is kept.
    """
    folder = experiment.job(job)
    with folder.held():
        record = folder.record()
        if record is None:
            folder.start(job)
            where = environment(control.device, [job])
            try:
                record = attempt(
                    job, lambda: _perform(job, experiment, folder, control, where), where
                )
            except Lost as fault:
                if isinstance(fault.__cause__, DamagedFileError) and folder.checkpoint.exists():
                    set_checkpoint_aside(folder, str(fault), control.notice)
                raise
            folder.finish(record)
            if record.status is not Status.DONE:
                folder.say(f"{now()} {record.status}: {record.reason}")
        return record


def attempt(job: PlannedJob, perform: Callable[[], JobRecord], where: Environment) -> JobRecord:
    """Return what ``perform`` does, or a record of how a plugin ended it."""
    try:
        return perform()
    except Ended as end:
        return JobRecord(
            job=job.job,
            name=job.name,
            spec=job.spec,
            status=end.status,
            reason=printable(end.reason),
            environment=where,
            finished=now(),
        )


def _perform(
    job: PlannedJob,
    experiment: ExperimentFolder,
    folder: JobFolder,
    control: Control,
    where: Environment,
) -> JobRecord:
    inputs = find_inputs(job, experiment)
    work, earlier = take_up(
        lambda: begin(job, inputs, folder, control.device), folder, control.notice
    )
    history = earlier or History([])
    history.environments.append(where.model_dump())
    folder.say(f"{now()} attempt {len(history.environments)} begins at {work.share_done:.0%}")
    saver = FolderSaver(folder, history)
    drive(work, saver, control, is_resumed=earlier is not None)
    with PLUGIN_CODE:
        found = work.result()
        final = work.final_state()
    write_state(folder.state, final)
    if isinstance(work, Training):
        write_arrays(folder.probe, work.probe)
    return done(job, work, found, history)


class FolderSaver(Saver):
    """Keeps a job's rows and checkpoints in a folder of its own."""

    def __init__(self, folder: JobFolder, history: History) -> None:
        self._folder, self._history = folder, history
        self._due = time.perf_counter() + CHECKPOINT_SECONDS

    @override
    def append(self, row: dict[str, Any]) -> None:
        self._folder.append(row)
        self._history.rows += 1

    @override
    def is_due(self) -> bool:
        return time.perf_counter() >= self._due

    @override
    def save(self, work: Work) -> None:
        began = time.perf_counter()
        with PLUGIN_CODE:
            state = work.state_dict()
        write_state(
            self._folder.checkpoint,
            {
                "work": state,
                "random": rng_state(work.device),
                "history": asdict(self._history),
            },
        )
        work.saved()
        took = time.perf_counter() - began
        self._due = began + max(CHECKPOINT_SECONDS, took / CHECKPOINT_SHARE)


def done(job: PlannedJob, work: Work, found: dict[str, Any], history: History) -> JobRecord:
    """Return the record of a job that ended well.

    Args:
        job: Which.
        work: The job, carried out.
        found: What ``work.result()`` returned.
        history: Of its attempts.
    """
    with PLUGIN_CODE:
        drawn = _drawn(work, found["architecture"])
    return JobRecord(
        job=job.job,
        name=job.name,
        spec=job.spec,
        status=Status.DONE,
        bill=work.bill,
        environment=Environment(**history.environments[-1]),
        earlier_environments=[Environment(**values) for values in history.environments[:-1]],
        attempts=len(history.environments),
        started=history.started,
        finished=now(),
        **drawn,
        **found,
    )


def drive(work: Work, saver: Saver, control: Control, *, is_resumed: bool) -> None:
    """Step ``work`` until it is finished.

    Args:
        work: The job.
        saver: Where its rows and checkpoints go.
        control: What is asked and told between two steps.
        is_resumed: Whether the trajectory has been begun.

    Raises:
        Stopped: If ``control`` said so; the work is saved.
        Ended: If a plugin ended it.
        Lost: If the machine did.
    """
    if not is_resumed:
        with PLUGIN_CODE:
            row = work.start()
        if row:
            saver.append(row)
    while not work.is_finished:
        with PLUGIN_CODE:
            work.step()
            began = time.perf_counter()
            row = work.tick()
        if row:
            saver.append(row)
        if control.progress is not None:
            control.progress(work.share_done)
        stop = control.should_stop()
        if stop or saver.is_due():
            saver.save(work)
        work.bill.overhead_seconds += time.perf_counter() - began
        if stop:
            raise Stopped


def _drawn(work: Work, architecture: str) -> dict[str, Any]:
    """Return the architecture's graphs, as they are and in canonical form."""
    graphs = work.space.graph(work.space.from_text(architecture))
    return {
        "graphs": {name: graph.to_json() for name, graph in graphs.items()},
        "canonical": _canonical(tuple(graphs.items())),
    }


@functools.lru_cache(maxsize=20_000)  # short jobs find the same cells again and again
def _canonical(graphs: tuple[tuple[str, CellGraph | BlockChain], ...]) -> str:
    forms = {name: graph.canonical().to_json() for name, graph in graphs}
    return json.dumps(forms, sort_keys=True, separators=(",", ":"))
