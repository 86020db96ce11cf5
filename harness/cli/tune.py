"""Tune a method's hyper-parameters on the source task, and write down what that cost."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli._arguments import (
    duration,
    finite_number,
    positive,
    thread_count,
    warn,
)
from harness.cli._output import emit
from harness.errors import ConfigError
from harness.interfaces.data import point_to_data

if TYPE_CHECKING:
    from harness.config.tuning import Tuning


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("method", help="whose hyper-parameters")
    parser.add_argument("--source", required=True, help="the task that is searched; no other is")
    parser.add_argument("--space", default="darts", help="search space (default: %(default)s)")
    parser.add_argument("--protocol", help="rules (default: those sized for the tasks)")
    parser.add_argument(
        "--trials", type=positive, default=20, help="in all, those done before included"
    )
    parser.add_argument(
        "--range",
        action="append",
        default=[],
        metavar="NAME[=LOW:HIGH]",
        dest="ranges",
        help="tune this one, perhaps between other bounds; default: all that the method declares",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the study (default: %(default)s)")
    parser.add_argument("--name", help="of the folder; default: tune-METHOD-SOURCE-SPACE-PROTOCOL")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where data sets are")
    parser.add_argument("--no-download", action="store_true", help="never fetch a missing data set")
    parser.add_argument("--threads", type=thread_count, default=1, help="(default: %(default)s)")
    parser.add_argument("--device", default="auto", help="cpu, cuda, ... (default: %(default)s)")
    parser.add_argument(
        "--stop-after", type=duration, metavar="TIME", help="save and stop after e.g. 90s, 9m, 2h"
    )


def execute(args: argparse.Namespace) -> int:
    """Carry the study on to its number of trials, and print the best values and their price."""
    from harness.execution.devices import find_devices
    from harness.execution.executor import Settings
    from harness.planning.protocol_sizes import choose_protocol
    from harness.results.journal import repair_journal
    from harness.results.store import ExperimentFolder
    from harness.tools.tuning import JOURNAL, RESULT, tune
    from harness.tools.tuning_plan import make_plan

    point_to_data(args.data, no_download=args.no_download)
    wanted = dict(map(_read_range, args.ranges))
    args.protocol = args.protocol or choose_protocol([args.source])
    rules = Path(args.protocol).stem
    name = args.name or f"tune-{args.method}-{args.source}-{args.space}-{rules}"
    plan = make_plan(
        args.method,
        args.source,
        args.space,
        args.protocol,
        wanted=wanted,
        seed=args.seed,
        name=name,
    )
    warn(plan.resolved.warnings)
    folder = ExperimentFolder(args.results / name)
    settings = Settings(
        threads=args.threads,
        devices=find_devices(args.device)[:1],
        stop_after=args.stop_after,
    )
    with folder.lock():
        if line := repair_journal(folder.path / JOURNAL):
            warn([line])
        found = tune(plan, folder, args.trials, settings)
    if found is None:
        print("stopped; the same command goes on", file=sys.stderr)
        return 3
    lines = _lines(found, folder.path / RESULT, folder.path / JOURNAL)
    emit(found.model_dump(mode="json"), lines, is_json=args.json)
    return 0


def _lines(found: Tuning, result: Path, journal: Path) -> Iterator[str]:
    bill = found.bill
    yield (
        f"best of {bill.trials} trials on {found.task}: {found.score:.2f} % validation accuracy "
        f"with {json.dumps(found.params)}"
    )
    billed = f"{bill.seconds:.0f} s, {bill.examples:,} examples, {bill.evaluations} evaluations"
    yield f"billed: {billed}"
    yield f"to use them, give the method of an experiment: tuning: {result}"
    yield f"to look at the study: optuna-dashboard {journal}"


def _read_range(text: str) -> tuple[str, tuple[float, float] | None]:
    """Return a name, and bounds if there are any."""
    name, separator, bounds = text.partition("=")
    if not separator:
        return name, None
    try:
        low, high = map(finite_number, bounds.split(":"))
    except (ValueError, argparse.ArgumentTypeError):
        raise ConfigError(
            f"--range {text!r}: expected NAME or NAME=LOW:HIGH, such as "
            "choices.learning_rate=1e-3:1e-1."
        ) from None
    return name, (low, high)
