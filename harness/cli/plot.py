"""Draw one figure of finished experiments, with a CSV of exactly what it shows beside it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli._output import emit
from harness.errors import ConfigError

if TYPE_CHECKING:
    from analysis.study import Study


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.usage = (
        "%(prog)s [-h] EXPERIMENT [EXPERIMENT ...] KIND --out FILE [--study S] [--json]\n"
        "       %(prog)s [EXPERIMENT] --list"
    )
    parser.add_argument(
        "words",
        nargs="*",
        metavar="EXPERIMENT KIND",
        help="folders, as results/NAME, and last the kind of figure",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="a name in .png, .svg or .pdf")
    parser.add_argument("--study", metavar="S", help="of which experiments under equal rules")
    parser.add_argument("--list", action="store_true", help="print every kind and what it shows")


def execute(args: argparse.Namespace) -> int:
    """Print where figure and table are, or the kinds of figures."""
    if args.list:
        return _list(is_json=args.json)
    if args.out is None or len(args.words) < 2:
        raise ConfigError(
            "A figure needs an experiment, a kind and a file: "
            "`plot results/NAME arms --out arms.svg`; `plot results/NAME --list` shows the kinds."
        )
    *folders, name = args.words
    from harness.results.store import ExperimentFolder, write_atomically

    paths = [ExperimentFolder.existing(Path(folder)).path for folder in folders]
    from analysis.figures.files import check_file, stamp, write_figure
    from analysis.figures.kinds import kind, title
    from analysis.figures.style import why_nothing
    from analysis.study import load

    module = kind(name)
    check_file(args.out)
    studies = load(paths)
    study = _choose(studies, args.study)
    table = module.collect(study)
    figure = module.draw(table)
    if (why := why_nothing(figure)) is not None:
        raise ConfigError(f"There is nothing to draw as {name}: {' '.join(why.split())}.")
    stamp(figure, study.stamp)
    write_figure(figure, args.out, title(name))
    beside = args.out.with_suffix(".csv")
    write_atomically(beside, table.to_csv(index=False, lineterminator="\n"))
    emit({"figure": str(args.out), "table": str(beside)}, [args.out], is_json=args.json)
    return 0


def _choose(studies: Sequence[Study], wanted: str | None) -> Study:
    """Return the study to draw; with several of them it has to be named."""
    by_name = {study.name: study for study in studies}
    known = "; ".join(by_name)
    if wanted is None and len(studies) > 1:
        raise ConfigError(
            f"The experiments were run under different rules; choose with --study: {known}."
        )
    if wanted is not None and wanted not in by_name:
        raise ConfigError(f"--study {wanted!r} is none of these experiments' studies: {known}.")
    return by_name[wanted] if wanted else studies[0]


def _list(*, is_json: bool) -> int:
    from analysis.figures.kinds import kinds, title

    titles = {name: title(name) for name in kinds()}
    emit(titles, (f"{name:<24}{text}" for name, text in titles.items()), is_json=is_json)
    return 0
