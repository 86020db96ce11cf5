"""What the searches did: their insights and the cells they found."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from analysis.document import Block, Fold, Picture, Section, Text
from analysis.evaluation import Results
from analysis.gallery import Gallery
from analysis.plots import alphas as alphas_plot
from analysis.plots import cells as cells_plot
from analysis.sections.grids import Column, grid
from analysis.transfer import select
from analysis.wording import brief, decimal, pair_label
from harness.api import CellGraph, Graphs

# A search whose parameters moved less than this on average decided by its initial noise.
BARELY_MOVED = 0.05
# What a continued search begins from, once the data set is swapped.
START = "after the swap"
# So that a report of a thousand runs stays a page that a browser can open.
SEEDS_DRAWN = 5
ROLES = ["source", "direct", "direct_long", "continued", "resumed"]

Row = dict[str, Any]


def insights(results: Results, gallery: Gallery) -> Section:
    """Tell how decided each search was, and whether it moved at all."""
    columns: list[Column] = [
        ("method", lambda row: str(row["method"])),
        ("search", _search),
        ("seed", lambda row: str(row["seed"])),
        ("entropy (1 = uniform)", lambda row: decimal(row["entropy"], 3)),
        ("margin", lambda row: decimal(row["margin"], 3)),
        ("mean change of alpha", lambda row: decimal(row["mean_change"], 3)),
        ("cell last changed at step", _last_change),
        ("skips in normal cell", lambda row: decimal(row["skip_share"])),
        ("validation, %", lambda row: decimal(_quality(row))),
        ("seconds", lambda row: brief(row["seconds"])),
        ("flags", flags),
    ]
    text = (
        "Entropy is the mean normalised entropy of the edges' operation probabilities: 1 is where "
        "every search begins, 0 is decided. Margin is the mean distance of the two most probable "
        "operations. Validation is the best of the evaluated candidates, or for gradient methods "
        "the super-network's last accuracy on validation batches. A dash: the method has no such "
        "quantity, or the search did not finish."
    )
    order = ["study", "method", "role", "task", "seed"]
    table = results.tables.searches.sort_values(order, kind="stable", key=_by_role)
    if len(table) == 0:
        return Section("insights", "Insights of the searches", (Text("No search was planned."),))
    blocks: list[Block] = [Text(text), grid("searches", table, columns)]
    heat_maps = tuple(_heat_maps(results, gallery))
    if heat_maps:
        blocks.append(Fold("Where the architecture parameters ended", heat_maps))
    return Section("insights", "Insights of the searches", tuple(blocks))


def flags(row: Row) -> str:
    """Return what is suspicious about a search, in words."""
    if row["status"] != "done":
        return str(row["status"])
    found = []
    if row["mean_change"] < BARELY_MOVED:
        found.append("search barely moved")
    if row["collapse_flag"]:
        words = {"warn": "many skips", "collapse": "collapsed to skips"}
        found.append(words[row["collapse_flag"]])
    return ", ".join(found) or "none"


def cells(results: Results, gallery: Gallery) -> Section:
    """Draw what was derived: before and after the swap of data, and what the target gives."""
    blocks: list[Block] = []
    for study, pairs in results.pairs.items():
        for method in results.methods[study]:
            for pair in pairs:
                drawn = list(_drawings(results, gallery, study, method, pair))
                if not drawn:
                    text = f"{method}, {pair_label(*pair)}: no search has a cell to draw."
                    blocks.append(Text(text))
                    continue
                blocks.append(drawn[0])
                if drawn[1:]:
                    title = f"Other seeds of {method}, {pair_label(*pair)}"
                    blocks.append(Fold(title, tuple(drawn[1:])))
    text = (
        "Columns are longest-path levels; every operation stands left of the node it leads to. "
        "Numbers in nodes are those of the architecture's text. Intermediate nodes have no order, "
        "so cells are compared at the numbering under which most edges agree. Without "
        f"`report --all`, {SEEDS_DRAWN} seeds at most are drawn of each method and pair."
    )
    return Section("cells", "Derived cells", (Text(text), *blocks))


def _by_role(column: pd.Series[Any]) -> pd.Series[Any]:
    """Put sources first; other columns sort as they are."""
    return column.map(ROLES.index) if column.name == "role" else column


def _search(row: Row) -> str:
    way = f"{row['source']} → {row['task']}" if row["warm"] else str(row["task"])
    return f"{way} ({row['role']})"


def _last_change(row: Row) -> str:
    if math.isnan(row["last_change_step"]):
        return decimal(math.nan)
    if row["last_change_step"] == 0:
        return "never"
    return f"{row['last_change_step']:.0f} of {brief(row['steps'])}"


def _quality(row: Row) -> float:
    best = float(row["best_validation"])
    return float(row["validation_accuracy"]) if math.isnan(best) else best


def _heat_maps(results: Results, gallery: Gallery) -> Iterator[Block]:
    searches = results.tables.searches
    searches = searches[searches["status"] == "done"]
    groups = searches.groupby(["study", "method", "role", "task"], sort=False)
    for number, (key, group) in enumerate(groups):
        alphas = alphas_plot.has_names(results.tables.alphas, group["job"])
        if len(alphas) == 0:
            continue
        _, method, role, task = key
        caption = (
            f"{method}, {role} search on {task}: mean share of each operation at the end, over "
            f"n = {alphas['job'].nunique()}"
        )
        yield gallery.hang(alphas_plot.draw(alphas), f"alphas-{number + 1}", caption)


def _drawings(
    results: Results, gallery: Gallery, study: str, method: str, pair: tuple[str, str]
) -> Iterator[Picture]:
    """Yield a drawing for each seed of which there is a cell."""
    found = _found(results, study, method, pair)
    seeds = sorted(found) if gallery.everything else sorted(found)[:SEEDS_DRAWN]
    for number, seed in enumerate(seeds):
        columns = _without_equal_start(found[seed])
        changes = [
            f"{title} has {_changes(columns[0][1], graphs)} edges that {columns[0][0]} lacks"
            for title, graphs in columns[1:]
        ]
        caption = f"{method}, {pair_label(*pair)}, seed {seed}. " + "; ".join(changes)
        if START in found[seed] and START not in dict(columns):
            caption += f"; after the swap the search began from the cell of {columns[0][0]}"
        name = f"cells-{method}-{'-'.join(pair)}-s{seed}"
        if len(results.studies) > 1:
            name += f"-{results.studies.index(study) + 1}"
        figure = cells_plot.draw(columns)
        yield gallery.hang(figure, name, caption.rstrip(" .") + ".", is_folded=number > 0)


def _without_equal_start(found: dict[str, Graphs]) -> list[tuple[str, Graphs]]:
    """Return the columns to draw: the cell after the swap only if it is not the source's."""
    (origin, first), *_ = found.items()
    return [
        (title, graphs)
        for title, graphs in found.items()
        if title != START or title == origin or _changes(first, graphs) > 0
    ]


def _changes(first: Graphs, graphs: Graphs) -> int:
    return cells_plot.count_new(graphs, first)


def _found(
    results: Results, study: str, method: str, pair: tuple[str, str]
) -> dict[int, dict[str, Graphs]]:
    """Return by seed what the searches found, and what the continued one began from."""
    runs, tables = results.tables.runs, results.tables
    source, target = pair
    wanted = (
        (f"source ({source})", ("transferred", "continued"), 0, tables.graphs),
        (START, ("continued",), -1, tables.start_graphs),
        (f"continued ({source} → {target})", ("continued",), -1, tables.graphs),
        (f"direct ({target})", ("direct",), -1, tables.graphs),
    )
    found: dict[int, dict[str, Graphs]] = {}
    for title, arms, place, graphs in wanted:
        for arm in arms:
            for row in _rows(select(runs, study, method, arm, pair)):
                cell = graphs.get(str(row["ancestor_jobs"]).split()[place], {})
                if any(isinstance(graph, CellGraph) for graph in cell.values()):
                    seed = int(row["search_seed"])
                    found.setdefault(seed, {}).setdefault(title, cell)
    return found


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
