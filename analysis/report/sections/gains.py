"""What searching is worth: gains over random architectures, and how many of these it equals."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from analysis.answers.transfer.populations import is_looked_up
from analysis.loading.rows import Row
from analysis.numbers import NOTHING, decimal, joined
from analysis.report.document import Block, Text
from analysis.report.sections.grids import Column, arm_columns, difference, grid
from analysis.study import Study


def gains(study: Study) -> Sequence[Block]:
    """Return the table of gains, and where its numbers are from."""
    equivalents = study.transfer["equivalents"]
    if len(equivalents) == 0:
        nothing = "No random architectures were planned, so there is no floor to measure from."
        return (Text(nothing),)
    table = equivalents.merge(
        study.gains.drop(columns=["n", "n_random"]),
        on=["method", "arm", "source", "target"],
        how="left",
        suffixes=("_draws", ""),
    )
    columns: list[Column] = [
        *arm_columns(),
        ("n", lambda row: f"{row['n']} + {row['n_random']}"),
        ("gain of the mean, pp [95 % CI]", lambda row: difference(row, "gain")),
        ("of the best of k, pp [95 % CI]", _best),
        ("at equal size, pp [95 % CI]", _adjusted),
        ("RI, %", lambda row: decimal(row["relative_improvement"], signed=True)),
        ("A12 [95 % CI]", _a12),
        ("worth random draws", _draws),
        ("regret [95 % CI]", _regret),
        ("percentile", lambda row: decimal(row["percentile"], 1)),
    ]
    return _where_from(study, equivalents), grid("gains", table, columns)


def _where_from(study: Study, equivalents: pd.DataFrame) -> Block:
    """Say which numbers were looked up and which are estimates."""
    looked_up = equivalents[equivalents["architectures"] > 0]
    told = []
    if len(looked_up):
        size, targets = looked_up["architectures"].max(), joined(looked_up["target"].unique())
        told.append(
            f"On {targets}, random draws, regret and percentile are looked up among all {size:,} "
            "architectures of the space; intervals are those of the arm's mean."
        )
    if len(looked_up) < len(equivalents):
        told.append(
            "≈: random draws estimated from the random arm, which tells no more than its own best."
        )
        if any(map(is_looked_up, study.experiments.values())):
            told.append(
                "The table of the whole space was not found; HARNESS_DATA says where it is."
            )
    return Text(" ".join(told))


def _a12(row: Row) -> str:
    """Return A12 with its interval, where there is one."""
    limits = [decimal(row[name]) for name in ("a12_low", "a12_high")]
    known = not math.isnan(row["a12_low"])
    return f"{decimal(row['a12'])} [{', '.join(limits)}]" if known else decimal(row["a12"])


def _adjusted(row: Row) -> str:
    shown = {"gain": row["adjusted_gain"], "low": row["adjusted_low"], "high": row["adjusted_high"]}
    mark = "*" if row["outside"] > 0 else ""
    return difference(shown, "gain") + mark


def _best(row: Row) -> str:
    shown = {"gain": row["best_gain"], "low": row["best_low"], "high": row["best_high"]}
    return NOTHING if math.isnan(row["best_gain"]) else difference(shown, "gain")


def _draws(row: Row) -> str:
    """Return the equivalent number of random draws; its limits may lie beyond what is known."""
    is_estimate = row["architectures"] == 0
    beyond = f"> {row['n_random']}" if is_estimate else "more than any"
    found, low, high = (_count(row[name], beyond) for name in ("draws", "low_draws", "high_draws"))
    limits = "" if math.isnan(row["low_draws"]) else f" [{low}, {high}]"
    return f"{'≈ ' * (is_estimate and found != NOTHING)}{found}{limits}"


def _count(value: float, beyond: str) -> str:
    if math.isnan(value):
        return NOTHING
    if value < 1:
        return f"< {1}"
    return f"{value:,.0f}" if math.isfinite(value) else beyond


def _regret(row: Row) -> str:
    if math.isnan(row["regret"]):
        return NOTHING
    limits = [decimal(row[name], 3) for name in ("regret_low", "regret_high")]
    has_limits = not math.isnan(row["regret_low"])
    return decimal(row["regret"], 3) + (f" [{', '.join(limits)}]" if has_limits else "")
