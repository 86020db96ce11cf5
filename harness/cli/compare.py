"""Compare runs made elsewhere: verdicts, figures and report from one CSV."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.cli._arguments import finite_number
from harness.cli._output import emit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE.csv",
        help="columns method, arm, source, target, seed, accuracy (percent), and if wanted status "
        "and search: docs/external.md",
    )
    parser.add_argument("--out", type=Path, help="folder of the report; default: FILE-report")
    parser.add_argument(
        "--against",
        type=_names,
        default=(),
        metavar="ARM[,ARM]",
        help="what all other arms are compared with; default: random, and direct for what was "
        "carried over",
    )
    parser.add_argument(
        "--margin",
        type=_margin,
        metavar="POINTS",
        help="what was carried over may be worse by less, declared before the runs",
    )
    parser.add_argument(
        "--percent", action="store_true", help="accuracies up to 1 are percent, too, no fractions"
    )
    parser.add_argument("--all", action="store_true", help="draw the figures on request, too")


def execute(args: argparse.Namespace) -> int:
    """Print the path of the report."""
    with args.file.open("rb"):  # a wrong path is told before pandas is loaded
        pass
    from analysis.report import write_studies
    from analysis.study import load_external

    study = load_external(
        args.file, against=args.against, margin=args.margin, is_percent=args.percent
    )
    out = args.out or args.file.with_name(f"{args.file.stem}-report")
    path = write_studies([study], out, everything=args.all)
    emit({"report": str(path)}, [path], is_json=args.json)
    return 0


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, text.split(","))))


def _margin(text: str) -> float:
    """Return a margin in percentage points."""
    found = finite_number(text)
    if not 0 < found < 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no margin in percentage points, such as 0.5")
    return found
