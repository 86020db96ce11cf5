"""What the searches did: their insights and the cells they found."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from analysis.document import Block, Fold, Picture, Section, Text
from analysis.evaluation import Results
from analysis.gallery import Gallery
from analysis.journeys import Journey, list_journeys
from analysis.plots import alphas as alphas_plot
from analysis.plots import cells as cells_plot
from analysis.plots import chains as chains_plot
from analysis.sections.grids import Column, grid
from analysis.views import course_of, has, heading, list_views, told_changes
from analysis.wording import brief, decimal, pair_label
from harness.api import CellGraph

# A search whose parameters moved less than this on average decided by its initial noise.
BARELY_MOVED = 0.05
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
    of_some = {title for title, _ in columns[3:9]}
    text = (
        "Entropy is the mean normalised entropy of the edges' operation probabilities: 1 is where "
        "every search begins, 0 is decided. Margin is the mean distance of the two most probable "
        "operations. Validation is the best of the evaluated candidates, or for gradient methods "
        "the super-network's last accuracy on validation batches. A dash: the method has no such "
        "quantity, or the search did not finish; columns with nothing but dashes are left out."
    )
    order = ["study", "method", "role", "task", "seed"]
    table = results.tables.searches.sort_values(order, kind="stable", key=_by_role)
    if len(table) == 0:
        return Section("insights", "Insights of the searches", (Text("No search was planned."),))
    blocks: list[Block] = [Text(text), grid("searches", table, columns, optional=of_some)]
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
    """Draw what was derived: before and after the swap of data, and what changed."""
    blocks: list[Block] = []
    for study, pairs in results.pairs.items():
        journeys = list_journeys(results.tables, study)
        for method in results.methods[study]:
            for source, target in pairs:
                its = [
                    journey
                    for journey in journeys
                    if (journey.method, journey.target) == (method, target)
                    and journey.source in ("", source)
                ]
                about = f"{method}, {pair_label(source, target)}"
                blocks += _drawn(about, list(_drawings(results, gallery, study, its)))
    text = (
        "In a cell, columns are longest-path levels; every operation stands left of the node it "
        "leads to. Numbers in nodes are those of the architecture's text. Intermediate nodes have "
        "no order, so cells are compared at the numbering under which most edges agree. Blocks of "
        "a chain are compared place by place. Without "
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
    number = 0
    for study in results.studies:
        table = alphas_plot.collect(results, study)
        for method, its in table.groupby("method", sort=False):
            number += 1
            caption = (
                f"{method}: mean share of each operation at the end of the searches; white: "
                "the edge has no such operation."
            )
            yield gallery.hang(alphas_plot.draw(its), f"alphas-{number}", caption, its)


def _drawn(about: str, pictures: Sequence[Picture]) -> list[Block]:
    if not pictures:
        return [Text(f"{about}: no search has a cell to draw.")]
    first, *others = pictures
    return [first, Fold(f"Other seeds of {about}", tuple(others))] if others else [first]


def _drawings(
    results: Results, gallery: Gallery, study: str, journeys: Sequence[Journey]
) -> Iterator[Picture]:
    """Yield a drawing of its cells, or of its chain, for each seed."""
    ordered = sorted(journeys, key=lambda journey: journey.seed)
    for number, journey in enumerate(ordered if gallery.everything else ordered[:SEEDS_DRAWN]):
        kind, plot = ("cells", cells_plot) if has(journey, CellGraph) else ("chains", chains_plot)
        table = plot.tabulate(course_of(journey), list_views(journey))
        parts = (kind, journey.method, journey.source, journey.target, f"s{journey.seed}")
        name = "-".join(filter(None, parts))
        if len(results.studies) > 1:
            name += f"-{results.studies.index(study) + 1}"
        caption = f"{heading(table.iloc[0])}. {told_changes(journey)}".strip()
        yield gallery.hang(plot.draw(table), name, caption, table, is_folded=number > 0)
