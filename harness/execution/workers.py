"""Local worker processes: spawned, told one job at a time, replaced when they die."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.execution.progress import Progress
from harness.execution.units import Unit, is_ready, make_units
from harness.results.record import JobRecord, PlannedJob, Status
from harness.results.store import ExperimentFolder

if TYPE_CHECKING:
    from harness.execution.runner import Control

PATIENCE_SECONDS = 1.0
REPORT_SECONDS = 0.5


@dataclass
class _Worker:
    """A process, the pipe to it, and what it is doing: a unit, and those of its jobs not ended."""

    process: BaseProcess
    pipe: Connection
    device: str
    unit: Unit | None = None
    jobs: dict[str, PlannedJob] = field(default_factory=dict)


class Crew:
    """A fixed number of workers that carry out a plan.

    Args:
        experiment: Where jobs live.
        size: Number of workers.
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
        self._threads = threads
        self._deadline = deadline
        self._workers = [self._hire(devices[i % len(devices)]) for i in range(size)]

    def run(self, todo: Sequence[PlannedJob], progress: Progress, interrupted: list[int]) -> bool:
        """Carry out ``todo``, each job when its ancestors have ended; False if left unfinished."""
        waiting = make_units(todo)
        unfinished = {job.job for job in todo}
        told = False
        try:
            while unfinished and (not told or any(w.unit for w in self._workers)):
                if not told and (interrupted or self._is_late()):
                    told = True
                    self._tell_to_stop()
                if not told:
                    self._assign(waiting, unfinished, progress)
                self._listen(waiting, unfinished, progress)
                progress.draw()
        finally:
            self._dismiss()
        return not unfinished

    def _is_late(self) -> bool:
        return self._deadline is not None and time.monotonic() >= self._deadline

    def _assign(self, waiting: list[Unit], unfinished: set[str], progress: Progress) -> None:
        for place, worker in enumerate(self._workers):
            ready = (unit for unit in waiting if is_ready(unit, unfinished))
            unit = None if worker.unit else next(ready, None)
            if unit is not None:
                if not worker.process.is_alive():  # it died while idle
                    worker = self._workers[place] = self._hire(worker.device)
                waiting.remove(unit)
                worker.unit, worker.jobs = unit, {job.job: job for job in unit.jobs}
                worker.pipe.send(unit)
                if not unit.shard:
                    progress.start(unit.jobs[0])

    def _listen(self, waiting: list[Unit], unfinished: set[str], progress: Progress) -> None:
        """Take in what workers have to say; notice those that died."""
        busy = [(place, w) for place, w in enumerate(self._workers) if w.unit]
        wait([worker.pipe for _, worker in busy], PATIENCE_SECONDS)
        for place, worker in busy:
            try:
                while worker.pipe.poll():
                    self._take(worker, worker.pipe.recv(), unfinished, progress)
            except (EOFError, OSError):
                self._workers[place] = self._replace(worker, waiting, unfinished, progress)

    def _take(
        self, worker: _Worker, message: Any, unfinished: set[str], progress: Progress
    ) -> None:
        unit = worker.unit
        assert unit is not None
        if message is None:  # it has nothing left to do, or was told to stop
            worker.unit = None
        elif isinstance(message, float):
            progress.advance(unit.jobs[0], message)
        else:
            digest, status, reason = message
            unfinished.discard(digest)
            end = progress.end_short if unit.shard else progress.end
            end(worker.jobs.pop(digest), Status(status), reason)

    def _replace(
        self, worker: _Worker, waiting: list[Unit], unfinished: set[str], progress: Progress
    ) -> _Worker:
        """Hire a new worker for one that died.

        Its job has failed; of a shard it is not known which one it was, so each of those that have
        not ended is tried again in a folder of its own.
        """
        worker.process.join()
        unit, code = worker.unit, worker.process.exitcode
        assert unit is not None
        if unit.shard or not worker.jobs:
            waiting.extend(Unit((job,)) for job in worker.jobs.values())
            return self._hire(worker.device)
        job = unit.jobs[0]
        reason = f"The worker process died with exit code {code}; perhaps memory ran out."
        record = JobRecord(
            job=job.job, name=job.name, spec=job.spec, status=Status.FAILED, reason=reason
        )
        self._experiment.job(job).finish(record)
        unfinished.discard(job.job)
        progress.end(job, Status.FAILED, reason)
        return self._hire(worker.device)

    def _hire(self, device: str) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        arguments = (theirs, self._experiment.path, self._threads, device, self._deadline)
        process = context.Process(target=_work, args=arguments, daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours, device)

    def _tell_to_stop(self) -> None:
        for worker in self._workers:
            worker.process.terminate()

    def _dismiss(self) -> None:
        for worker in self._workers:
            worker.pipe.close()  # an idle worker ends when nobody talks to it any more
        for worker in self._workers:
            worker.process.join(timeout=PATIENCE_SECONDS)
            worker.process.kill()


def _work(pipe: Connection, path: Path, threads: int, device: str, deadline: float | None) -> None:
    """Carry out units as they come in; the body of a worker process."""
    import torch

    from harness.execution.runner import Control

    torch.set_num_threads(threads)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; one decides
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: told.append(number))
    parent = os.getppid()
    reported = 0.0

    def should_stop() -> bool:
        late = deadline is not None and time.monotonic() >= deadline
        return bool(told) or late or os.getppid() != parent

    def report(share: float) -> None:
        nonlocal reported
        if time.monotonic() - reported >= REPORT_SECONDS:
            reported = time.monotonic()
            _send(pipe, share)

    control = Control(device=device, should_stop=should_stop, progress=report)
    _serve(pipe, ExperimentFolder(path), control)


def _serve(pipe: Connection, experiment: ExperimentFolder, control: Control) -> None:
    """Carry out what comes through the pipe, and answer None when it is time for more."""
    from harness.execution.runner import Stopped
    from harness.execution.shards import run_unit

    def tell(job: PlannedJob, status: Status, reason: str | None) -> None:
        _send(pipe, (job.job, str(status), reason))

    while not control.should_stop():
        if not pipe.poll(PATIENCE_SECONDS):
            continue
        try:
            unit = pipe.recv()
            run_unit(unit, experiment, control, tell)
        except Stopped:
            pass
        except EOFError:
            return
        _send(pipe, None)


def _send(pipe: Connection, message: Any) -> None:
    """Send to the parent, who may have been killed; then ``should_stop`` notices."""
    try:
        pipe.send(message)
    except OSError:
        return
