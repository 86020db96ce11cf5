"""From a table of numbers to a table of texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from analysis.architectures.metrics import MEAN
from analysis.loading.rows import Row, list_rows
from analysis.numbers import NOTHING, decimal, interval, joined, pair_label
from analysis.report.document import Block, Grid, Text

# A title, and how the text of a row, or of whatever a table lists, is made.
Column = tuple[str, Callable[[Any], str]]

# Texts that say that a value is not known.
NO_VALUE = frozenset({NOTHING, "unknown", "undefined", "", f"{NOTHING} {NOTHING}"})
# Columns that say what a row is about, not what was found.
KEYS = frozenset(
    {"method", "arm", "pair", "on", "searched → trained on", "search", "cell", "n", "comparison",
     "difference", "interval", "trained on", "networks", "tasks", "from", "to", "account"}
)  # fmt: skip


def grid(name: str, items: pd.DataFrame | Sequence[Any], columns: Sequence[Column]) -> Block:
    """Render a table; a column without a value is left out, and a table of nothing is one line.

    Args:
        name: Of the table's file.
        items: What has a row each: the rows of a table, or anything else.
        columns: Titles, and how a row's text is made.
    """
    listed = list_rows(items) if isinstance(items, pd.DataFrame) else items
    if not listed:
        return Text(f"There is nothing to list: tables/{name}.csv has no such row.")
    texts = {title: [text(item) for item in listed] for title, text in columns}
    known = {title: its for title, its in texts.items() if not NO_VALUE.issuperset(its)}
    if KEYS.issuperset(known):
        absent = joined(title for title in texts if title not in KEYS)
        return Text(f"No row of tables/{name}.csv has a value of: {absent}.")
    return Grid(name, tuple(known), tuple(zip(*known.values(), strict=True)))


def whole_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows about architectures as wholes where there are any, else all."""
    whole = table[table["cell"] == MEAN]
    return whole if len(whole) else table


def difference(row: Row, estimate: str) -> str:
    """Return a signed difference with its interval, or with why there is none."""
    if math.isnan(row[estimate]):
        return "unknown"
    limits = interval(row["low"], row["high"])
    has_limits = not math.isnan(row["low"])
    return f"{decimal(row[estimate], signed=True)} {limits if has_limits else ''}".strip()


def fields(*names: str) -> list[Column]:
    """Return the columns that print fields under their own names."""

    def text_of(name: str) -> Callable[[Any], str]:
        return lambda row: str(row[name])

    return [(name, text_of(name)) for name in names]


def pair_columns() -> list[Column]:
    """Return the columns that say which method and pair a row is about."""
    return [*fields("method"), ("pair", lambda row: pair_label(row["source"], row["target"]))]


def arm_columns() -> list[Column]:
    """Return the columns that say which arm a row is about."""
    return [
        ("method", lambda row: str(row["method"]) or "shared by all"),
        *fields("arm"),
        ("searched → trained on", _path),
    ]


def _path(row: Row) -> str:
    return f"{row['source']} → {row['target']}" if row["source"] else str(row["target"])


def tell_sides(what: str, above: int, below: int, number: int) -> str:
    """Say how many of a table's intervals exclude zero; empty if none does."""
    if not above + below:
        return ""
    return f"{what}: of {number} intervals, not corrected, {above} above zero, {below} below"
