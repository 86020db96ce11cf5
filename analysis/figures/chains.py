"""Chains of blocks of the first seed before and after the swap of data, and what changed."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from analysis.architectures.chains import REMOVED, read_block
from analysis.figures.cell_drawing import TIMES
from analysis.figures.style import explain_nothing, sheet, styled, trust
from analysis.figures.views import View, course_of, courses, first_seeds, list_views
from analysis.loading.rows import frame
from analysis.study import Study
from harness.api import BlockChain

TRAITS = ["operation", "kernel", "expansion", "skip", "depth", "width"]
PLAIN, SAME, CHANGED = "plain", "same", "changed"
NUMBERS = dict.fromkeys(("kernel", "expansion", "depth", "width"), float)
ARROW = "→"
# Inches: a tile is wider where it also tells depth and width.
WIDE, NARROW, SPACE, MARGIN = 1.42, 0.80, 0.08, 0.15
TITLE, HEADING, LEGEND, LINE, LEAST_WIDTH = 0.30, 0.30, 0.60, 0.155, 8.0
LINK: dict[str, Any] = {"color": "#bdbdbd", "lw": 1.0, "zorder": 1}
BORDER: dict[str, Any] = {"color": "#444444", "lw": 1.2, "ls": (0, (4, 2)), "zorder": 2}
# How a trait is told.
TELL: dict[str, Callable[[Any], str]] = {
    "operation": str,
    "kernel": lambda side: "-" if _is_unknown(side) else f"{side:g}{TIMES}{side:g}",
    "expansion": lambda factor: "no e" if _is_unknown(factor) else f"e{factor:g}",
    "skip": lambda there: "skip" if there else "no skip",
    "depth": lambda layers: f"depth {layers:g}",
    "width": lambda factor: f"w {factor:g}",
}
NO_BLOCK = dict(zip(TRAITS, (REMOVED, None, None, False, None, None), strict=True))
NOTE = "A tile is as tall as its kernel. depth: layers of the block; w: factor of its width."
# So tall is a tile: the least, and more for every pixel of the kernel's side.
TALL, PER_PIXEL = 0.40, 0.09
PER_EXPANSION = 0.07  # of the way to dark blue


class DrawnBlock(NamedTuple):
    """A block of a chain as it is drawn."""

    method: Annotated[str, "Title."]
    source: Annotated[str, "Task searched first."]
    target: Annotated[str, "Task the search went on with."]
    seed: Annotated[int, "Of the searches."]
    view: Annotated[str, "Title of the picture: before, after, their difference."]
    stage: Annotated[int, "Number of its stage, from 1."]
    block: Annotated[int, "Its place in the chain, from 1."]
    operation: Annotated[str, "Its kind; `zero` if it was removed."]
    kernel: Annotated[float, "Side in pixels; NaN if removed."]
    expansion: Annotated[float, "Factor of channels inside; NaN without."]
    skip: Annotated[bool, "Whether a skip connection leads around it."]
    depth: Annotated[float, "Number of its layers; NaN where the space does not choose it."]
    width: Annotated[float, "Factor of its channels; NaN where the space does not choose it."]
    state: Annotated[str, "`plain`, or in a difference `same` or `changed`."]
    change: Annotated[str, "From what to what, joined by semicolons."]


def collect(study: Study) -> pd.DataFrame:
    """Return every block that is drawn, of the first seed of every method and pair."""
    lineages = first_seeds(study.lineages, BlockChain)
    rows = (_list_blocks(course_of(lineage), list_views(lineage)) for lineage in lineages)
    return frame(DrawnBlock, itertools.chain(*rows)).astype(NUMBERS)


def tabulate(course: Mapping[str, Any], views: Sequence[View]) -> pd.DataFrame:
    """Return one row per block and view of a lineage."""
    return frame(DrawnBlock, _list_blocks(course, views)).astype(NUMBERS)


def draw(table: pd.DataFrame) -> Figure:
    """Draw a strip per view and a tile per block, one seed's course under another's."""
    with styled():
        if table.empty:
            return explain_nothing("no search has a chain of blocks to draw")
        tile = WIDE if table["depth"].notna().any() else NARROW
        strips = list(_strips(table))
        width = 2 * MARGIN + int(table["block"].max()) * (tile + SPACE)
        size = (max(width, LEAST_WIDTH), 2 * MARGIN + LEGEND + sum(map(_height, strips)))
        figure, axes = sheet(*size)
        top = size[1] - MARGIN
        for strip in strips:
            _draw_strip(axes, top, strip, tile)
            top -= _height(strip)
        axes.text(
            MARGIN,
            LEGEND - LINE,
            NOTE if tile == WIDE else NOTE.partition(" depth")[0],
            size=9,
            va="center",
        )
        trust(axes)
        figure.legend(handles=_legend(table), loc="lower left", ncols=6, frameon=False)
    return figure


class _Strip(NamedTuple):
    """One view of a chain; ``heading`` is empty within a course."""

    heading: str
    title: str
    blocks: list[dict[str, Any]]


def _strips(table: pd.DataFrame) -> Iterator[_Strip]:
    for heading, views in courses(table):
        for number, (title, rows) in enumerate(views):
            blocks = [{str(k): v for k, v in row.items()} for row in rows.to_dict("records")]
            yield _Strip("" if number else heading, title, blocks)


def _list_blocks(course: Mapping[str, Any], views: Sequence[View]) -> Iterator[DrawnBlock]:
    for view in views:
        for name, graph in view.graphs.items():
            if isinstance(graph, BlockChain):
                for row in _mark_blocks(view, name, graph):
                    yield DrawnBlock(**course, view=view.title, **row)


def _mark_blocks(view: View, name: str, graph: BlockChain) -> Iterator[dict[str, Any]]:
    before = view.before.get(name) if view.before and view.is_difference else None
    known = _blocks(before) if isinstance(before, BlockChain) else []
    blocks = _blocks(graph)
    stages = [*np.repeat(np.arange(len(graph.stages)) + 1, graph.stages)]
    pairs = itertools.zip_longest(known if before else blocks, blocks, fillvalue=NO_BLOCK)
    for place, (earlier, block) in enumerate(pairs):
        change = _list_changes(earlier, block)
        yield {
            "stage": int(stages[place]) if place < len(stages) else place + 1,
            "block": place + 1,
            **block,
            "state": PLAIN if before is None else CHANGED if change else SAME,
            "change": "; ".join(change),
        }


def _blocks(chain: BlockChain) -> list[dict[str, Any]]:
    """Return the traits of every block."""
    blocks = []
    for text in chain.blocks:
        layer, depth, width = read_block(text)
        words = layer.block.split()
        kind = " ".join(word for word in words if not re.fullmatch(r"skip|[ke]\d+", word))
        chosen = (None, None) if depth is None else (depth, width)
        traits = (kind, layer.kernel, layer.expansion, "skip" in words, *chosen)
        blocks.append(dict(zip(TRAITS, traits, strict=True)))
    return blocks


def _list_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return what changed of a block, a line for each trait."""
    if before == after:
        return []
    if after["operation"] == REMOVED:
        return ["removed"]
    if before["operation"] == REMOVED:
        return ["added"]
    return [
        f"{TELL[trait](before[trait])}{ARROW}{TELL[trait](after[trait])}"
        for trait in TRAITS
        if before[trait] != after[trait]
    ]


