"""What the searches did: how decided they were, and whether they moved at all."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.arms import ROLES
from analysis.figures import alphas as alphas_plot
from analysis.loading.rows import Row, list_rows
from analysis.numbers import brief, decimal, p_value, spans
from analysis.report.document import Block, Fold, Section, Text
from analysis.report.gallery import Gallery
from analysis.report.sections.grids import Column, fields, grid
from analysis.study import Study

# A search whose parameters moved less than this on average decided by its initial noise.
BARELY_MOVED = 0.05
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


def section(study: Study, gallery: Gallery) -> Section:
    """Tell how decided the searches were, over the seeds of each purpose and one by one."""
    title = "Searches"
    if len(study.tables.searches) == 0:
        return Section("insights", title, (Text("No search was planned."),), "none was planned")
    table = _searches(study)
    blocks: list[Block] = [_means(table), *_agreement(study)]
    if heat_maps := tuple(_heat_maps(study, gallery)):
        blocks.append(Fold("Where the architecture parameters ended", heat_maps))
    flagged = int((table["flags"] != NO_PROBLEM).sum())
    remark = f"{flagged} of {len(table)} searches are flagged"
    summary = "How decided searches ended, whether seeds agree, and which seeds are suspicious."
    return Section("insights", title, tuple(blocks), summary, remark * (flagged > 0))


def _searches(study: Study) -> pd.DataFrame:
    """Return the searches in the order of their methods and purposes, with texts."""
    table = study.tables.searches
    place = table["method"].map({name: at for at, name in enumerate(study.methods)})
    table = table.assign(
        place=place,
        purpose=table["role"].map(ROLES.index),
        changed_at=table["last_change_step"] / table["steps"],
        quality=table["best_validation"].fillna(table["validation_accuracy"]),
    )
    rows = list_rows(table)
    table = table.assign(
        search=[_search(row) for row in rows],
        flags=[flags(row, study.undecided.get(row["job"], "")) for row in rows],
    )
    order = ["place", "purpose", "task", "source", "seed"]
    return table.sort_values(order, kind="stable")


def _agreement(study: Study) -> Iterator[Block]:
    """Tell whether searches with different seeds end alike."""
    if len(study.agreement) == 0:
        return
    columns: list[Column] = [
        *fields("method"),
        ("search", lambda row: _search({**row, "warm": row["source"] != row["task"]})),
        *fields("searches"),
        ("agreement before the first step", lambda row: decimal(row["start"], 3)),
        ("agreement at the end", lambda row: decimal(row["end"], 3)),
        ("p", lambda row: p_value(row["p"])),
    ]
    yield grid("search_agreement", study.agreement, columns)


def _means(table: pd.DataFrame) -> Block:
    columns: list[Column] = [
        *fields("method", "search"),
        ("finished", lambda row: f"{row['done']} of {row['n']}"),
        ("entropy (1 = uniform)", lambda row: decimal(row["entropy"], 3)),
        ("margin", lambda row: decimal(row["margin"], 3)),
        ("mean change of alpha", lambda row: decimal(row["mean_change"], 3)),
        ("cell last changed at", lambda row: decimal(row["changed_at"])),
        ("share of skips", lambda row: decimal(row["skip_share"])),
        ("validation, %", lambda row: decimal(row["quality"])),
        ("seconds", lambda row: brief(row["seconds"])),
        *fields("flags"),
    ]
    groups = table.groupby(["method", "search"], sort=False)
    means = groups.agg(
        n=("job", "size"),
        done=("status", lambda column: int((column == "done").sum())),
        **{name: (name, "mean") for name in NUMBERS},
    )
    means["flags"] = [_name_flags(group) for _, group in groups]
    return grid("searches", means.reset_index(), columns)


def _name_flags(group: pd.DataFrame) -> str:
    """Return which flags the searches of a purpose have, and the seeds that have them."""
    seeds: dict[str, list[int]] = {}
    for text, seed in zip(group["flags"], group["seed"], strict=True):
        for flag in text.split(", "):
            seeds.setdefault(flag, []).append(int(seed))
    seeds.pop(NO_PROBLEM, None)
    return "; ".join(f"{flag}: {spans(its)}" for flag, its in seeds.items())


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
        found.append("undecided")
    if row["collapse_flag"]:
        words = {"warn": "few weights", "collapse": "collapsed"}
        found.append(words[row["collapse_flag"]])
    return ", ".join(found) or NO_PROBLEM


def _search(row: Row) -> str:
    way = f"{row['source']} → {row['task']}" if row["warm"] else str(row["task"])
    return f"{way} ({row['role']})"


def _heat_maps(study: Study, gallery: Gallery) -> Iterator[Block]:
    table = alphas_plot.collect(study)
    for number, (method, its) in enumerate(table.groupby("method", sort=False), start=1):
        caption = (
            f"{method}: mean share of each operation at the end of the searches, in multiples of "
            "the uniform share: orange is more, purple less, grey no such operation."
        )
        yield gallery.add_figure(alphas_plot.draw(its), f"alphas-{number}", caption, its)
