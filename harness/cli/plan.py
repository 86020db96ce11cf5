"""Plan how large an experiment must be to find a difference, from the spread of finished ones."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cli._arguments import finite_number
from harness.cli._output import emit
from harness.errors import ConfigError

if TYPE_CHECKING:
    from analysis.study import Study

REFERENCE = Path("results") / "reference"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "experiments",
        nargs="*",
        type=Path,
        metavar="EXPERIMENT",
        help=f"finished ones, as report takes them (default: those in {REFERENCE.as_posix()})",
    )
    parser.add_argument(
        "--detect",
        type=_points,
        required=True,
        metavar="POINTS",
        help="the difference to find in 80 %% of repetitions, in percentage points",
    )


def execute(args: argparse.Namespace) -> int:
    """Print what each declared comparison needs."""
    from harness.results.store import ExperimentFolder

    paths = args.experiments or _find_reference()
    folders = [ExperimentFolder.existing(path).path for path in paths]
    from analysis.report.planned import describe_plan  # a wrong path is told before pandas is
    from analysis.study import load

    studies = load(folders)
    documents = [_document(study, args.detect) for study in studies]
    lines = (line for study in studies for line in describe_plan(study, args.detect))
    emit({"detect": args.detect, "studies": documents}, lines, is_json=args.json)
    return 0


def _document(study: Study, detect: float) -> dict[str, Any]:
    found = study.find_needed(detect)
    if not any(one.seeds_now for one in found):
        raise ConfigError(
            f"{study.name} has no finished runs that a declared comparison is about, so their "
            "spread is not known; run it first, or name another experiment."
        )
    return {"study": study.name, "comparisons": found, "total": study.add_up(found)}


def _points(text: str) -> float:
    """Return a difference above 0."""
    found = finite_number(text)
    if found <= 0:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no difference to find; give percentage points above 0, such as 0.5"
        )
    return found


def _find_reference() -> list[Path]:
    """Return the experiments among the reference results."""
    from harness.results.archive import is_archive

    found = sorted(REFERENCE.iterdir()) if REFERENCE.is_dir() else []
    found = [path for path in found if is_archive(path) or (path / "plan.json").is_file()]
    if not found:
        raise ConfigError(
            f"{REFERENCE.as_posix()} holds no experiments here; name finished ones, "
            "as `python -m harness plan --detect 0.5 results/NAME`."
        )
    return found
