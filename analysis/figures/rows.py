"""Which rows a figure draws: what serves two arms is drawn once."""

from __future__ import annotations

import pandas as pd


def drawn_once(rows: pd.DataFrame, identity: str) -> pd.DataFrame:
    """Return the rows without those of a source arm that another arm has, too.

    In designs with both directions the source arm of one pair is the direct arm of the other.

    Args:
        rows: Of one study.
        identity: Column by which two rows are the same thing.
    """
    key = ["method", "target", identity]
    last = rows.assign(is_source=rows["arm"] == "source").sort_values("is_source", kind="stable")
    return rows[~last.duplicated(key).reindex(rows.index)]
