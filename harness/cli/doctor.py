"""Look at environment, devices, data, extras and plugins; exit status 1 if there is a problem."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.cli._output import emit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("results"),
        metavar="DIR",
        help="folder that runs would write to (default: %(default)s)",
    )


def execute(args: argparse.Namespace) -> int:
    """Print what was found, one line each: ok, note or problem; 1 if there is a problem.

    What is missing but may be done without, a data set or an extra, is a note.
    """
    from harness.tools.diagnosis import Severity, examine

    findings = examine(args.results)
    counts = {severity: sum(f.severity is severity for f in findings) for severity in Severity}
    document = {"counts": counts, "findings": findings}
    ok, notes, problems = counts.values()
    lines = [*(f.to_line() for f in findings), f"{ok} ok, {notes} notes, {problems} problems"]
    emit(document, lines, is_json=args.json)
    return 1 if counts[Severity.PROBLEM] else 0
