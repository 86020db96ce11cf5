"""Every table of similarities that a report shows or writes down, over all studies."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.answers.cells.searched import collect_found, group_table, stability_table
from analysis.answers.cells.trained import functional_table, mantel_table
from analysis.architectures.chance import Chance
from analysis.loading.load import Tables

# Of the relabellings that tests draw where they cannot try all.
SEED = 0


def similarity_tables(tables: Tables, chances: Mapping[str, Chance]) -> dict[str, pd.DataFrame]:
    """Return stability, group tests, Mantel tests and functional similarity, by file name."""
    parts: dict[str, list[pd.DataFrame]] = {}
    for study, chance in chances.items():
        rng = np.random.default_rng(SEED)
        collection = collect_found(tables, study)
        made = {
            "similarity_stability": stability_table(study, collection, chance),
            "similarity_groups": group_table(study, collection, rng),
            "similarity_mantel": mantel_table(tables, study, rng),
            "similarity_functional": functional_table(tables, study),
        }
        for name, table in made.items():
            parts.setdefault(name, []).append(table)
    return {name: stack(found) for name, found in parts.items()}


def stack(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Put tables under each other; empty ones only where all are."""
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]