def _describe(block: Mapping[str, Any]) -> list[str]:
    """Return what stands in a tile, line by line."""
    if block["operation"] == REMOVED:
        return ["none"]
    kernel, expansion = TELL["kernel"](block["kernel"]), TELL["expansion"](block["expansion"])
    skip = ", skip" if block["skip"] else ""
    if math.isnan(block["depth"]):
        return [block["operation"], kernel, expansion + skip]
    chosen = f"{TELL['depth'](block['depth'])}, {TELL['width'](block['width'])}"
    return [f"{block['operation']} {kernel}", expansion + skip, chosen]


def _tall(block: Mapping[str, Any]) -> float:
    """Return the height of a tile, in inches."""
    lines = block["change"].count("; ") + 1
    kernel = 0 if math.isnan(block["kernel"]) else block["kernel"]
    return float(max(TALL + PER_PIXEL * kernel, (lines + 1) * LINE))


def _height(strip: _Strip) -> float:
    tallest = max(map(_tall, strip.blocks))
    return TITLE + tallest + 0.12 + HEADING * bool(strip.heading)


def _draw_strip(axes: Axes, top: float, strip: _Strip, tile: float) -> None:
    """Draw a view below ``top``, in inches from the lower edge."""
    if strip.heading:
        axes.text(MARGIN, top - HEADING / 2, strip.heading, weight="bold", size=12, va="center")
        top -= HEADING
    axes.text(MARGIN, top - TITLE / 2, strip.title, weight="bold", size=10, va="center")
    tallest = max(map(_tall, strip.blocks))
    middle = top - TITLE - tallest / 2
    axes.plot([MARGIN, MARGIN + len(strip.blocks) * (tile + SPACE)], [middle] * 2, **LINK)
    stage = strip.blocks[0]["stage"]
    for place, block in enumerate(strip.blocks):
        left = MARGIN + SPACE / 2 + place * (tile + SPACE)
        if block["stage"] != stage and tile == NARROW:
            x = left - SPACE / 2
            axes.plot([x, x], [middle - tallest / 2, middle + tallest / 2], **BORDER)
        stage = block["stage"]
        _draw_tile(axes, (left, middle), tile, block)


