"""Where jobs are carried out: in this process, or in spawned worker processes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from harness.execution.faults import Lost
from harness.execution.interrupts import noting
from harness.execution.pending import known_record, set_aside_damaged
from harness.execution.progress import Progress
from harness.execution.runner import Control, Stopped
from harness.execution.schedule import Ending, Schedule
from harness.execution.shards import run_unit
from harness.execution.units import Unit
from harness.execution.workers import Crew
from harness.results.planned import PlannedJob
from harness.results.record import Status
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


def run_jobs(
    todo: Sequence[PlannedJob], experiment: ExperimentFolder, settings: Settings
) -> Ending:
    """Carry out ``todo``, ancestors first; return how far that came.

    Ctrl-C, SIGTERM, the end of the terminal or of ``stop_after`` save the running jobs and stop.
    """
    progress = Progress(todo, settings.jobs, outcome=lambda job: _tell_outcome(experiment, job))
    set_aside_damaged(todo, experiment, progress.say)
    after = settings.stop_after
    deadline = None if after is None else time.monotonic() + after
    os.environ["OMP_NUM_THREADS"] = str(settings.threads)  # for workers, before they load torch
    schedule = Schedule(todo)
    hands: Alone | Crew
    if settings.jobs == 1:
        hands = Alone(experiment, settings.threads, settings.devices[0])
    else:
        hands = Crew(experiment, settings.jobs, settings.threads, settings.devices, deadline)
    with noting() as interrupts:

        def should_stop() -> bool:
            return bool(interrupts) or (deadline is not None and time.monotonic() >= deadline)

        try:
            is_stopped = hands.run(schedule, progress, should_stop)
        finally:
            progress.close()
    return schedule.ending(is_stopped=is_stopped)


def _tell_outcome(experiment: ExperimentFolder, job: PlannedJob) -> str:
    """Return the accuracy that a finished job reached, in words; empty if there is none."""
    record = known_record(job, experiment)
    if record is None:
        return ""
    insights = record.insights
    named = {
        "test": record.test_accuracy,
        "validation": insights.get("best_validation"),
        "super-network's validation": insights.get("validation_accuracy"),
    }
    found = (f"{name} {value:.2f} %" for name, value in named.items() if value is not None)
    return next(found, "")


class Alone:
    """This process, which carries out one unit after the other.

    Args:
        experiment: Where jobs live.
        threads: Of the process.
        device: As torch names it.
    """

    def __init__(self, experiment: ExperimentFolder, threads: int, device: str) -> None:
        self._experiment, self._device = experiment, device
        torch.set_num_threads(threads)

    def run(self, schedule: Schedule, progress: Progress, should_stop: Callable[[], bool]) -> bool:
        """Carry out what ``schedule`` holds; return whether that was stopped."""
        while unit := schedule.take():
            if should_stop():
                return True
            try:
                self._carry_out(unit, schedule, progress, should_stop)
            except Stopped:
                return True
            except Lost as fault:
                again = schedule.lose(unit.jobs, str(fault))
                progress.lose(unit.jobs, str(fault), again=again)
        return False

    def _carry_out(
        self,
        unit: Unit,
        schedule: Schedule,
        progress: Progress,
        should_stop: Callable[[], bool],
    ) -> None:
        first, end = unit.jobs[0], progress.end_short
        if not unit.shard:
            progress.start(first)
            end = progress.end

        def ended(job: PlannedJob, status: Status, reason: str | None) -> None:
            schedule.end(job)
            end(job, status, reason)

        control = Control(
            device=self._device,
            should_stop=should_stop,
            progress=lambda share: progress.advance(first, share),
            notice=progress.say,
        )
        run_unit(unit, self._experiment, control, ended)
