"""From a table of numbers to a table of texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any

import pandas as pd

from analysis.numbers import NOTHING, decimal, interval
from analysis.report.document import Grid

Column = tuple[str, Callable[[dict[str, Any]], str]]


def grid(
    name: str, table: pd.DataFrame, columns: Sequence[Column], *, optional: Collection[str] = ()
) -> Grid:
    """Render rows; a study column comes first if there are several studies.

    Args:
        name: Of the table's file.
        table: Rows.
        columns: Titles, and how a row's text is made.
        optional: Titles of columns that are left out where every row has a dash.
    """
    rows = [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
    shown = [
        (title, text)
        for title, text in columns
        if title not in optional or any(text(row) != NOTHING for row in rows)
    ]
    if "study" in table and table["study"].nunique() > 1:
        shown.insert(0, ("study", lambda row: str(row["study"])))
    return Grid(
        name=name,
        columns=tuple(title for title, _ in shown),
        rows=tuple(tuple(text(row) for _, text in shown) for row in rows),
    )


def difference(row: dict[str, Any], estimate: str) -> str:
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


def _path(row: dict[str, Any]) -> str:
    return f"{row['source']} → {row['target']}" if row["source"] else str(row["target"])
