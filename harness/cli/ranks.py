"""Rank transfer over a table: does the ranking of all architectures of a space carry over?"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cli._output import emit
from harness.errors import ConfigError, UnknownNameError
from harness.interfaces.data import point_to_data
from harness.plugins import SPACES

if TYPE_CHECKING:
    import pandas as pd

    from analysis.answers.rank_table import Cells, Scoring

SPACE = "nb201"
SEED = 0  # of the bootstrap


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--space", default=SPACE, help="that has a table (default: %(default)s)")
    parser.add_argument("--source", required=True, help="c10, c100 or in16")
    parser.add_argument("--target", required=True, help="c10, c100 or in16")
    parser.add_argument("--data", type=Path, metavar="DIR", help="of another table")
    parser.add_argument(
        "--epochs",
        type=int,
        default=200,
        help="of the source's score, 12 or 200; the target's is the test accuracy after 200",
    )
    parser.add_argument(
        "--score",
        choices=("validation", "test"),
        default="test",
        help="of the source: validation is what a search sees (default: %(default)s)",
    )
    parser.add_argument(
        "--unconnected",
        choices=("in", "out"),
        default="in",
        help="cells without a path from input to output (default: %(default)s)",
    )
    parser.add_argument(
        "--unique", action="store_true", help="only one of every set of isomorphic cells"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="draw it, too: a name in .png, .svg or .pdf; the table it shows lies beside it",
    )


def execute(args: argparse.Namespace) -> int:
    """Print correlations beside their noise ceilings, and what the source's best are worth."""
    SPACES.check(args.space)
    import numpy as np

    from analysis.answers.rank_transfer import rank_transfer, selection_table, without_noise
    from analysis.figures.files import check_file

    if args.out is not None:
        check_file(args.out)
    point_to_data(args.data)
    source, target, cells = _read(args)
    correlations = rank_transfer(source, target, cells, np.random.default_rng(SEED))
    document = {
        "space": args.space,
        "source": source.label,
        "target": target.label,
        "architectures": cells.label,
        "ceiling": target.trials_label or "no repeated trainings are published",
        "correlations": _records(correlations),
        "selection": _records(selection_table(source, target, cells)),
        "without_noise": without_noise(source, target, cells),
    }
    if args.out is not None:
        document |= _draw(args.out, source, target, cells, correlations)
    emit(document, _lines(document), is_json=args.json)
    return 0


def _draw(
    path: Path, source: Scoring, target: Scoring, cells: Cells, correlations: pd.DataFrame
) -> dict[str, str]:
    """Write the figure and the table that it shows; return where they are."""
    from analysis.figures.files import write_figure
    from analysis.figures.rank_transfer import collect_ranks, draw_ranks
    from harness.results.store import write_atomically

    table = collect_ranks(source, target, cells)
    figure = draw_ranks(table, correlations, source.label, target.label)
    write_figure(figure, path, f"Rank transfer: {source.label} to {target.label}")
    beside = path.with_suffix(".csv")
    write_atomically(beside, table.to_csv(index=False, lineterminator="\n"))
    return {"figure": str(path), "table": str(beside)}


