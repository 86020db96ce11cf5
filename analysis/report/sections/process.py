"""How searches went on, and what a warm start was worth while they did."""

from __future__ import annotations

import math

import pandas as pd

from analysis.answers.warm_starts import HELD
from analysis.figures import anytime as anytime_plot
from analysis.loading.rows import Row
from analysis.numbers import NOTHING, p_value
from analysis.report.document import Block, Section
from analysis.report.gallery import Gallery
from analysis.report.sections.grids import Column, difference, grid, pair_columns, tell_sides
from analysis.study import Study


def section(study: Study, gallery: Gallery) -> Section:
    """Draw how searches went on, and compare continued with cold ones in what they spent."""
    caption = (
        "Quality of the finished searches over cumulative cost, ancestors' searches included. "
        "Thick: median over seeds, marked at each quarter of the budget; band: quartiles; thin: "
        f"seeds, where there are at most {anytime_plot.SEEDS}. Rows measure different things and "
        "are not comparable with each other or with test accuracy."
    )
    blocks: list[Block] = [gallery.show(study, "anytime", caption)]
    table = study.process["process"]
    if len(table):
        blocks.append(_races(study, table))
    ahead, behind = int((table["area_low"] > 0).sum()), int((table["area_high"] < 0).sum())
    remark = tell_sides("mean distance from cold searches", ahead, behind, len(table))
    summary = (
        "Quality over cost, and what continuing a search is worth against starting cold; cost to "
        "reach a quality: tables/reaching.csv."
    )
    return Section("process", "Course of the searches", tuple(blocks), summary, remark)


def _races(study: Study, table: pd.DataFrame) -> Block:
    columns: list[Column] = [
        *pair_columns(),
        ("account", _account),
        ("n", lambda row: f"{row['n_warm']} + {row['n_cold']}"),
        ("jumpstart, pp [95 % CI]", lambda row: _named(row, "jumpstart")),
        ("at the end, pp [95 % CI]", lambda row: _named(row, "asymptotic")),
        ("mean distance, pp [95 % CI]", _area),
        ("exact p", lambda row: p_value(row["p"])),
    ]
    return grid("process", _shown(study, table), columns)


def _shown(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in the currency that budgets are set in; the files hold all of them."""
    budgets = study.tables.runs["budget_currency"].str.split("+").explode()
    chosen = table[table["currency"].isin(budgets.unique())]
    return chosen if len(chosen) else table


def _account(row: Row) -> str:
    held = " (held)" if row.get("note") == HELD else ""
    return f"{row['currency']}, {row['account']}, against {row['cold']}{held}"


def _area(row: Row) -> str:
    """Return the mean distance, or why there is none."""
    return str(row["note"]) if math.isnan(row["area"]) else _named(row, "area")


def _named(row: Row, name: str) -> str:
    shown = {"estimate": row[name], "low": row[f"{name}_low"], "high": row[f"{name}_high"]}
    return NOTHING if math.isnan(row[name]) else difference(shown, "estimate")
