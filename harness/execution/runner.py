"""The one loop of the project: step a job until it is finished, saving it now and then."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from harness.api import BlockChain, CellGraph
from harness.errors import HarnessError
from harness.execution.environment import environment
from harness.execution.faults import PLUGIN_CODE, Ended, Lost, describe
from harness.execution.jobs import begin, find_inputs
from harness.execution.resuming import History, now
from harness.execution.running_job import RunningJob
from harness.execution.savers import Log, Saver, Tell, open_saver
from harness.execution.units import Unit
from harness.results.files import printable
from harness.results.planned import PlannedJob
from harness.results.record import Environment, JobRecord, Status
from harness.results.store import ExperimentFolder


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


def run_unit(unit: Unit, experiment: ExperimentFolder, control: Control, ended: Tell) -> None:
    """Carry out a job, or the jobs of a shard one after the other; those with a record are told.

    A failing plugin becomes a FAILED record, an impossible combination a SKIPPED one.

    Args:
        unit: Which.
        experiment: Where they belong.
        control: What is asked and told between two steps.
        ended: Told of every job once its record is on disk.

    Raises:
        Stopped: If ``control`` said so; what has ended, and the state of a job, are on disk.
        Lost: If the machine ended the attempt, with the same on disk.
    """
    if unit.shard:
        control = replace(control, progress=None)  # thousands of steps a second
    try:
        saver = open_saver(unit, experiment, ended, control.notice)
        with saver.hold():
            where = environment(control.device, unit.jobs)
            for job in unit.jobs:
                record = saver.start(job)
                if record is None:
                    record = _run_job(job, experiment, saver, control, where)
                    saver.finish(record)
                saver.tell(job, record)
    except (OSError, HarnessError) as error:
        experiment.look_again()  # what a shard could not write down is not there
        raise Lost(describe(error)) from error


def _run_job(
    job: PlannedJob,
    experiment: ExperimentFolder,
    saver: Saver,
    control: Control,
    where: Environment,
) -> JobRecord:
    """Return the record of a job that is carried out from where its last attempt saved it."""
    folder, device = experiment.own_folder(job), control.device
    try:
        inputs = find_inputs(job, experiment)
        running, history = saver.take_up(lambda: begin(job, inputs, folder, device), where)
        drive(running, saver, control, is_resumed=len(history.environments) > 1)
        with PLUGIN_CODE:
            found = running.result()
        saver.keep(running)
        return _describe_done(job, running, found, history)
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


def drive(job: RunningJob, log: Log, control: Control, *, is_resumed: bool = False) -> None:
    """Step ``job`` until it is finished.

    Args:
        job: The job.
        log: Where its rows and checkpoints go.
        control: What is asked and told between two steps.
        is_resumed: Whether the trajectory has been begun.

    Raises:
        Stopped: If ``control`` said so; the job is saved.
        Ended: If a plugin ended it.
        Lost: If the machine did.
    """
    if not is_resumed:
        with PLUGIN_CODE:
            row = job.start()
        if row:
            log.append(row)
    while not job.is_finished:
        with PLUGIN_CODE:
            job.step()
            began = time.perf_counter()
            row = job.tick()
        if row:
            log.append(row)
        if control.progress is not None:
            control.progress(job.share_done)
        stop = control.should_stop()
        if stop or log.is_due():
            log.save(job)
        job.bill.overhead_seconds += time.perf_counter() - began
        if stop:
            raise Stopped


def _describe_done(
    job: PlannedJob, running: RunningJob, found: dict[str, Any], history: History
) -> JobRecord:
    """Return the record of a job that ended well.

    Args:
        job: Which.
        running: The same, carried out.
        found: What ``running.result()`` returned.
        history: Of its attempts.
    """
    with PLUGIN_CODE:
        graphs = running.space.graph(running.space.from_text(found["architecture"]))
        canonical = _make_canonical(tuple(graphs.items()))
    return JobRecord(
        job=job.job,
        name=job.name,
        spec=job.spec,
        status=Status.DONE,
        bill=running.bill,
        environment=Environment(**history.environments[-1]),
        earlier_environments=[Environment(**values) for values in history.environments[:-1]],
        attempts=len(history.environments),
        started=history.started,
        finished=now(),
        graphs={name: graph.to_json() for name, graph in graphs.items()},
        canonical=canonical,
        **found,
    )


@functools.lru_cache(maxsize=20_000)  # short jobs find the same cells again and again
def _make_canonical(graphs: tuple[tuple[str, CellGraph | BlockChain], ...]) -> str:
    forms = {name: graph.canonical().to_json() for name, graph in graphs}
    return json.dumps(forms, sort_keys=True, separators=(",", ":"))
