"""What the searches did: how decided they were, and whether they moved at all."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from analysis.answers.evaluation import Results
from analysis.figures import alphas as alphas_plot
from analysis.numbers import TIMES, brief, decimal, p_value
from analysis.report.document import Block, Fold, Section, Text
from analysis.report.gallery import Gallery
from analysis.report.sections.grids import Column, grid

# A search whose parameters moved less than this on average decided by its initial noise.
BARELY_MOVED = 0.05
ROLES = ["source", "direct", "direct_long", "continued", "resumed"]
# What is averaged over seeds; ``changed_at`` is a share of the search's own steps.
NUMBERS = [
    "entropy",
    "margin",
    "mean_change",
    "changed_at",
    "skip_share",
    "quality",
    "seconds",
]
NO_PROBLEM = "none"

Row = dict[str, Any]


def section(results: Results, gallery: Gallery) -> Section:
    """Tell how decided the searches were, over the seeds of each purpose and one by one."""
    title = "Insights of the searches"
    if len(results.tables.searches) == 0:
        return Section("insights", title, (Text("No search was planned."),))
    table = _searches(results)
    blocks: list[Block] = [Text(_EXPLAIN), _means(table), *_agreement(results)]
    blocks.append(Fold("Search by search", (_each(table),)))
    heat_maps = tuple(_heat_maps(results, gallery))
    if heat_maps:
        blocks.append(Fold("Where the architecture parameters ended", heat_maps))
    return Section("insights", title, tuple(blocks))


_EXPLAIN = (
    "Entropy is the mean normalised entropy of the edges' operation probabilities: 1 is where "
    "every search begins, 0 is decided. Margin is the mean distance of the two most probable "
    "operations. The cell last changed at this share of the search's steps; 0: never. Skips are "
    "those of the normal, or the only, cell. Validation is the best of the evaluated candidates, "
    "or for gradient methods the super-network's last accuracy on validation batches. Means over "
    "the seeds. A dash: the method has no such quantity, or no search finished; columns with "
    "nothing but dashes are left out."
)


def _searches(results: Results) -> pd.DataFrame:
    """Return the searches in the order of their methods and purposes, with texts."""
    table = results.tables.searches
    place = table["method"].map({name: at for at, name in enumerate(results.all_methods)})
    table = table.assign(
        place=place,
        purpose=table["role"].map(ROLES.index),
        changed_at=table["last_change_step"] / table["steps"],
        quality=table["best_validation"].fillna(table["validation_accuracy"]),
    )
    rows = [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
    table = table.assign(
        search=[_search(row) for row in rows],
        flags=[flags(row, results.undecided.get(row["job"], "")) for row in rows],
    )
    order = ["study", "place", "purpose", "task", "source", "seed"]
    return table.sort_values(order, kind="stable")


def _agreement(results: Results) -> Iterator[Block]:
    """Tell whether searches with different seeds end alike."""
    if len(results.agreement) == 0:
        return
    yield Text(_EXPLAIN_AGREEMENT)
    columns: list[Column] = [
        ("method", lambda row: str(row["method"])),
        ("search", lambda row: _search({**row, "warm": row["source"] != row["task"]})),
        ("searches", lambda row: str(row["searches"])),
        ("agreement before the first step", lambda row: decimal(row["start"], 3)),
        ("agreement at the end", lambda row: decimal(row["end"], 3)),
        ("p", lambda row: p_value(row["p"])),
    ]
    yield grid("agreement", results.agreement, columns)


_EXPLAIN_AGREEMENT = (
    "Agreement is the mean correlation of alpha between searches that differ in nothing but their "
    "seed. A search that finds something about the data agrees more at its end than before its "
    "first step; p is the share of random relabellings of an edge's operations that agree as much."
)


def _means(table: pd.DataFrame) -> Block:
    columns: list[Column] = [
        ("method", lambda row: str(row["method"])),
        ("search", lambda row: str(row["search"])),
        ("finished", lambda row: f"{row['done']} of {row['n']}"),
        *_numbers("cell last changed at", lambda row: decimal(row["changed_at"])),
        ("flags", lambda row: str(row["flags"])),
    ]
    groups = table.groupby(["study", "method", "search"], sort=False)
    means = groups.agg(
        n=("job", "size"),
        done=("status", lambda column: int((column == "done").sum())),
        **{name: (name, "mean") for name in NUMBERS},
        flags=("flags", _counted),
    )
    return grid("insights", means.reset_index(), columns, optional=_of_some(columns))


def _each(table: pd.DataFrame) -> Block:
    columns: list[Column] = [
        ("method", lambda row: str(row["method"])),
        ("search", lambda row: str(row["search"])),
        ("seed", lambda row: str(row["seed"])),
        *_numbers("cell last changed at step", _last_change),
        ("flags", lambda row: str(row["flags"])),
    ]
    return grid("searches", table, columns, optional=_of_some(columns))


def _numbers(change: str, changed: Callable[[Row], str]) -> list[Column]:
    return [
        ("entropy (1 = uniform)", lambda row: decimal(row["entropy"], 3)),
        ("margin", lambda row: decimal(row["margin"], 3)),
        ("mean change of alpha", lambda row: decimal(row["mean_change"], 3)),
        (change, changed),
        ("share of skips", lambda row: decimal(row["skip_share"])),
        ("validation, %", lambda row: decimal(row["quality"])),
        ("seconds", lambda row: brief(row["seconds"])),
    ]


def _of_some(columns: list[Column]) -> set[str]:
    """Return the titles of what only some methods have."""
    return {title for title, _ in columns[3:9]}


def _counted(texts: pd.Series[Any]) -> str:
    """Return which flags the searches of a purpose have, and how often."""
    counts = Counter(flag for text in texts for flag in str(text).split(", "))
    del counts[NO_PROBLEM]
    return ", ".join(f"{count} {TIMES} {flag}" for flag, count in counts.items()) or NO_PROBLEM


def flags(row: Row, undecided: str) -> str:
    """Return what is suspicious about a search, in words.

    Args:
        row: Of the search.
        undecided: Why it decided nothing; empty if it did.
    """
    if row["status"] != "done":
        return str(row["status"])
    found = []
    if row["mean_change"] < BARELY_MOVED:
        found.append("search barely moved")
    if undecided:
        found.append(f"undecided ({undecided.replace(', ', '; ')})")
    if row["collapse_flag"]:
        words = {"warn": "few weights", "collapse": "collapsed to operations without weights"}
        found.append(words[row["collapse_flag"]])
    return ", ".join(found) or NO_PROBLEM


def _search(row: Row) -> str:
    way = f"{row['source']} → {row['task']}" if row["warm"] else str(row["task"])
    return f"{way} ({row['role']})"


def _last_change(row: Row) -> str:
    if math.isnan(row["last_change_step"]):
        return decimal(math.nan)
    if row["last_change_step"] == 0:
        return "never"
    return f"{row['last_change_step']:.0f} of {brief(row['steps'])}"


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
