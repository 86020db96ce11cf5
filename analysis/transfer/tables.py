"""Every table of transfer statistics of some experiments, by the name of its file."""

from __future__ import annotations

import pandas as pd

from analysis.load import Tables
from analysis.transfer.asymmetry import asymmetry_table
from analysis.transfer.consistency import consistency_table
from analysis.transfer.equivalents import equivalent_table
from analysis.transfer.further_images import crossed_table
from analysis.transfer.gaps import Pairs
from analysis.transfer.retention import retention_table
from analysis.transfer.savings import saving_table
from analysis.transfer.shared import agreement_table, shared_table


def transfer_tables(tables: Tables, units: pd.DataFrame, pairs: Pairs) -> dict[str, pd.DataFrame]:
    """Return retention, random-search equivalents, savings, consistency, asymmetry and agreement.

    Args:
        tables: As loaded.
        units: Independent observations.
        pairs: Sources and targets by study.
    """
    shared = shared_table(units, pairs)
    return {
        "retention": retention_table(units, pairs),
        "equivalents": equivalent_table(units),
        "savings": saving_table(tables.runs, pairs),
        "consistency": consistency_table(units, pairs),
        "asymmetry": asymmetry_table(units, tables.runs, pairs),
        "shared": shared,
        "agreement": agreement_table(shared),
        "crossed": crossed_table(tables, units, pairs),
    }
