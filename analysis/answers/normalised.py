"""Test accuracies on one scale for all tasks: 0 for random architectures, 1 for the best known."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.arms import RANDOM, SEARCHED
from analysis.statistics.summaries import normalised

SCORE_COLUMNS = ["method", "arm", "target", "unit", "score"]
# What is trained on a target and may be put together over targets.


def normalised_scores(units: pd.DataFrame) -> pd.DataFrame:
    """Return the score of every finished run on each target that has random architectures.

    The best known is the best run of the study on that target, so that scores of two studies are
    not comparable.

    Args:
        units: One row per independent observation.
    """
    rows = units[np.isfinite(units["value"].astype(float))]
    parts = []
    for target, group in rows.groupby("target", sort=False):
        random = group.loc[group["arm"] == RANDOM, "value"]
        floor = float(random.mean()) if len(random) else math.nan
        arms = group[group["arm"].isin(SEARCHED)]
        arms = arms[~arms.duplicated(["method", "arm", "unit"])]
        score = normalised(arms["value"].to_list(), floor, float(group["value"].max()))
        parts.append(arms.assign(score=score, target=target))
    table = pd.concat(parts) if parts else pd.DataFrame(columns=SCORE_COLUMNS)
    return table[np.isfinite(table["score"].astype(float))][SCORE_COLUMNS].reset_index(drop=True)
