"""Count an experiment's jobs: done, diverged, running, failed, skipped, damaged, pending."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.cli._output import emit

STATES = ("done", "diverged", "running", "failed", "skipped", "damaged", "pending")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("experiment", type=Path, help="a folder, as results/NAME")


def execute(args: argparse.Namespace) -> int:
    """Print the counts, and what failed or was skipped, and why."""
    from harness.errors import DamagedFileError
    from harness.results.store import ExperimentFolder

    experiment = ExperimentFolder.existing(args.experiment)
    states: dict[str, list[dict[str, Any]]] = {state: [] for state in STATES}
    for job in experiment.plan().jobs:
        folder = experiment.job(job)
        try:
            record = folder.record()
        except DamagedFileError as error:
            states["damaged"].append({"job": job.folder, "reason": str(error)})
            continue
        if record is None:
            state = "running" if folder.is_held() else "pending"
            states[state].append({"job": job.folder})
        else:
            reason = (record.reason or "").strip().rpartition("\n")[2]
            states[record.status].append({"job": job.folder, "reason": reason or None})
    emit(states, _lines(states), is_json=args.json)
    return 0


def _lines(states: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    yield ", ".join(f"{len(jobs)} {state}" for state, jobs in states.items())
    for state in ("running", "diverged", "failed", "skipped", "damaged"):
        for row in states[state]:
            yield f"  {state:<8} {row['job']}  {row.get('reason') or ''}".rstrip()
