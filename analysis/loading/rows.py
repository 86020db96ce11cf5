"""Rows of a table as dictionaries."""

from __future__ import annotations

from typing import Any

import pandas as pd

Row = dict[str, Any]


def list_rows(table: pd.DataFrame) -> list[Row]:
    """Return the rows of a table by the names of its columns."""
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
