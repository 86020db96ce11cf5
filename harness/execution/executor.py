"""Where jobs are carried out: in this process, or in spawned worker processes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from harness.execution.progress import Progress
from harness.execution.runner import Control, Stopped
from harness.execution.shards import run_unit
from harness.execution.units import is_ready, make_units
from harness.execution.workers import Crew
from harness.results.record import PlannedJob
from harness.results.store import ExperimentFolder


@dataclass(frozen=True)
class Settings:
    """How jobs are run; nothing here changes what they find.

    Attributes:
        jobs: How many at once.
        threads: Of each job; spinning threads of several jobs on few cores cost 10 to 40 times.
        devices: As torch names them; jobs take them in turn.
        stop_after: Seconds after which everything is saved and left unfinished; None never.
    """

    jobs: int = 1
    threads: int = 1
    devices: tuple[str, ...] = ("cpu",)
    stop_after: float | None = None


def run_jobs(todo: Sequence[PlannedJob], experiment: ExperimentFolder, settings: Settings) -> bool:
    """Carry out ``todo``, ancestors first; return whether all of it ended.

    An interrupt (Ctrl-C) or SIGTERM saves the running jobs and returns False, as does the end of
    ``stop_after``.
    """
    progress = Progress(todo, settings.jobs)
    after = settings.stop_after
    deadline = None if after is None else time.monotonic() + after
    os.environ["OMP_NUM_THREADS"] = str(settings.threads)  # for workers, before they load torch
    with _interrupts() as interrupted:
        if settings.jobs == 1:
            return _run_here(todo, experiment, settings, progress, deadline, interrupted)
        crew = Crew(experiment, settings.jobs, settings.threads, settings.devices, deadline)
        try:
            return crew.run(todo, progress, interrupted)
        finally:
            experiment.look_again()


def _run_here(
    todo: Sequence[PlannedJob],
    experiment: ExperimentFolder,
    settings: Settings,
    progress: Progress,
    deadline: float | None,
    interrupted: list[int],
) -> bool:
    torch.set_num_threads(settings.threads)

    def should_stop() -> bool:
        return bool(interrupted) or (deadline is not None and time.monotonic() >= deadline)

    unfinished = {job.job for job in todo}
    waiting = make_units(todo)
    while waiting:
        unit = next(unit for unit in waiting if is_ready(unit, unfinished))
        waiting.remove(unit)
        unfinished.difference_update(job.job for job in unit.jobs)
        first, ended = unit.jobs[0], progress.end_short
        if not unit.shard:
            progress.start(first)
            ended = progress.end
        control = Control(
            device=settings.devices[0],
            should_stop=should_stop,
            progress=lambda share, job=first: progress.advance(job, share),  # type: ignore[misc]
        )
        try:
            if should_stop():
                return False
            run_unit(unit, experiment, control, ended)
        except Stopped:
            return False
    return True


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Collect SIGINT and SIGTERM in a list; a second one has its usual effect."""
    caught: list[int] = []
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def note(number: int, frame: object) -> None:
        caught.append(number)
        signal.signal(number, previous[signal.Signals(number)])

    try:
        for number in previous:
            signal.signal(number, note)
        yield caught
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
