"""Local worker processes: spawned when there is work, told one unit at a time, replaced."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from harness.errors import HarnessError
from harness.execution.interrupts import held_back
from harness.execution.progress import Progress
from harness.execution.schedule import Schedule
from harness.execution.units import Unit
from harness.execution.worker import Fault, Message, Notice, Over, Ready, Result, Share, work
from harness.results.planned import PlannedJob
from harness.results.record import Status
from harness.results.store import ExperimentFolder

PATIENCE_SECONDS = 1.0
# So many workers in a row that die before they can begin mean that none can.
STILLBORN = 3


@dataclass
class _Worker:
    """A process, the pipe to it, and what it is doing.

    Attributes:
        is_ready: Whether it can be told what to do.
        unit: What it carries out; None if nothing.
        jobs: Those of the unit's jobs that have not ended.
        fault: What it said about the machine.
    """

    process: BaseProcess
    pipe: Connection
    device: str
    is_ready: bool = False
    unit: Unit | None = None
    jobs: dict[str, PlannedJob] = field(default_factory=dict)
    fault: str = ""


class Crew:
    """Worker processes that carry out a plan.

    Args:
        experiment: Where jobs live.
        size: The largest number of workers.
        threads: Of each.
        devices: Taken in turn.
        deadline: On the monotonic clock; then running jobs are saved.
    """

    def __init__(
        self,
        experiment: ExperimentFolder,
        size: int,
        threads: int,
        devices: Sequence[str],
        deadline: float | None,
    ) -> None:
        self._experiment = experiment
        self._size = size
        self._threads = threads
        self._devices = devices
        self._deadline = deadline
        self._workers: list[_Worker] = []
        self._stillborn = 0

    def run(self, schedule: Schedule, progress: Progress, should_stop: Callable[[], bool]) -> bool:
        """Carry out what ``schedule`` holds; return whether that was stopped."""
        is_told = False
        try:
            while True:
                if not is_told and should_stop():
                    is_told = True
                    self._tell_to_stop()
                if not is_told:
                    self._hire(schedule)
                    self._assign(schedule, progress)
                if not any(w.unit or not (w.is_ready or is_told) for w in self._workers):
                    return is_told
                for worker in self._listen(schedule, progress):
                    if worker.unit and not should_stop():
                        self._lose(worker, schedule, progress)
                progress.draw()
        finally:
            self._dismiss()
            self._experiment.look_again()

    def _hire(self, schedule: Schedule) -> None:
        """Start as many workers as could begin something and are not there."""
        free = sum(worker.unit is None for worker in self._workers)
        room = self._size - len(self._workers)
        for _ in range(min(room, schedule.count_ready(free + room) - free)):
            taken = [worker.device for worker in self._workers]
            self._workers.append(self._start(min(self._devices, key=taken.count)))

    def _assign(self, schedule: Schedule, progress: Progress) -> None:
        for worker in self._workers:
            if not worker.is_ready or worker.unit:
                continue
            unit = schedule.take()
            if unit is None:
                return
            worker.unit, worker.jobs = unit, {job.job: job for job in unit.jobs}
            if not unit.shard:
                progress.start(unit.jobs[0])
            with suppress(OSError):  # it died this moment, which `_listen` notices
                worker.pipe.send(unit)

    def _listen(self, schedule: Schedule, progress: Progress) -> list[_Worker]:
        """Take in what workers have to say; return those that ended."""
        wait([worker.pipe for worker in self._workers], PATIENCE_SECONDS)
        gone = []
        for worker in tuple(self._workers):
            try:
                while worker.pipe.poll():
                    self._take(worker, worker.pipe.recv(), schedule, progress)
            except (EOFError, OSError):
                self._bury(worker)
                gone.append(worker)
        return gone

    def _take(
        self, worker: _Worker, message: Message, schedule: Schedule, progress: Progress
    ) -> None:
        match message:
            case Ready():
                worker.is_ready, self._stillborn = True, 0
            case Share(share) if worker.unit:
                progress.advance(worker.unit.jobs[0], share)
            case Notice(line):
                progress.say(line)
            case Result(digest, status, reason) if worker.unit:
                job = worker.jobs.pop(digest)
                schedule.end(job)
                end = progress.end_short if worker.unit.shard else progress.end
                end(job, Status(status), reason)
            case Fault(reason):
                worker.fault = reason
            case Over():
                worker.unit = None

    def _bury(self, worker: _Worker) -> None:
        """Let a worker go that ended.

        Raises:
            HarnessError: If no worker can begin.
        """
        self._workers.remove(worker)
        worker.pipe.close()
        worker.process.join()
        worker.fault = worker.fault or _explain(worker.process.exitcode)
        if not worker.is_ready:
            self._stillborn += 1
        if self._stillborn == STILLBORN:
            raise HarnessError(
                f"{STILLBORN} worker processes ended before they could begin. {worker.fault} "
                "Try --jobs 1."
            )

    def _lose(self, worker: _Worker, schedule: Schedule, progress: Progress) -> None:
        """Note that the machine ended what a worker was doing."""
        jobs = tuple(worker.jobs.values())
        progress.lose(jobs, worker.fault, again=schedule.lose(jobs, worker.fault))

    def _start(self, device: str) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        arguments = (theirs, self._experiment.path, self._threads, device, self._deadline)
        process = context.Process(target=work, args=arguments, daemon=True)
        with held_back():
            process.start()
        theirs.close()
        return _Worker(process, ours, device)

    def _tell_to_stop(self) -> None:
        for worker in self._workers:
            worker.process.terminate()

    def _dismiss(self) -> None:
        for worker in self._workers:
            worker.pipe.close()  # an idle worker ends when nobody talks to it any more
            if not worker.is_ready:
                worker.process.kill()
        for worker in self._workers:
            worker.process.join(timeout=PATIENCE_SECONDS)
            worker.process.kill()
        self._workers.clear()


def _explain(code: int | None) -> str:
    """Return a sentence on how a process ended."""
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        hint = "; perhaps memory ran out" if -code == signal.SIGKILL else ""
        return f"The worker process was ended by {name}{hint}."
    return f"The worker process ended with exit code {code}."
