"""Local worker processes: spawned, told one job at a time, replaced when they die."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from harness.execution.progress import Progress
from harness.results.record import JobRecord, PlannedJob, Status
from harness.results.store import ExperimentFolder

PATIENCE_SECONDS = 1.0
REPORT_SECONDS = 0.5


@dataclass
class _Worker:
    """A process, the pipe to it, and what it is doing."""

    process: BaseProcess
    pipe: Connection
    device: str
    job: PlannedJob | None = None


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
        waiting = list(todo)
        unfinished = {job.job for job in todo}
        told = False
        try:
            while unfinished and (not told or any(w.job for w in self._workers)):
                if not told and (interrupted or self._is_late()):
                    told = True
                    self._tell_to_stop()
                if not told:
                    self._assign(waiting, unfinished, progress)
                self._listen(unfinished, progress)
                progress.draw()
        finally:
            self._dismiss()
        return not unfinished

    def _is_late(self) -> bool:
        return self._deadline is not None and time.monotonic() >= self._deadline

    def _assign(self, waiting: list[PlannedJob], unfinished: set[str], progress: Progress) -> None:
        for place, worker in enumerate(self._workers):
            ready = (j for j in waiting if not unfinished.intersection(j.spec.ancestors))
            job = None if worker.job else next(ready, None)
            if job is not None:
                if not worker.process.is_alive():  # it died while idle
                    worker = self._workers[place] = self._hire(worker.device)
                waiting.remove(job)
                worker.job = job
                worker.pipe.send(job)
                progress.start(job)

    def _listen(self, unfinished: set[str], progress: Progress) -> None:
        """Take in what workers have to say; notice those that died."""
        busy = [(place, w) for place, w in enumerate(self._workers) if w.job]
        wait([worker.pipe for _, worker in busy], PATIENCE_SECONDS)
        for place, worker in busy:
            try:
                while worker.pipe.poll():
                    self._take(worker, worker.pipe.recv(), unfinished, progress)
            except (EOFError, OSError):
                self._workers[place] = self._replace(worker, unfinished, progress)

    def _take(
        self, worker: _Worker, message: Any, unfinished: set[str], progress: Progress
    ) -> None:
        job = worker.job
        assert job is not None
        if isinstance(message, float):
            progress.advance(job, message)
            return
        worker.job = None
        if message is not None:
            status, reason = message
            unfinished.discard(job.job)
            progress.end(job, Status(status), reason)

    def _replace(self, worker: _Worker, unfinished: set[str], progress: Progress) -> _Worker:
        """Hire a new worker for one that died; its job has failed."""
        worker.process.join()
        job, code = worker.job, worker.process.exitcode
        assert job is not None
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
    """Carry out jobs as they come in; the body of a worker process."""
    import torch

    from harness.execution.runner import Control, Stopped, run_job

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
    while not should_stop():
        if not pipe.poll(PATIENCE_SECONDS):
            continue
        try:
            job = pipe.recv()
            record = run_job(job, ExperimentFolder(path), control)
            _send(pipe, (str(record.status), record.reason))
        except Stopped:
            _send(pipe, None)
        except EOFError:
            return


def _send(pipe: Connection, message: Any) -> None:
    """Send to the parent, who may have been killed; then ``should_stop`` notices."""
    try:
        pipe.send(message)
    except OSError:
        return
