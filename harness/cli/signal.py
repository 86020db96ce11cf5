"""Tell whether a protocol's searches find something: do they agree between seeds?"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli._arguments import positive, warn
from harness.cli._output import emit
from harness.errors import ConfigError
from harness.interfaces.data import point_to_data
from harness.plugins import METHODS, SPACES, TASKS

if TYPE_CHECKING:
    from analysis.statistics.agreement import Agreement
    from harness.results.store import ExperimentFolder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("method", help="one that has architecture parameters")
    parser.add_argument("--source", default="d10", help="task to search (default: %(default)s)")
    parser.add_argument("--space", default="darts", help="search space (default: %(default)s)")
    parser.add_argument("--protocol", help="rules (default: those sized for the tasks)")
    parser.add_argument("--seeds", type=positive, default=5, help="how many (default: %(default)s)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY.PATH=VALUE", dest="changes"
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="where data sets are")
    parser.add_argument("--no-download", action="store_true", help="never fetch a missing data set")
    parser.add_argument("--jobs", type=positive, default=1, help="how many at once")
    parser.add_argument("--device", default="auto", help="cpu, cuda, ... (default: %(default)s)")


def execute(args: argparse.Namespace) -> int:
    """Search with several seeds in a folder of no consequence, and print how alike they end."""
    METHODS.check(args.method)
    SPACES.check(args.space)
    TASKS.check(args.source)
    from analysis.loading.load import load_tables
    from analysis.statistics.agreement import measure_searches
    from harness.planning.protocol_sizes import choose_protocol
    from harness.results.store import ExperimentFolder

    if args.seeds < 2:
        raise ConfigError(f"--seeds {args.seeds}: agreement needs two searches or more.")
    point_to_data(args.data, no_download=args.no_download)
    args.protocol = args.protocol or choose_protocol([args.source])
    with tempfile.TemporaryDirectory() as path:
        folder = ExperimentFolder(Path(path) / "signal")
        if not _search(args, folder):
            print("stopped", file=sys.stderr)
            return 3
        (tables,) = load_tables([folder.path])
    found = measure_searches(tables.alphas)
    if found is None:
        raise ConfigError(
            f"The searches of {args.method} leave no architecture parameters to compare; name a "
            "gradient method that can search here, such as darts."
        )
    seconds = float(tables.searches["seconds"].mean())
    document = {**found._asdict(), "seconds": seconds}
    emit(document, [_describe(args, found, seconds)], is_json=args.json)
    return 0


def _search(args: argparse.Namespace, folder: ExperimentFolder) -> bool:
    """Carry out the searches; return whether they ended."""
    from harness.config.experiment import make_experiment
    from harness.execution.devices import find_devices
    from harness.execution.executor import Settings, run_jobs
    from harness.planning.plan import make_plan, space_document
    from harness.planning.resolve import resolve_experiment
    from harness.results.spec import SearchSpec

    document = {
        "name": "signal",
        "space": args.space,
        "methods": [args.method],
        "pairs": [{"source": args.source, "target": args.source}],
        "seeds": args.seeds,
        "arms": ["direct"],
        "protocol": args.protocol,
    }
    resolved = resolve_experiment(make_experiment(document, args.changes))
    warn(resolved.warnings)
    plan = make_plan(resolved)
    folder.write(resolved.facts, plan, space_document(resolved))
    jobs = [job for job in plan.jobs if isinstance(job.spec, SearchSpec)]
    return run_jobs(jobs, folder, Settings(args.jobs, 1, find_devices(args.device))).is_complete


def _describe(args: argparse.Namespace, found: Agreement, seconds: float) -> str:
    verdict = "no more than by chance" if found.is_chance else "more than by chance"
    rules = Path(args.protocol).stem
    return (
        f"{args.method} on {args.source} under {rules}: {found.searches} searches of "
        f"{seconds:.1f} s agree {verdict}.\n"
        f"mean correlation of alpha between seeds: {found.end:.3f} at the end, {found.start:.3f} "
        f"before the first step; p = {found.p:.3f} by relabelling operations"
    )
