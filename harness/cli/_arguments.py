"""Arguments that several commands take, and what is done with them."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable

from harness.errors import ConfigError


def positive(text: str) -> int:
    """Return a positive whole number."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no positive whole number")
    return int(text)


def point_to_data(args: argparse.Namespace) -> None:
    """Tell this process and its workers, through the environment, where data sets lie."""
    if args.data is not None:
        if not args.data.is_dir():
            raise ConfigError(f"--data {args.data}: no such folder; give one that holds data sets.")
        os.environ["HARNESS_DATA"] = str(args.data.resolve())
    if args.no_download:
        os.environ["HARNESS_DOWNLOAD"] = "0"


def warn(warnings: Iterable[str]) -> None:
    """Print what a user should know before anything runs."""
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)


def seconds(text: str) -> float:
    """Return what ``--stop-after`` says."""
    units = {"s": 1, "m": 60, "h": 3600}
    try:
        return float(text[:-1]) * units[text[-1]]
    except (ValueError, KeyError, IndexError):
        raise ConfigError(
            f"--stop-after {text!r}: expected a time such as 90s, 9m or 2h."
        ) from None
