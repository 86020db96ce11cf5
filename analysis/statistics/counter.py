"""Counts the tests of a report, also those whose p is nowhere printed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

_runs: ContextVar[list[int] | None] = ContextVar("tests run", default=None)


@contextmanager
def counting() -> Iterator[None]:
    """Count every test until the block ends; blocks do not see each other."""
    token = _runs.set([0])
    try:
        yield
    finally:
        _runs.reset(token)


def tests_run() -> int:
    """Return how many tests the open block has run so far; 0 outside any."""
    found = _runs.get()
    return found[0] if found else 0


def counted(test: Callable[_P, _R]) -> Callable[_P, _R]:
    """Make a test count itself each time it is run."""

    @functools.wraps(test)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        found = _runs.get()
        if found is not None:
            found[0] += 1
        return test(*args, **kwargs)

    return run
