"""What is drawn of one seed's course: before the swap of data, after it, and what changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.answers.cells.changes import count_new
from analysis.answers.cells.lineage import START, Lineage
from analysis.arms import CONTINUED, DIRECT, SOURCE
from analysis.numbers import pair_label, several
from harness.api import BlockChain, CellGraph, Graphs

# Which rows of a figure's table belong to one course.
COURSE = ["method", "source", "target", "seed"]
# Of an architecture that no search found.
ALONE: Mapping[str, Any] = {"method": "", "source": "", "target": "", "seed": 0}


@dataclass(frozen=True)
class View:
    """One architecture as it is drawn.

    Attributes:
        title: What it is, in words.
        graphs: Its cells, or its chain.
        before: What it is placed like, so that both can be compared; None for the first.
        is_difference: Whether what ``before`` has and it lacks is drawn, too.
    """

    title: str
    graphs: Graphs
    before: Graphs | None = None
    is_difference: bool = False


def list_views(lineage: Lineage) -> list[View]:
    """Return before, after and their difference, then the direct search's against before.

    What the search began from after the swap stands between them if it is not what the source
    search found. A stage that is unknown is left out.
    """
    titles = _titles(lineage)
    first, *later = titles
    before = lineage.graphs[first]
    if not later:
        return [View(titles[first], before)]
    views = [View(f"before: {titles[first]}", before)]
    after = CONTINUED if CONTINUED in later else DIRECT
    for stage in later:
        graphs = lineage.graphs[stage]
        if stage == after:
            views.append(View(f"after: {titles[stage]}", graphs, before))
            views.append(View("difference: before → after", graphs, before, is_difference=True))
        elif stage != START or count_all_new(graphs, before):
            title = f"{titles[stage]}, against before"
            views.append(View(title, graphs, before, is_difference=True))
    return views


def count_all_new(graphs: Graphs, before: Graphs) -> int:
    """Return how many operations of all cells, or layers, are not those of before."""
    return sum(count_new(graphs, before, name) for name in graphs if name in before)


def told_changes(lineage: Lineage) -> str:
    """Return how much each later stage changed, and what the search began from, as a sentence."""
    titles = _titles(lineage)
    first, *later = titles
    before = lineage.graphs[first]
    is_cell = any(isinstance(graph, CellGraph) for graph in before.values())
    what, whole = ("edge", "cell") if is_cell else ("layer", "chain")
    new = {stage: count_all_new(lineage.graphs[stage], before) for stage in later}
    told = [
        f"{titles[stage]} has {several(count, what)} that {titles[first]} lacks"
        for stage, count in new.items()
        if stage != START or count
    ]
    if new.get(START) == 0:
        told.append(f"after the swap the search began from the {whole} of {titles[first]}")
    return "; ".join(told) + "." if told else ""


def _titles(lineage: Lineage) -> dict[str, str]:
    """Return what the known stages are called, in their order."""
    titles = {
        SOURCE: f"source ({lineage.source})",
        START: START,
        CONTINUED: f"continued ({lineage.source} → {lineage.target})",
        DIRECT: f"direct ({lineage.target})",
    }
    return {stage: title for stage, title in titles.items() if stage in lineage.graphs}


def has(lineage: Lineage, kind: type[CellGraph | BlockChain]) -> bool:
    """Tell whether a lineage's architectures are of a kind."""
    graphs = next(iter(lineage.graphs.values()))
    return any(isinstance(graph, kind) for graph in graphs.values())


def first_seeds(lineages: Iterable[Lineage], kind: type[CellGraph | BlockChain]) -> list[Lineage]:
    """Return the first seed of every method and pair whose architectures are of a kind."""
    firsts: dict[tuple[str, str, str], Lineage] = {}
    for lineage in lineages:
        if has(lineage, kind):
            firsts.setdefault((lineage.method, lineage.source, lineage.target), lineage)
    return list(firsts.values())


def course_of(lineage: Lineage) -> dict[str, Any]:
    """Return what the rows of a lineage have in common."""
    return dict(
        zip(COURSE, (lineage.method, lineage.source, lineage.target, lineage.seed), strict=True)
    )


def heading(row: pd.Series[Any]) -> str:
    """Return whose course it is, in words; nothing for an architecture on its own."""
    if not row["method"]:
        return ""
    return f"{row['method']}, {pair_label(row['source'], row['target'])}, seed {row['seed']}"


def courses(table: pd.DataFrame) -> Iterator[tuple[str, list[tuple[str, pd.DataFrame]]]]:
    """Yield the heading of each course with the rows of each of its views, by title."""
    for _, group in table.groupby(COURSE, sort=False):
        views = [(str(title), rows) for title, rows in group.groupby("view", sort=False)]
        yield heading(group.iloc[0]), views
