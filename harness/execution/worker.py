"""The body of a worker process: says that it is ready, then carries out units as they come in.

It begins with stop signals held back and loads torch only once it heeds them, so that no signal
finds it unprepared.
"""

from __future__ import annotations

import os
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from harness.execution.interrupts import heed
from harness.execution.units import Unit
from harness.results.planned import PlannedJob
from harness.results.store import ExperimentFolder

if TYPE_CHECKING:
    from harness.execution.runner import Control

PATIENCE_SECONDS = 1.0
REPORT_SECONDS = 0.5


class Ready(NamedTuple):
    """The worker can be told what to do."""


class Share(NamedTuple):
    """How much of the job under way is done, 0 to 1."""

    share: float


class Notice(NamedTuple):
    """A line that the user should read."""

    line: str


class Result(NamedTuple):
    """A job has a record."""

    job: str
    status: str
    reason: str | None


class Fault(NamedTuple):
    """The machine ended the attempt at the unit; the worker ends, too, for it may be damaged."""

    reason: str


class Over(NamedTuple):
    """The unit has been carried out."""


Message = Ready | Share | Notice | Result | Fault | Over


def work(pipe: Connection, path: Path, threads: int, device: str, deadline: float | None) -> None:
    """Carry out units until nobody sends any more, or the worker is told to stop.

    Args:
        pipe: To the process that hands out units.
        path: Of the experiment.
        threads: Of this process.
        device: As torch names it.
        deadline: On the monotonic clock; then a running job is saved.
    """
    told = heed()
    parent = os.getppid()
    reported = 0.0

    def should_stop() -> bool:
        late = deadline is not None and time.monotonic() >= deadline
        return bool(told) or late or os.getppid() != parent

    def report(share: float) -> None:
        nonlocal reported
        if time.monotonic() - reported >= REPORT_SECONDS:
            reported = time.monotonic()
            _send(pipe, Share(share))

    if should_stop():
        return
    import torch

    from harness.execution.runner import Control

    torch.set_num_threads(threads)
    control = Control(device, should_stop, report, lambda line: _send(pipe, Notice(line)))
    _send(pipe, Ready())
    _serve(pipe, ExperimentFolder(path), control)


def _serve(pipe: Connection, experiment: ExperimentFolder, control: Control) -> None:
    from harness.execution.faults import Lost
    from harness.execution.runner import Stopped
    from harness.execution.shards import run_unit

    def tell(job: PlannedJob, status: str, reason: str | None) -> None:
        _send(pipe, Result(job.job, status, reason))

    while not control.should_stop():
        if not pipe.poll(PATIENCE_SECONDS):
            continue
        try:
            unit: Unit = pipe.recv()
            run_unit(unit, experiment, control, tell)
        except EOFError:
            return
        except Stopped:
            return
        except Lost as fault:
            _send(pipe, Fault(str(fault)))
            return
        _send(pipe, Over())


def _send(pipe: Connection, message: Message) -> None:
    """Send to the parent, who may have been killed; then ``should_stop`` notices."""
    try:
        pipe.send(message)
    except OSError:
        return
