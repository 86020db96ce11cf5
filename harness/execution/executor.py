"""Where jobs are carried out: in this process, or in spawned worker processes."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from harness.execution.crew import Crew
from harness.execution.interrupts import collect_signals
from harness.execution.pending import known_record, set_aside_damaged
from harness.execution.progress import Progress
from harness.execution.schedule import Ending, Schedule
from harness.execution.workers import InProcess, Spawned, Worker
from harness.results.planned import PlannedJob
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
    with collect_signals() as interrupts:

        def should_stop() -> bool:
            return bool(interrupts) or (deadline is not None and time.monotonic() >= deadline)

        def hire(device: str) -> Worker:
            if settings.jobs == 1:
                torch.set_num_threads(settings.threads)
                return InProcess(experiment, device, should_stop)
            return Spawned(experiment, device, settings.threads, deadline)

        try:
            crew = Crew(hire, settings.jobs, settings.devices)
            is_stopped = crew.run(schedule, progress, should_stop)
        finally:
            progress.close()
            if settings.jobs > 1:
                experiment.look_again()
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
