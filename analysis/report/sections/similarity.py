"""How alike what was found is: within and between groups, beside chance, and whether it matters."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from analysis.answers.cells.searched import ALL
from analysis.architectures.functional import MEASURES
from analysis.architectures.groups import BAND
from analysis.architectures.metrics import METRICS
from analysis.arms import RANDOM
from analysis.loading.rows import Row, list_rows
from analysis.numbers import NOTHING, decimal, joined, p_value, several
from analysis.report.document import Block, Listing, Section, Text
from analysis.report.gallery import Gallery
from analysis.report.sections.grids import Column, fields, grid, whole_of
from analysis.statistics.sample import ALPHA
from analysis.study import Study


def section(study: Study, gallery: Gallery) -> Section:
    """Show how alike searches are, beside chance, and whether that goes with accuracy."""
    tables = study.similarity
    stability = tables["similarity_stability"]
    if stability.empty:
        text = "No search has found an architecture yet, so there is nothing to compare."
        return Section("similarity", "Similarity", (Text(text),), "nothing to compare")
    groups = tables["similarity_groups"]
    blocks: list[Block] = [
        *_pictures(study, gallery),
        *_stability(stability),
        *_groups(groups),
        *_mantel(tables["similarity_mantel"]),
        *_functional(tables["similarity_functional"]),
    ]
    summary = _summary(study, stability)
    return Section("similarity", "Similarity", tuple(blocks), summary, _remark(groups))


def _remark(groups: pd.DataFrame) -> str:
    """Name the questions whose p is small; empty if none is."""
    shown = list_rows(_widest(whole_of(groups))) if len(groups) else []
    differ = [row["question"] for row in shown if row["p"] <= ALPHA]
    return f"p ≤ {ALPHA:g}, not corrected, for: {joined(differ)}" if differ else ""


def _summary(study: Study, stability: pd.DataFrame) -> str:
    metric = METRICS[str(stability["metric"].iloc[0])]
    direction = "less is more alike" if metric.is_distance else "1 is equal"
    return (
        f"How alike searched architectures are ({metric.title}; {direction}), beside chance over "
        f"{study.chance.graphs:,} random ones. Every group test: tables/similarity_groups.csv."
    )


def _stability(table: pd.DataFrame) -> list[Block]:
    columns: list[Column] = [
        *fields("method"),
        ("search", lambda row: f"{row['task']} ({row['role']})"),
        *fields("cell", "n", "distinct"),
        ("mean over pairs", lambda row: decimal(row["mean"], 3)),
        ("random mean", lambda row: decimal(row["chance_mean"], 3)),
        ("corrected", lambda row: decimal(row["corrected"], 3)),
    ]
    return [grid("similarity_stability", whole_of(table), columns)]


def _pictures(study: Study, gallery: Gallery) -> list[Block]:
    searches = len(study.found.found)
    if searches < 2:
        return []
    caption = (
        f"The architectures of {searches:,} searches, ordered by average linkage: orange pairs "
        "are more alike on average than random architectures, purple ones less."
    )
    return [gallery.show(study, "similarity", caption)]


def _groups(table: pd.DataFrame) -> list[Block]:
    if table.empty:
        return []
    return [Listing(tuple(_effect(row) for row in list_rows(_widest(whole_of(table)))))]


def _widest(table: pd.DataFrame) -> pd.DataFrame:
    """Return the tests over all places where there are any, else those in single places."""
    is_over_all = table["where"] == ALL
    has_one = table["question"].isin(table[is_over_all]["question"])
    return table[is_over_all | ~has_one]


def _effect(row: Row) -> str:
    """Say how much further apart groups are, and what relabelling gives: effect, band, seeds."""
    inside = "" if row["where"] == ALL else f", {row['where']}"
    if row["question"] == "data set":
        what = f"Searches of different data sets ({row['tasks']}{inside})"
    else:
        what = f"Searches by different methods ({row['groups']}; on {row['tasks']})"
    seeds = f"{several(row['seeds'], 'seed')}, {several(row['n'], 'search', 'searches')}"
    if row["why"]:
        return f"{what}: no distance is tested, for {row['why']} ({seeds})."
    side = "nearer" if row["difference"] < 0 else "further apart"
    among = "possible" if row["is_exact"] else "drawn"
    smallest = f", smallest attainable p {p_value(row['p_min'])}" * (row["p_min"] > ALPHA)
    band = f"{decimal(row['low'], 4, signed=True)} to {decimal(row['high'], 4, signed=True)}"
    return (
        f"{what} are {decimal(abs(row['difference']), 4)} {side} than searches of one: mean "
        f"distance {decimal(row['between'], 4)} against {decimal(row['within'], 4)}. Of "
        f"{row['relabellings']:,} {among} relabellings {100 * BAND:g} % give {band}; "
        f"p = {p_value(row['p'])}{smallest}; {seeds}."
    )


def _test(row: Row) -> str:
    if row["why"]:
        return str(row["why"])
    kind = "all" if row["is_exact"] else "drawn"
    return f"{kind} {row['relabellings']:,} relabellings"


def _mantel(table: pd.DataFrame) -> list[Block]:
    if table.empty:
        return []
    columns: list[Column] = [
        ("trained on", lambda row: str(row["target"])),
        *fields("cell", "n"),
        ("Spearman", lambda row: decimal(row["correlation"], 3, signed=True)),
        ("p", lambda row: p_value(row["p"])),
        ("test", _test),
    ]
    return [grid("similarity_mantel", table, columns)]


def _functional(table: pd.DataFrame) -> list[Block]:
    if table.empty:
        return []
    columns: list[Column] = [
        ("trained on", lambda row: str(row["target"])),
        ("networks", _networks),
        *fields("pairs"),
        *((title, _measure(name)) for name, title in MEASURES.items()),
    ]
    is_shown = [
        first == second or (RANDOM not in (first, second) and _method(first) == _method(second))
        for first, second in zip(table["first"], table["second"], strict=True)
    ]
    return [grid("similarity_functional", table[is_shown], columns)]


def _networks(row: Row) -> str:
    if row["first"] == row["second"]:
        return "random architectures" if row["first"] == RANDOM else f"{row['first']}, its seeds"
    return f"{row['first']} and {str(row['second']).rpartition(': ')[2]}"


def _method(label: str) -> str:
    return label.rpartition(": ")[0]


def _measure(name: str) -> Any:
    return lambda row: decimal(row[name], 3) if not math.isnan(row[name]) else NOTHING
