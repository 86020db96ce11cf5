"""Rows of a table: typed when they are made, by the names of their columns when they are read."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any, NamedTuple, get_type_hints

import pandas as pd

Row = dict[str, Any]


# The type of the rows of a table, or of the parts that each row is made of.
Kind = type[NamedTuple] | tuple[type[NamedTuple], ...]


def frame(kind: Kind, rows: Iterable[Any]) -> pd.DataFrame:
    """Return a table of typed rows; without rows it has the columns all the same.

    Args:
        kind: Type of the rows, or of their parts; the fields are the columns.
        rows: What the table holds: a row each, or its parts. A number that is None is NaN in the
            table, so nothing in a CSV.
    """
    whole = rows if not isinstance(kind, tuple) else (chain.from_iterable(row) for row in rows)
    table = pd.DataFrame(list(map(tuple, whole)), columns=name_columns(kind))
    unknown = {name for name in table if len(table) and table[name].isna().all()}
    return table.astype(dict.fromkeys([*floats_of(kind), *unknown], float))


def name_columns(kind: Kind) -> list[str]:
    """Return the columns of a table."""
    return [name for part in list_parts(kind) for name in part._fields]


def floats_of(kind: Kind) -> list[str]:
    """Return the columns that hold floats, also where all are whole or none is known."""
    hints = {name: hint for part in list_parts(kind) for name, hint in get_type_hints(part).items()}
    return [name for name in name_columns(kind) if hints[name] in {float, float | None}]


def list_parts(kind: Kind) -> tuple[type[NamedTuple], ...]:
    """Return the parts that rows are made of: themselves, if nothing else."""
    return kind if isinstance(kind, tuple) else (kind,)


def list_rows(table: pd.DataFrame) -> list[Row]:
    """Return the rows of a table by the names of its columns."""
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
