"""Run what an experiment still lacks, then write its report and print the path."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cli._announcing import announce
from harness.cli._arguments import (
    duration,
    point_to_data,
    positive,
    thread_count,
    warn,
    warn_of_crowding,
)
from harness.cli._output import emit
from harness.errors import ConfigError

if TYPE_CHECKING:
    from harness.config.experiment import Experiment
    from harness.execution.executor import Settings
    from harness.execution.schedule import Ending
    from harness.results.record import Plan
    from harness.results.store import ExperimentFolder

LISTED = 5  # jobs that are named at the end, of each kind
SPACE, SEEDS, ARMS = "darts", 5, "source,transferred,continued,direct,random"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", nargs="?", type=Path, help="an experiment file, or say what below")
    what = parser.add_argument_group("what to run, instead of a file or over what it says")
    what.add_argument("--method", help="names, separated by commas")
    what.add_argument("--source", help="task that is searched on")
    what.add_argument("--target", help="task that the architecture is used on")
    what.add_argument("--space", help=f"search space (default: {SPACE})")
    what.add_argument("--seeds", type=positive, help=f"how many (default: {SEEDS})")
    what.add_argument("--protocol", help="rules (default: those sized for the tasks)")
    what.add_argument("--arms", help=f"separated by commas (default: {ARMS})")
    what.add_argument("--name", help="of the folder; default: SOURCE-TARGET-SPACE-PROTOCOL")
    how = parser.add_argument_group("how to run it")
    how.add_argument("--set", action="append", default=[], metavar="KEY.PATH=VALUE", dest="changes")
    how.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    how.add_argument("--data", type=Path, metavar="DIR", help="where data sets lie")
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
    point_to_data(args)
    experiment = _experiment(args)  # all that needs no torch comes first: a typo is told at once

    from harness.execution.adding import add
    from harness.execution.devices import find_devices
    from harness.planning.plan import make_plan, space_document
    from harness.planning.resolve import resolve_experiment
    from harness.results.store import ExperimentFolder

    warn_of_crowding(args.jobs, args.threads)
    settings = _settings(args, find_devices(args.device))
    resolved = resolve_experiment(experiment)
    warn(resolved.warnings)
    plan = make_plan(resolved)
    folder = ExperimentFolder(args.results / resolved.experiment.name)
    if args.dry_run or args.estimate:
        if not args.replace:
            add(folder, resolved.facts, plan)  # refuses what a run would
        announce(plan, folder, settings, is_measured=args.estimate, is_json=args.json)
        return 0
    with folder.locked():
        facts, whole = (resolved.facts, plan) if args.replace else add(folder, resolved.facts, plan)
        folder.write(facts, whole, space_document(resolved))
        if others := len(whole.jobs) - len(plan.jobs):
            print(
                f"{folder.path} also holds {others} jobs of earlier commands; the report covers "
                "all, --replace leaves them out",
                file=sys.stderr,
            )
        return _run(args, plan, folder, settings)


def _run(args: argparse.Namespace, plan: Plan, folder: ExperimentFolder, settings: Settings) -> int:
    from harness.execution.executor import run_jobs
    from harness.execution.pending import Rerun, pending
    from harness.results.record import Status

    todo = pending(plan, folder, Rerun(args.rerun))
    print(f"{folder.path}: {len(plan.jobs)} jobs, {len(todo)} to do", file=sys.stderr)
    ending = run_jobs(todo, folder, settings)
    if ending.is_stopped:
        print(
            f"stopped; the same command goes on, `python -m harness status {folder.path}` tells",
            file=sys.stderr,
        )
        return 3
    from analysis.report import write_report

    print("writing the report", file=sys.stderr)
    report = write_report([folder.path], folder.path / "report")
    records = [folder.job(job).record() for job in plan.jobs]
    counts = {
        status: sum(r is not None and r.status is status for r in records) for status in Status
    }
    print(", ".join(f"{count} {status}" for status, count in counts.items()), file=sys.stderr)
    failed = {r.name: r.reason or "" for r in records if r and r.status is Status.FAILED}
    for line in (*_tell_failed(failed), *_tell_lost(ending)):
        print(line, file=sys.stderr)
    emit({"report": str(report), "jobs": counts}, [report], is_json=args.json)
    if not ending.is_complete:
        return 3
    return 1 if failed else 0


def _tell_failed(failed: Mapping[str, str]) -> Iterator[str]:
    """Name the jobs whose plugins failed, and what to do."""
    if failed:
        yield f"{len(failed)} failed; with --rerun failed the same command does them again:"
        yield from _list_reasons(failed)


def _tell_lost(ending: Ending) -> Iterator[str]:
    """Name the jobs that the machine ended, and what to do."""
    if ending.lost:
        yield (
            f"{len(ending.lost)} have no result, for the machine ended each attempt, and "
            f"{ending.waiting} more wait for them; the same command tries again from what they "
            "saved:"
        )
        yield from _list_reasons(ending.lost)


def _list_reasons(jobs: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each of the first jobs."""
    for name, reason in tuple(jobs.items())[:LISTED]:
        yield f"  {name}: {' '.join(reason.strip().splitlines()[-1:])}"
    if len(jobs) > LISTED:
        yield f"  and {len(jobs) - LISTED} more"


def _experiment(args: argparse.Namespace) -> Experiment:
    from harness.config.experiment import load_experiment, make_experiment
    from harness.execution.names import check_experiment_names, check_names

    if args.file is not None:
        if args.method or args.source or args.target:
            raise ConfigError(
                "Give an experiment file or --method, --source and --target, not both; "
                "--set changes what a file says."
            )
        experiment = load_experiment(args.file, args.changes, _said(args))
        check_experiment_names(experiment)
        return experiment
    missing = [f"--{key}" for key in ("method", "source", "target") if not getattr(args, key)]
    if missing:
        raise ConfigError(f"{', '.join(missing)} missing; give an experiment file or all three.")
    space, methods, tasks = args.space or SPACE, args.method.split(","), (args.source, args.target)
    check_names(methods, [space], tasks)
    rules = args.protocol or _choose_protocol(tasks)
    document = {
        "name": f"{args.source}-{args.target}-{space}-{Path(rules).stem}",
        "space": {"name": space},
        "methods": [{"name": name} for name in methods],
        "pairs": [{"source": {"name": args.source}, "target": {"name": args.target}}],
        "seeds": SEEDS,
        "arms": ARMS.split(","),
        "protocol": rules,
        **_said(args),
    }
    return make_experiment(document, args.changes)


def _choose_protocol(tasks: tuple[str, str]) -> str:
    from harness.planning.protocol_sizes import choose_protocol  # opens the tasks: imports torch

    return choose_protocol(tasks)


def _said(args: argparse.Namespace) -> dict[str, Any]:
    """Return what options say of an experiment that a file may say, too."""
    said = {
        "name": args.name,
        "space": args.space and {"name": args.space},
        "seeds": args.seeds,
        "arms": args.arms and args.arms.split(","),
        "protocol": args.protocol and _from_here(args.protocol),
    }
    return {key: value for key, value in said.items() if value is not None}


def _from_here(protocol: str) -> str:
    """Return a protocol's name, or its path from wherever it is read."""
    is_path = protocol.endswith((".yaml", ".yml"))
    return str(Path(protocol).absolute()) if is_path else protocol


def _settings(args: argparse.Namespace, devices: tuple[str, ...]) -> Settings:
    from harness.execution.executor import Settings

    return Settings(
        jobs=args.jobs,
        threads=args.threads,
        devices=devices,
        stop_after=args.stop_after,
    )
