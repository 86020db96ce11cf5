"""Describe one architecture: its size on a task, the shape of its cells, and a drawing of them."""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cli._arguments import positive
from harness.cli._output import emit
from harness.cli._texts import read_text
from harness.errors import ConfigError
from harness.interfaces.data import point_to_data
from harness.plugins import SPACES, TASKS

if TYPE_CHECKING:
    from harness.tools.description import Description

# Of DARTS' evaluation network on CIFAR.
CHANNELS, CELLS = 36, 20
LABELS = {
    "depth": "depth",
    "width": "width",
    "skip_ratio": "skips",
    "parameter_free_ratio": "without parameters",
    "paths": "paths",
    "distinct_paths": "distinct paths",
    "receptive_field": "receptive field",
    "blocks": "blocks",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "architecture",
        nargs="?",
        help="text in the space's own notation, or the number of a cell of nb201; @FILE reads it "
        "from a file, - from standard input; published:NAME",
    )
    parser.add_argument(
        "--alphas", metavar="FILE", help="architecture parameters in place of an architecture"
    )
    parser.add_argument(
        "--recorded", action="store_true", help="print what a table holds of a cell of nb201"
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="where tables are")
    parser.add_argument("--space", default="darts", help="search space (default: %(default)s)")
    parser.add_argument(
        "--task", default="c10", help="whose image size and classes it has (default: %(default)s)"
    )
    parser.add_argument(
        "--channels", type=positive, default=CHANNELS, help="initial (default: %(default)s)"
    )
    parser.add_argument(
        "--cells", type=positive, default=CELLS, help="or blocks (default: %(default)s)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="draw it: a name in .png, .svg or .pdf",
    )


def execute(args: argparse.Namespace) -> int:
    """Print what the architecture is; no data are read, but a table if it is asked for."""
    if (args.architecture is None) == (args.alphas is None):
        raise ConfigError("Give an architecture or --alphas FILE, one of them.")
    SPACES.check(args.space)
    TASKS.check(args.task)
    from harness.api import Scale
    from harness.tools.description import describe

    if args.out is not None:
        from analysis.figures.files import check_file

        check_file(args.out)
    point_to_data(args.data)
    text = read_text(args.architecture or f"@{args.alphas}")
    scale = Scale(args.channels, args.cells)
    description = describe(text, args.space, args.task, scale, is_alphas=args.alphas is not None)
    results = _look_up(description) if args.recorded else None
    if args.out is not None:
        _draw(description, args.out)
    document = description.to_json() | {"drawing": None if args.out is None else str(args.out)}
    if results is not None:
        document["recorded"] = results
    lines = itertools.chain(
        _lines(description),
        _list_results(results or {}),
        () if args.out is None else ("", f"drawn in {args.out}"),
    )
    emit(document, lines, is_json=args.json)
    return 0


def _look_up(description: Description) -> dict[str, Any]:
    """Return what NAS-Bench-201 recorded of a cell."""
    from harness.evaluators._nb201_recorded import recorded
    from harness.planning.resolve_plugins import open_space

    if description.space.name != "nb201":
        raise ConfigError("--recorded: only cells of the space nb201 are in a table.")
    return recorded(open_space(description.space).from_text(description.architecture))


def _list_results(results: dict[str, Any], name: str = "recorded", depth: int = 0) -> Iterator[str]:
    """Yield a line for each number of nested mappings."""
    if results:
        yield "  " * depth + name
    for key, value in results.items():
        if isinstance(value, dict):
            yield from _list_results(value, key, depth + 1)
        else:
            label = "  " * (depth + 1) + key
            yield (
                f"{label:<44}{value:>12,}"
                if isinstance(value, int)
                else f"{label:<44}{value:>12,.3f}"
            )


def _draw(description: Description, path: Path) -> None:
    from analysis.figures import cells, chains
    from analysis.figures.files import write_figure
    from analysis.figures.views import ALONE, View
    from harness.api import CellGraph

    graphs = description.graphs
    plot = cells if any(isinstance(one, CellGraph) for one in graphs.values()) else chains
    table = plot.tabulate(ALONE, [View(description.space.name, graphs)])
    write_figure(plot.draw(table), path)


def _lines(description: Description) -> Iterator[str]:
    """Yield what a person reads."""
    size = "x".join(map(str, description.shape.inputs))
    yield (
        f"{description.space.name} on {description.task.name} ({size}, "
        f"{description.shape.classes} classes), {description.scale.channels} channels, "
        f"{description.scale.cells} cells"
    )
    yield ""
    yield f"{'parameters':<24}{description.parameters:>14,}"
    if description.parameters_with_auxiliary is None:
        yield f"{'  with auxiliary head':<24}{'-':>14}  {description.why_no_auxiliary}"
    else:
        yield f"{'  with auxiliary head':<24}{description.parameters_with_auxiliary:>14,}"
    yield f"{'multiply-adds':<24}{description.multiply_adds:>14,}"
    structure = description.structure()
    yield ""
    yield " " * 24 + "".join(f"{name:>14}" for name in structure)
    for key, label in LABELS.items():
        values = [measures[key] for measures in structure.values() if key in measures]
        if values:
            yield f"{label:<24}" + "".join(f"{_show(key, value):>14}" for value in values)
    for name, measures in structure.items():
        for kind, number in measures.get("kinds", {}).items():
            yield f"  {name}: {number} x {kind}"
    yield ""
    yield "canonical form"
    for name, graph in description.canonical().items():
        yield f"  {name}: {json.dumps(graph)}"


def _show(key: str, value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if key.endswith("_ratio") else f"{value:g}"
