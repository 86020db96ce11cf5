"""Describe one architecture: its size on a task, the shape of its cells, and a drawing of them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cli._arguments import positive
from harness.cli._texts import read_text

if TYPE_CHECKING:
    from harness.execution.description import Description

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
        help="text in the space's own notation; @FILE reads it from a file, - from standard input",
    )
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
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def execute(args: argparse.Namespace) -> int:
    """Print what the architecture is; no data are read."""
    from harness.api import Scale
    from harness.execution.description import describe

    if args.out is not None:
        from analysis.plots.files import check_file

        check_file(args.out)
    text = read_text(args.architecture)
    description = describe(text, args.space, args.task, Scale(args.channels, args.cells))
    if args.out is not None:
        _draw(description, args.out)
    if args.json:
        drawing = None if args.out is None else str(args.out)
        print(json.dumps({**description.to_json(), "drawing": drawing}, indent=2))
        return 0
    for line in _lines(description):
        print(line)
    if args.out is not None:
        print(f"\ndrawn in {args.out}")
    return 0


def _draw(description: Description, path: Path) -> None:
    from analysis.plots import cells, chains
    from analysis.plots.files import write_figure
    from analysis.views import ALONE, View
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
