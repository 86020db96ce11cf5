"""Simulate whether the reported tests keep their level and the intervals cover."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from harness.cli._arguments import positive
from harness.cli._output import emit

if TYPE_CHECKING:
    from analysis.statistics.calibration import Rate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--simulations", type=positive, default=2000, help="of each cell (default: %(default)s)"
    )


def execute(args: argparse.Namespace) -> int:
    """Print a row per cell; 1 if a test rejects too often or an interval covers too little."""
    from analysis.statistics.calibration import ERRORS, calibrate
    from harness.execution.display import Display

    display, found = Display(), []
    for rate in calibrate(args.simulations):
        found.append(rate)
        display.draw(f"{len(found)} cells")
    display.clear()
    lines = (
        f"{'':<14}{'':<44}{'n':>4}{'tasks':>7}{'rate':>8}   bound",
        *map(_row, found),
        f"{args.simulations:,} simulations a cell; a bound is broken beyond {ERRORS:g} "
        "Monte-Carlo standard errors",
    )
    emit([rate.to_dict() for rate in found], lines, is_json=args.json)
    return int(not all(rate.is_met for rate in found))


def _row(rate: Rate) -> str:
    sign = "<=" if rate.about == "type-I error" else ">="
    bound = (
        "none" if rate.bound != rate.bound else f"{sign} {rate.bound:g} (error {rate.error:.4f})"
    )
    broken = "" if rate.is_met else "  BROKEN"
    return (
        f"{rate.about:<14}{rate.name:<44}{rate.n:>4}{rate.tasks:>7}{rate.rate:>8.4f}   "
        f"{bound}{broken}"
    )
