"""Write the report of experiments: HTML, Markdown, JSON, CSV, LaTeX and figures."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.cli._output import emit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "experiments", nargs="+", type=Path, help="folders, as results/NAME, or archives of them"
    )
    parser.add_argument(
        "--out",
        type=Path,
        help="folder of the report; default: NAME/report, of several experiments report-NAME-NAME",
    )
    parser.add_argument("--all", action="store_true", help="draw the figures on request, too")
    parser.add_argument(
        "--force", action="store_true", help="compare across different rules, and stamp the report"
    )


def execute(args: argparse.Namespace) -> int:
    """Print the path of the report."""
    from harness.results.store import ExperimentFolder

    folders = [ExperimentFolder.existing(path).path for path in args.experiments]
    from analysis.report import write_report  # a wrong path is told before pandas is loaded

    out = args.out or _place(args.experiments)
    path = write_report(folders, out, everything=args.all, force=args.force)
    emit({"report": str(path)}, [path], is_json=args.json)
    return 0


def _place(experiments: list[Path]) -> Path:
    """Return where a report belongs: into its experiment, or beside the first of several."""
    from harness.results.archive import SUFFIX
    from harness.results.files import file_name

    folders = [path.with_name(path.name.removesuffix(SUFFIX)) for path in experiments]
    if len(folders) == 1:
        return folders[0] / "report"
    names = "-".join(folder.resolve().name for folder in folders)
    return folders[0].parent / file_name(f"report-{names}")
