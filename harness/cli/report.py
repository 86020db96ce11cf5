"""Write the report of finished experiments: HTML, Markdown, JSON, tables and figures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("experiments", nargs="+", type=Path, help="folders, as results/NAME")
    parser.add_argument("--out", type=Path, help="folder of the report; default: NAME/report")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def execute(args: argparse.Namespace) -> int:
    """Print the path of the report."""
    from analysis.report import write_report
    from harness.results.store import ExperimentFolder

    folders = [ExperimentFolder.existing(path).path for path in args.experiments]
    path = write_report(folders, args.out or folders[0] / "report")
    print(json.dumps({"report": str(path)}) if args.json else path)
    return 0
