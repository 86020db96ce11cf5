"""Run what an experiment still lacks, then write its report and print the path."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.cli._announcing import announce
from harness.cli._arguments import duration, positive, thread_count, warn_of_crowding
from harness.cli._output import emit
from harness.execution.running import carry_out, make_settings, prepare
from harness.interfaces.data import point_to_data
from harness.planning.options import ARMS, SEEDS, SPACE, read_experiment


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", nargs="?", type=Path, help="an experiment file, or say what below")
    what = parser.add_argument_group("what to run, instead of a file or over what it says")
    what.add_argument("--method", help="names, separated by commas")
    what.add_argument("--source", help="task that is searched on")
    what.add_argument("--target", help="task that the architecture is used on")
    what.add_argument(
        "--architectures",
        metavar="FILE",
        help="a file of architectures, one a line, or published:NAMES: trained without a search, "
        "with or without --method; then --source is optional",
    )
    what.add_argument(
        "--space", help=f"search space (default: {SPACE}, or that of the architectures)"
    )
    what.add_argument("--seeds", type=positive, help=f"how many (default: {SEEDS})")
    what.add_argument("--protocol", help="rules (default: those sized for the tasks)")
    what.add_argument("--arms", help=f"separated by commas (default: {ARMS})")
    what.add_argument("--name", help="of the folder; default: SOURCE-TARGET-SPACE-PROTOCOL")
    how = parser.add_argument_group("how to run it")
    how.add_argument("--set", action="append", default=[], metavar="KEY.PATH=VALUE", dest="changes")
    how.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    how.add_argument("--data", type=Path, metavar="DIR", help="where data sets are")
    how.add_argument("--no-download", action="store_true", help="never fetch a missing data set")
    how.add_argument("--jobs", type=positive, default=1, help="how many at once")
    how.add_argument("--threads", type=thread_count, default=1, help="of each job")
    how.add_argument(
        "--device", default="auto", help="cpu, cuda, cuda:1, ... (default: %(default)s)"
    )
    how.add_argument(
        "--stop-after", type=duration, metavar="TIME", help="save and stop after e.g. 90s, 9m, 2h"
    )
    how.add_argument("--rerun", choices=("none", "failed", "all"), default="none")
    how.add_argument(
        "--replace",
        action="store_true",
        help="plan only what is said here; default: add it to what the folder holds",
    )
    how.add_argument("--dry-run", action="store_true", help="print what would be run, and stop")
    how.add_argument(
        "--estimate", action="store_true", help="print also how long it would take: measured"
    )


def execute(args: argparse.Namespace) -> int:
    """Check everything, then do what has no record yet."""
    point_to_data(args.data, no_download=args.no_download)
    keys = ("name", "space", "seeds", "arms", "protocol", "architectures")
    said = {key: getattr(args, key) for key in keys}
    experiment = read_experiment(
        args.file, args.method, args.source, args.target, said, args.changes
    )  # all that needs no torch comes first: a typo is told at once
    warn_of_crowding(args.jobs, args.threads)
    settings = make_settings(args.jobs, args.threads, args.device, args.stop_after)
    prepared = prepare(experiment, args.results)
    if args.dry_run or args.estimate:
        if not args.replace:
            prepared.add()  # refuses what a run would
        announce(
            prepared.plan,
            prepared.folder,
            settings,
            is_measured=args.estimate,
            is_json=args.json,
        )
        return 0
    found = carry_out(prepared, settings, rerun=args.rerun, replace=args.replace)
    if found.report is None:
        return 3
    emit({"report": str(found.report), "jobs": found.jobs}, [found.report], is_json=args.json)
    if found.lost:
        return 3
    return 1 if found.failed else 0