def _read(args: argparse.Namespace) -> tuple[Scoring, Scoring, Cells]:
    from analysis.answers.rank_table import (
        EPOCHS,
        TASKS,
        choose_cells,
        read_columns,
        score_column,
        scoring,
        trials_column,
    )
    from harness.registry import did_you_mean

    if args.space != SPACE:
        raise ConfigError(
            f"--space {args.space}: ranks needs a table of all architectures of a space; "
            f"there is one of {SPACE}."
        )
    for task in (args.source, args.target):
        if task not in TASKS:
            raise UnknownNameError(did_you_mean("task of the table", task, TASKS))
    if args.epochs not in EPOCHS:
        raise ConfigError(f"--epochs {args.epochs}: the table holds 12 and 200.")
    if args.source == args.target and args.epochs == max(EPOCHS):
        raise ConfigError(
            f"--source {args.source} --target {args.target}: both would be ranked by the same "
            f"trainings; give two tasks, or rank the source by --epochs {min(EPOCHS)}."
        )
    wanted = [
        (args.source, args.epochs, args.score),
        (args.target, max(EPOCHS), "test"),
    ]
    names = {score_column(*scores) for scores in wanted}
    names |= {trials_column(task) for task, *_ in wanted} | {"ops", "op_names", "iso_class"}
    columns = read_columns(names)
    source, target = (scoring(columns, *scores) for scores in wanted)
    chosen = choose_cells(
        columns, with_unconnected=args.unconnected == "in", only_unique=args.unique
    )
    return source, target, chosen


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as JSON has them: what is no number is null."""
    rows: list[dict[str, Any]] = json.loads(table.to_json(orient="records", double_precision=15))
    return rows


def _lines(document: dict[str, Any]) -> Iterator[str]:
    """Yield what a person reads."""
    yield f"{document['source']} -> {document['target']}"
    yield f"{document['architectures']}; ceiling: {document['ceiling']}"
    yield ""
    yield (
        f"{'by source':<12}{'n':>7}{'tau-b':>8}{'95 % interval':>18}{'rho':>8}{'weighted':>10}"
        f"{'Somers D':>10}{'tau, one':>10}{'ceiling':>9}{'share':>7}"
    )
    for row in document["correlations"]:
        limits = f"[{_number(row['low'])}, {_number(row['high'])}]"
        yield (
            f"{row['subset']:<12}{row['n']:>7,}{_number(row['kendall']):>8}{limits:>18}"
            f"{_number(row['spearman']):>8}{_number(row['weighted']):>10}"
            f"{_number(row['somers']):>10}{_number(row['kendall_single']):>10}"
            f"{_number(row['ceiling']):>9}{_number(row['share_of_ceiling'], 2):>7}"
        )
    yield ""
    yield (
        "'tau, one' ranks single trainings on the target by single ones on the source, 'ceiling' "
        "by other ones on the target: the same cells, one training a side. 'share' is their "
        "quotient, at most 1."
    )
    if all(row["kendall_single"] is None for row in document["correlations"]):
        yield f"There is no share: single trainings of {document['source']} are not published."
    yield from _noise(document["without_noise"])
    yield ""
    yield (
        f"{'best k':<8}{'overlap':>9}{'chance':>9}{'p':>10}{'ties':>9}{'in top 10 %':>13}"
        f"{'5 %':>7}{'1 %':>7}{'best rank':>11}{'worst':>8}{'regret':>9}"
    )
    for row in document["selection"]:
        yield (
            f"{row['k']:<8,}{row['overlap']:>9.3f}{row['chance']:>9.4f}{_p(row['p']):>10}"
            f"{row['tied_source']:>5} / {row['tied_target']:<1}{row['precision_10']:>13.3f}"
            f"{row['precision_5']:>7.3f}{row['precision_1']:>7.3f}{row['best_rank']:>11,}"
            f"{row['worst_rank']:>8,}{row['regret']:>9.4f}"
        )
    yield ""
    yield (
        "Regret is (best - best of the k) / (best - mean) on the target. Ties: cells outside the "
        "best k whose score equals the k-th, on source / target; the earlier row went first."
    )
    if figure := document.get("figure"):
        yield f"\ndrawn in {figure}"


def _noise(found: dict[str, float] | None) -> Iterator[str]:
    if found is not None:
        yield (
            f"Spearman's rho of the trainings' means is {found['spearman']:.4f}; without the noise "
            f"of trainings it would be {found['corrected']:.4f} (reliabilities "
            f"{found['reliability_source']:.4f} and {found['reliability_target']:.4f})."
        )


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _p(value: float) -> str:
    return "< 1e-4" if value < 1e-4 else f"{value:.2g}"
