"""Write a job's network, trained or fresh, as one file that load_network reads back."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.cli._output import emit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "job",
        type=Path,
        help="a job's folder, or EXPERIMENT/DIGEST: results/NAME and the beginning of a digest",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="as net.pt")
    parser.add_argument(
        "--fresh",
        action="store_true",
        help="untrained weights: those that the training began with, or would begin with",
    )
    parser.add_argument(
        "--device", default="cpu", help="where the weights are (default: %(default)s)"
    )
    parser.add_argument("--force", action="store_true", help="replace a file that exists")


def execute(args: argparse.Namespace) -> int:
    """Print the two lines of Python that load what was written."""
    from harness.execution.devices import find_devices
    from harness.tools.exporting import check_file, export_network, find_job

    check_file(args.out, is_forced=args.force)
    job, device = find_job(args.job), find_devices(args.device)[0]
    export_network(job, args.out, is_fresh=args.fresh, device=device)
    lines = ["import harness", f"network = harness.load_network({str(args.out)!r})"]
    document = {"job": str(job.path), "network": str(args.out), "python": lines}
    emit(document, lines, is_json=args.json)
    return 0
