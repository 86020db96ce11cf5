"""Compare architectures: every metric for each pair, beside its value for random pairs."""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from harness.cli._output import emit
from harness.cli._texts import read_text
from harness.errors import ConfigError

if TYPE_CHECKING:
    from harness.api import Graphs

WIDTH = 38


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "architectures",
        nargs="+",
        metavar="ARCHITECTURE",
        help="text in the space's own notation; @FILE reads it from a file, - from standard input; "
        "published:NAME",
    )
    parser.add_argument("--space", default="darts", help="search space (default: %(default)s)")


def execute(args: argparse.Namespace) -> int:
    """Print how alike the architectures are; nothing is built or trained."""
    if len(args.architectures) < 2:
        raise ConfigError("One architecture was given; expected at least two to compare.")
    document = _compare([read_text(given) for given in args.architectures], args.space)
    emit(document, _lines(document), is_json=args.json)
    return 0


def _compare(texts: Sequence[str], name: str) -> dict[str, Any]:
    from analysis.architectures.chance import measure_chance
    from harness.config.protocol import Plugin
    from harness.planning.resolve_plugins import open_space, resolve_plugin
    from harness.planning.space_graphs import draw_graphs
    from harness.plugins import SPACES

    choice = resolve_plugin(SPACES, Plugin(name=name))
    space = open_space(choice)
    architectures = [space.from_text(text) for text in texts]
    graphs = [space.graph(architecture) for architecture in architectures]
    chance = measure_chance(draw_graphs(space, name))
    return {
        "space": choice.model_dump(mode="json"),
        "architectures": [space.to_text(architecture) for architecture in architectures],
        "chance": {"graphs": chance.graphs, "seed": chance.seed},
        "pairs": [
            {"first": i, "second": j, "cells": _judged(graphs[i], graphs[j], chance.judge)}
            for i, j in itertools.combinations(range(len(graphs)), 2)
        ],
    }


def _judged(first: Graphs, second: Graphs, judge: Any) -> dict[str, dict[str, dict[str, Any]]]:
    """Return each metric's value and what random pairs say of it, by cell; null where unknown."""
    from analysis.architectures.metrics import compare_architectures

    return {
        cell: {
            name: {
                key: None if math.isnan(number) else number
                for key, number in {
                    "value": float(matrix[0, 0]),
                    **judge(cell, name, float(matrix[0, 0]))._asdict(),
                }.items()
            }
            for name, matrix in metrics.items()
        }
        for cell, metrics in compare_architectures([first], [second]).items()
    }


def _lines(document: dict[str, Any]) -> Iterator[str]:
    """Yield what a person reads."""
    from analysis.architectures.metrics import METRICS

    for number, text in enumerate(document["architectures"], start=1):
        yield f"{number}  {text}"
    for pair in document["pairs"]:
        for cell, metrics in pair["cells"].items():
            yield ""
            title = f"{pair['first'] + 1} and {pair['second'] + 1}, {cell}"
            heads = ("value", "random mean", "random less alike, %", "corrected")
            yield f"{title:<{WIDTH}}" + "".join(f"{head:>{len(head) + 3}}" for head in heads)
            for name, found in metrics.items():
                yield f"  {METRICS[name].title:<{WIDTH - 2}}" + "".join(
                    f"{_show(found[key], digits):>{len(head) + 3}}"
                    for head, (key, digits) in zip(heads, _COLUMNS, strict=True)
                )
    chance = document["chance"]
    yield ""
    yield (
        f"Random: pairs of {chance['graphs']:,} uniform random architectures of "
        f"{document['space']['name']}, seed {chance['seed']}. Corrected: 0 is their mean, 1 equal."
    )


_COLUMNS = (("value", 4), ("chance_mean", 4), ("percentile", 1), ("corrected", 3))


def _show(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