def _draw_tile(axes: Axes, at: tuple[float, float], width: float, block: Mapping[str, Any]) -> None:
    left, middle = at
    is_changed, is_gone = block["state"] == CHANGED, block["operation"] == REMOVED
    tall = _tall(block)
    look: dict[str, Any] = {"fc": _fill(block["expansion"]), "ec": "#444444", "lw": 1.0}
    if is_gone:
        look |= {"fc": "white", "ls": (0, (1, 2))}
    if is_changed:
        look |= {"ec": "black", "lw": 2.8}
    axes.add_patch(Rectangle((left, middle - tall / 2), width, tall, **look, zorder=3))
    lines = block["change"].split("; ") if is_changed else _describe(block)
    axes.text(
        left + width / 2,
        middle,
        "\n".join(lines if block["state"] != SAME else ["same"]),
        ha="center",
        va="center",
        size=9,
        linespacing=1.15,
        weight="bold" if is_changed else "normal",
        color="#555555" if block["state"] == SAME else "black",
        zorder=4,
    )


def _fill(expansion: float) -> str:
    """Return a shade of blue: the more expansion, the darker."""
    if math.isnan(expansion):
        return "#ffffff"
    return to_hex(colormaps["Blues"](min(0.6, PER_EXPANSION * expansion)))


def _legend(table: pd.DataFrame) -> list[Patch]:
    known = sorted(set(table["expansion"].dropna()))
    handles = [Patch(fc=_fill(x), ec="#444444", label=f"expansion {x:g} (e{x:g})") for x in known]
    if (table["expansion"].isna() & (table["operation"] != REMOVED)).any():
        handles.append(Patch(fc="white", ec="#444444", label="no expansion (no e)"))
    if (table["operation"] == REMOVED).any():
        handles.append(Patch(fc="white", ec="#444444", ls=(0, (1, 2)), label="no block"))
    if (table["state"] == CHANGED).any():
        handles.append(Patch(fc="white", ec="black", lw=2.8, label="bold: changed"))
    return handles


def _is_unknown(value: float | None) -> bool:
    return value is None or math.isnan(value)
