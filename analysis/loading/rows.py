"""Rows of a table: typed when they are made, by the names of their columns when they are read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, get_type_hints

import pandas as pd

Row = dict[str, Any]


def frame(kind: type[NamedTuple], rows: Iterable[NamedTuple]) -> pd.DataFrame:
    """Return a table of typed rows; without rows it has the columns all the same.

    Args:
        kind: Type of the rows; its fields are the columns.
        rows: What the table holds. A number that is None is NaN in the table, so nothing in a CSV.
    """
    table = pd.DataFrame(list(rows), columns=list(kind._fields))
    unknown = {name for name in table if len(table) and table[name].isna().all()}
    return table.astype(dict.fromkeys([*floats_of(kind), *unknown], float))


def floats_of(kind: type[NamedTuple]) -> list[str]:
    """Return the columns that hold floats, also where all are whole or none is known."""
    hints = get_type_hints(kind)
    return [name for name in kind._fields if hints[name] in {float, float | None}]


def list_rows(table: pd.DataFrame) -> list[Row]:
    """Return the rows of a table by the names of its columns."""
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
