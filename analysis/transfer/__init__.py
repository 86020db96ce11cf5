"""Transferability at the level of outcomes: what a proxy costs, keeps and saves."""

from analysis.transfer.asymmetry import asymmetry_table, noise, permutation_interval
from analysis.transfer.consistency import brown_forsythe_p, consistency_table, spread_ratio
from analysis.transfer.equivalents import equivalent_budget, equivalent_table
from analysis.transfer.gains import gain_table, relative_improvement, size_adjusted_gain
from analysis.transfer.gaps import (
    GAPS,
    Pairs,
    design_cells,
    difference,
    gap_table,
    matched,
    paired_differences,
    select,
)
from analysis.transfer.populations import (
    all_worse_probability,
    equivalent_draws,
    expected_best,
    normalised_regret,
    percentile_rank,
    range_regret,
)
from analysis.transfer.retention import Ratio, fieller, retention, retention_table
from analysis.transfer.savings import (
    cost_saving,
    end_to_end,
    saving_table,
    transfer_efficiency,
)
from analysis.transfer.tables import transfer_tables

__all__ = [
    "GAPS",
    "Pairs",
    "Ratio",
    "all_worse_probability",
    "asymmetry_table",
    "brown_forsythe_p",
    "consistency_table",
    "cost_saving",
    "design_cells",
    "difference",
    "end_to_end",
    "equivalent_budget",
    "equivalent_draws",
    "equivalent_table",
    "expected_best",
    "fieller",
    "gain_table",
    "gap_table",
    "matched",
    "noise",
    "normalised_regret",
    "paired_differences",
    "percentile_rank",
    "permutation_interval",
    "range_regret",
    "relative_improvement",
    "retention",
    "retention_table",
    "saving_table",
    "select",
    "size_adjusted_gain",
    "spread_ratio",
    "transfer_efficiency",
    "transfer_tables",
]
