"""From a table of numbers to a table of texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pandas as pd

from analysis.architectures.metrics import MEAN
from analysis.loading.rows import Row, list_rows
from analysis.numbers import NOTHING, decimal, interval, joined
from analysis.report.document import Block, Grid, Text

Column = tuple[str, Callable[[Row], str]]

# Texts that say that a value is not known.
NO_VALUE = frozenset({NOTHING, "unknown", "undefined", "", f"{NOTHING} {NOTHING}"})
# Columns that say what a row is about, not what was found.
KEYS = frozenset(
    {"method", "arm", "pair", "on", "searched → trained on", "search", "cell", "n", "comparison",
     "difference", "interval", "trained on", "networks", "tasks", "from", "to", "account"}
)  # fmt: skip


def grid(name: str, table: pd.DataFrame, columns: Sequence[Column]) -> Block:
    """Render rows; what no row has a value of is left out, and a table of nothing is one line.

    Args:
        name: Of the table's file.
        table: Rows.
        columns: Titles, and how a row's text is made.
    """
    return known_grid(name, [title for title, _ in columns], [
        tuple(text(row) for _, text in columns) for row in list_rows(table)
    ])  # fmt: skip


def known_grid(name: str, titles: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Block:
    """Return a table without the columns that no row has a value of, or a line if none is left."""
    if not rows:
        return Text(f"There is nothing to list: tables/{name}.csv has no such row.")
    is_known = [any(row[place] not in NO_VALUE for row in rows) for place, _ in enumerate(titles)]
    values = [
        title for title, known in zip(titles, is_known, strict=True) if title not in KEYS and known
    ]
    if not values:
        absent = joined(title for title in titles if title not in KEYS)
        return Text(f"No row of tables/{name}.csv has a value of: {absent}.")
    return Grid(
        name,
        tuple(title for title, known in zip(titles, is_known, strict=True) if known),
        tuple(
            tuple(text for text, known in zip(row, is_known, strict=True) if known) for row in rows
        ),
    )


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


def arm_columns() -> list[Column]:
    """Return the columns that say which arm a row is about."""
    return [
        ("method", lambda row: str(row["method"]) or "shared by all"),
        ("arm", lambda row: str(row["arm"])),
        ("searched → trained on", _path),
    ]


def _path(row: Row) -> str:
    return f"{row['source']} → {row['target']}" if row["source"] else str(row["target"])


def tell_sides(what: str, above: int, below: int, number: int) -> str:
    """Say how many of a table's intervals exclude zero; empty if none does."""
    if not above + below:
        return ""
    return f"{what}: of {number} intervals, not corrected, {above} above zero, {below} below"
