"""The one scheduler: hires workers when there is work, hands out units, replaces who ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.connection import wait

from harness.errors import HarnessError
from harness.execution.progress import Progress
from harness.execution.schedule import Schedule
from harness.execution.worker import Fault, Message, Notice, Over, Ready, Result, Share
from harness.execution.workers import Worker
from harness.results.planned import PlannedJob
from harness.results.record import Status

PATIENCE_SECONDS = 1.0
# So many workers in a row that die before they can begin mean that none can.
STILLBORN = 3


class Crew:
    """Workers that carry out a plan.

    Args:
        hire: Returns a new worker for a device.
        size: The largest number of workers.
        devices: Taken in turn.
    """

    def __init__(self, hire: Callable[[str], Worker], size: int, devices: Sequence[str]) -> None:
        self._hire_one, self._size, self._devices = hire, size, devices
        self._workers: list[Worker] = []
        self._stillborn = 0

    def run(self, schedule: Schedule, progress: Progress, should_stop: Callable[[], bool]) -> bool:
        """Carry out what ``schedule`` holds; return whether that was stopped before the end."""
        is_stopping = False
        try:
            while True:
                if not is_stopping and should_stop():
                    is_stopping = True
                    for worker in self._workers:
                        worker.stop()
                if not is_stopping:
                    self._hire(schedule)
                    self._assign(schedule, progress)
                if not any(w.unit or not (w.is_ready or is_stopping) for w in self._workers):
                    return is_stopping and schedule.is_unfinished
                for worker in self._listen(schedule, progress):
                    if worker.unit and not should_stop():
                        self._lose(worker, schedule, progress)
                progress.draw()
        finally:
            self._dismiss()

    def _hire(self, schedule: Schedule) -> None:
        """Hire as many workers as could begin something and are not there."""
        free = sum(worker.unit is None for worker in self._workers)
        room = self._size - len(self._workers)
        for _ in range(min(room, schedule.count_ready(free + room) - free)):
            taken = [worker.device for worker in self._workers]
            self._workers.append(self._hire_one(min(self._devices, key=taken.count)))

    def _assign(self, schedule: Schedule, progress: Progress) -> None:
        for worker in self._workers:
            if not worker.is_ready or worker.unit:
                continue
            unit = schedule.take()
            if unit is None:
                return
            if not unit.shard:
                progress.start(unit.jobs[0])
            worker.take(unit)

    def _listen(self, schedule: Schedule, progress: Progress) -> list[Worker]:
        """Take in what workers have to say; return those that ended."""
        pipes = [worker.pipe for worker in self._workers if worker.pipe]
        if pipes:
            wait(pipes, PATIENCE_SECONDS)
        gone = []
        for worker in tuple(self._workers):
            try:
                worker.listen(partial(self._hear, worker, schedule, progress))
            except EOFError:
                self._bury(worker)
                gone.append(worker)
        return gone

    def _hear(
        self, worker: Worker, schedule: Schedule, progress: Progress, message: Message
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

    def _bury(self, worker: Worker) -> None:
        """Let a worker go that ended.

        Raises:
            HarnessError: If no worker can begin.
        """
        self._workers.remove(worker)
        worker.bury()
        if not worker.is_ready:
            self._stillborn += 1
        if self._stillborn == STILLBORN:
            raise HarnessError(
                f"{STILLBORN} worker processes ended before they could begin. {worker.fault} "
                "Try --jobs 1."
            )

    def _lose(self, worker: Worker, schedule: Schedule, progress: Progress) -> None:
        """Note that the machine ended what a worker was doing."""
        jobs: tuple[PlannedJob, ...] = tuple(worker.jobs.values())
        progress.lose(jobs, worker.fault, again=schedule.lose(jobs, worker.fault))

    def _dismiss(self) -> None:
        for worker in self._workers:
            worker.let_go()
        for worker in self._workers:
            worker.bury(PATIENCE_SECONDS)
        self._workers.clear()
