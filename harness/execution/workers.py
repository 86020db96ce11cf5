"""Who carries out units, one at a time: this process, or one that is spawned for it."""

from __future__ import annotations

import multiprocessing
import signal
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from typing_extensions import override

from harness.execution.interrupts import hold_signals
from harness.execution.units import Unit
from harness.execution.worker import Message, Notice, Share, carry_out, serve
from harness.results.planned import PlannedJob
from harness.results.store import ExperimentFolder

Hear = Callable[[Message], None]


class Worker(ABC):
    """Carries out one unit at a time.

    Attributes:
        device: Where it computes, as torch names it.
        pipe: Readable once it has something to say; None if it speaks when it is listened to.
        is_ready: Whether it can be told what to do.
        unit: What it carries out; None if nothing.
        jobs: Those of the unit's jobs that have not ended.
        fault: What it said about the machine.
    """

    pipe: Connection | None = None
    is_ready = False
    fault = ""

    def __init__(self, device: str) -> None:
        self.device = device
        self.unit: Unit | None = None
        self.jobs: dict[str, PlannedJob] = {}

    def take(self, unit: Unit) -> None:
        """Take on a unit."""
        self.unit, self.jobs = unit, {job.job: job for job in unit.jobs}

    @abstractmethod
    def listen(self, hear: Hear) -> None:
        """Pass on what the worker has to say.

        Raises:
            EOFError: If it has ended.
        """

    def stop(self) -> None:  # noqa: B027 - this process knows already
        """Tell it to save what it does and end."""

    def let_go(self) -> None:  # noqa: B027
        """Tell it that there is no more to do."""

    def bury(self, patience: float | None = None) -> None:  # noqa: B027 - this process goes on
        """Wait for it to end, at most so many seconds, and note how it did."""


class InProcess(Worker):
    """This process, which carries out a unit while it is listened to.

    Args:
        experiment: Where jobs live.
        device: As torch names it.
        should_stop: Whether to save and stop now.
    """

    is_ready = True

    def __init__(
        self, experiment: ExperimentFolder, device: str, should_stop: Callable[[], bool]
    ) -> None:
        super().__init__(device)
        self._experiment, self._should_stop = experiment, should_stop

    @override
    def listen(self, hear: Hear) -> None:
        from harness.execution.runner import Control

        if self.unit is None:
            return
        control = Control(
            device=self.device,
            should_stop=self._should_stop,
            progress=lambda share: hear(Share(share)),
            notice=lambda line: hear(Notice(line)),
        )
        if not carry_out(self.unit, self._experiment, control, hear):
            raise EOFError


class Spawned(Worker):
    """A process of its own.

    Args:
        experiment: Where jobs live.
        device: As torch names it.
        threads: Of the process.
        deadline: On the monotonic clock; then a running job is saved.
    """

    pipe: Connection

    def __init__(
        self, experiment: ExperimentFolder, device: str, threads: int, deadline: float | None
    ) -> None:
        super().__init__(device)
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        arguments = (theirs, experiment.path, threads, device, deadline)
        self._process: BaseProcess = context.Process(target=serve, args=arguments, daemon=True)
        with hold_signals():
            self._process.start()
        theirs.close()

    @override
    def take(self, unit: Unit) -> None:
        super().take(unit)
        with suppress(OSError):  # it died this moment, which `listen` notices
            self.pipe.send(unit)

    @override
    def listen(self, hear: Hear) -> None:
        try:
            while self.pipe.poll():
                hear(self.pipe.recv())
        except OSError as error:
            raise EOFError from error

    @override
    def stop(self) -> None:
        self._process.terminate()

    @override
    def let_go(self) -> None:
        self.pipe.close()  # an idle worker ends when nobody talks to it any more
        if not self.is_ready:
            self._process.kill()

    @override
    def bury(self, patience: float | None = None) -> None:
        self.pipe.close()
        self._process.join(patience)
        self._process.kill()
        self.fault = self.fault or _explain(self._process.exitcode)


def _explain(code: int | None) -> str:
    """Return a sentence on how a process ended."""
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        hint = "; perhaps memory ran out" if -code == signal.SIGKILL else ""
        return f"The worker process was ended by {name}{hint}."
    return f"The worker process ended with exit code {code}."
