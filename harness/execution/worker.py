"""What a worker does: says that it is ready, then carries out units as they come in.

The body of a worker process begins with stop signals held back and loads torch only once it heeds
them, so that no signal finds it unprepared.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
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


def carry_out(
    unit: Unit, experiment: ExperimentFolder, control: Control, tell: Callable[[Message], None]
) -> bool:
    """Carry out a unit and tell what comes of it; return whether the worker can take another."""
    from harness.execution.faults import Lost
    from harness.execution.runner import Stopped, run_unit

    def ended(job: PlannedJob, status: str, reason: str | None) -> None:
        tell(Result(job.job, status, reason))

    try:
        run_unit(unit, experiment, control, ended)
    except Stopped:
        return False
    except Lost as fault:
        tell(Fault(str(fault)))
        return False
    tell(Over())
    return True


def serve(pipe: Connection, path: Path, threads: int, device: str, deadline: float | None) -> None:
    """Carry out units until nobody sends any more, or the worker is told to stop.

    Args:
        pipe: To the process that hands out units.
        path: Of the experiment.
        threads: Of this process.
        device: As torch names it.
        deadline: On the monotonic clock; then a running job is saved.
    """
    signals, parent, experiment = heed(), os.getppid(), ExperimentFolder(path)
    reported = 0.0

    def should_stop() -> bool:
        late = deadline is not None and time.monotonic() >= deadline
        return bool(signals) or late or os.getppid() != parent

    def tell(message: Message) -> None:
        with suppress(OSError):  # the parent may have been killed, which `should_stop` notices
            pipe.send(message)

    def report(share: float) -> None:
        nonlocal reported
        if time.monotonic() - reported >= REPORT_SECONDS:
            reported = time.monotonic()
            tell(Share(share))

    if should_stop():
        return
    import torch

    from harness.execution.runner import Control

    torch.set_num_threads(threads)
    control = Control(device, should_stop, report, lambda line: tell(Notice(line)))
    tell(Ready())
    with suppress(EOFError):
        for unit in _receive(pipe, should_stop):
            if not carry_out(unit, experiment, control, tell):
                return


def _receive(pipe: Connection, should_stop: Callable[[], bool]) -> Iterator[Unit]:
    while not should_stop():
        if pipe.poll(PATIENCE_SECONDS):
            yield pipe.recv()
