"""Every table of transfer statistics of some experiments, by the name of its file."""

from __future__ import annotations

import pandas as pd

from analysis.answers.transfer.consistency import consistency_table
from analysis.answers.transfer.equivalents import equivalent_table
from analysis.answers.transfer.further_images import crossed_table
from analysis.answers.transfer.gaps import Pairs
from analysis.answers.transfer.populations import find_populations
from analysis.answers.transfer.retention import retention_table
from analysis.answers.transfer.savings import saving_table
from analysis.answers.transfer.shared import agreement_table, shared_table
from analysis.loading.load import Tables


def transfer_tables(tables: Tables, units: pd.DataFrame, pairs: Pairs) -> dict[str, pd.DataFrame]:
    """Return retention, random-search equivalents, savings, consistency and agreement.

    Args:
        tables: As loaded.
        units: Independent observations.
        pairs: Sources and targets.
    """
    shared = shared_table(units, pairs)
    return {
        "retention": retention_table(units, pairs),
        "equivalents": equivalent_table(
            units, find_populations(tables.members.experiments, tables.runs)
        ),
        "savings": saving_table(tables.runs, pairs),
        "consistency": consistency_table(units, pairs),
        "shared": shared,
        "agreement": agreement_table(shared),
        "crossed": crossed_table(tables, units, pairs),
    }
