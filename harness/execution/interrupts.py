"""Signals that ask a process to stop: Ctrl-C, SIGTERM, and SIGHUP when a terminal goes away.

While an experiment is planned such a signal ends the command at once (``Interrupted``, or without
any unwinding while a module is imported); while jobs run it is noted, and they are saved. A worker
process is started with these signals held back, so that none reaches it before it can save what it
does. Loads neither torch nor plugins: it has to be at work before they are imported.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from types import FrameType
from typing import Any

STOPS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class Interrupted(KeyboardInterrupt):
    """A stop signal came.

    A type of its own, for a plain ``KeyboardInterrupt`` in code that an extension module runs makes
    Python end the process by SIGINT in the end, even if it is caught.
    """


Previous = dict[int, Any]  # what ``signal.getsignal`` returned


@contextmanager
def raise_interrupts(leave: Callable[[], object]) -> Iterator[list[int]]:
    """Raise ``Interrupted`` at every stop signal; yields the signals that came.

    An exception that follows a signal may be its consequence.

    Args:
        leave: Ends the process at once. Called instead while a module is imported: an exception
            inside an extension module that imports others in turn, as torch does, aborts.
    """
    came: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        came.append(number)
        if _is_importing(frame):
            leave()
        raise Interrupted

    with _handled(interrupt):
        yield came


@contextmanager
def collect_signals() -> Iterator[list[int]]:
    """Collect stop signals in the list that is yielded; a second one has its usual effect."""
    came: list[int] = []

    def collect(number: int, frame: FrameType | None) -> None:
        came.append(number)
        _restore(previous)

    with _handled(collect) as previous:
        yield came


@contextmanager
def hold_signals() -> Iterator[None]:
    """Hold stop signals back, here and in processes that are started here until they ``heed``."""
    resource_tracker.ensure_running()  # starting it later would let the signals through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def heed() -> list[int]:
    """Note SIGTERM from now on in the list that is returned, also one that was held back.

    Ctrl-C and the end of a terminal reach every process of a command: its first process decides
    what they mean, so that a worker ignores both.
    """
    came: list[int] = []
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: came.append(number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    return came


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], object]) -> Iterator[Previous]:
    """Handle stop signals, but for those that the process was told to ignore, as ``nohup`` does.

    Only the main thread can; in another one nothing changes.
    """
    previous: Previous = {}
    if threading.current_thread() is threading.main_thread():
        usual = {number: signal.getsignal(number) for number in STOPS}
        previous = {n: known for n, known in usual.items() if known not in (signal.SIG_IGN, None)}
    try:
        for number in previous:
            signal.signal(number, handler)
        yield previous
    finally:
        _restore(previous)


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def _restore(previous: Previous) -> None:
    for number, known in previous.items():
        signal.signal(number, known)
