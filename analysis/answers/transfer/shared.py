"""The same architecture on source and target: what each search's own cell reached on both.

Only the arms ``source`` and ``transferred`` train one search's architecture on both tasks, so they
alone allow a rank correlation between tasks.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from analysis.answers.transfer.gaps import Pairs, design_cells, select
from analysis.arms import TRANSFERRED
from analysis.statistics.correlations import correlations, tau_interval

SHARED_COLUMNS = ["method", "source", "target", "seed", "on_source", "on_target"]
AGREEMENT_COLUMNS = [
    "source",
    "target",
    "n",
    "methods",
    "kendall",
    "low",
    "high",
    "spearman",
    "interval",
]


def shared_table(units: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Return one row for every search whose architecture was trained on both tasks of a pair."""
    parts = [pd.DataFrame(columns=SHARED_COLUMNS)]
    for method, (source, target) in design_cells(units, pairs):
        if source == target:
            continue
        pair = (source, target)
        sides = [select(units, method, arm, pair) for arm in ("source", TRANSFERRED)]
        both = sides[0].merge(sides[1], on="unit", suffixes=("_source", "_target"))
        found = pd.DataFrame(
            {
                "seed": both["seed_source"],
                "on_source": both["value_source"],
                "on_target": both["value_target"],
            }
        )
        found = found.dropna().assign(method=method, source=source, target=target)
        if len(found):
            parts.append(found[SHARED_COLUMNS])
    return pd.concat(parts[1:] or parts, ignore_index=True)


def agreement_table(shared: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Return how the architectures of all searches of a pair rank on source and target."""
    rows: list[dict[str, Any]] = []
    for key, group in shared.groupby(["source", "target"], sort=False):
        s, t = (group[name].to_numpy(float) for name in ("on_source", "on_target"))
        found = correlations(s, t)
        interval = tau_interval(s, t, np.random.default_rng([seed, len(rows)]))
        rows.append(
            dict(zip(["source", "target"], key, strict=True))
            | {
                "n": len(s),
                "methods": group["method"].nunique(),
                "kendall": found.kendall,
                "low": interval.low,
                "high": interval.high,
                "spearman": found.spearman if len(s) > 1 else math.nan,
                "interval": interval.method,
            }
        )
    return pd.DataFrame(rows, columns=AGREEMENT_COLUMNS)
