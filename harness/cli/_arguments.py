"""Arguments that several commands take, and what is done with them."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Iterable


def positive(text: str) -> int:
    """Return a positive whole number."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no positive whole number")
    return int(text)


def thread_count(text: str) -> int:
    """Return a number of threads: positive, and no more than there are cores."""
    count, cores = positive(text), count_cores()
    if count > cores:
        raise argparse.ArgumentTypeError(
            f"{count} threads on {cores} cores compute slower than {cores}; give 1 to {cores}"
        )
    return count


def count_cores() -> int:
    """Return how many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def warn_of_crowding(jobs: int, threads: int) -> None:
    """Say so if several jobs of several threads would wait for each other's cores."""
    cores = count_cores()
    if threads > 1 and jobs * threads > cores:
        warn(
            [
                f"--jobs {jobs} times --threads {threads} is {jobs * threads} threads on {cores} "
                "cores, which can be many times slower than one thread each; leave out --threads."
            ]
        )


def warn(warnings: Iterable[str]) -> None:
    """Print what a user should know before anything runs."""
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)


def duration(text: str) -> float:
    """Return the seconds of a time such as 90s, 9m or 2h: finite, and not negative."""
    units = {"s": 1, "m": 60, "h": 3600}
    try:
        found = finite_number(text[:-1]) * units[text[-1:]]
    except (argparse.ArgumentTypeError, KeyError):
        found = math.nan
    if not 0 <= found < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 90s, 9m or 2h")
    return found


def finite_number(text: str) -> float:
    """Return a finite number."""
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise argparse.ArgumentTypeError(f"{text!r} is no finite number")
    return found
