"""Pack an experiment into one file that `report` and the others read, without weights."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.cli._output import emit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("experiment", type=Path, help="a folder, as results/NAME")
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: NAME.tar.xz beside it")


def execute(args: argparse.Namespace) -> int:
    """Print the path of the archive."""
    from harness.results.archive import SUFFIX, pack
    from harness.results.store import ExperimentFolder

    folder = ExperimentFolder.existing(args.experiment).path.resolve()
    out = args.out or folder.parent / f"{folder.name}{SUFFIX}"
    pack(folder, out)
    emit({"archive": str(out), "bytes": out.stat().st_size}, [out], is_json=args.json)
    return 0
