"""Transferability at the level of populations: does the ranking of architectures transfer?"""

from analysis.ranks.ceilings import (
    Ceiling,
    attenuation,
    noise_ceiling,
    reliability,
    spearman_brown,
    within_sd,
)
from analysis.ranks.correlations import (
    Correlations,
    correlations,
    fieller_z,
    kendall,
    quantised,
    share,
    tau_difference,
    tau_interval,
    top,
)
from analysis.ranks.selection import (
    Overlap,
    TargetRanks,
    overlap_curve,
    precision_at_k,
    regret_curve,
    target_ranks_at_k,
    top_k_overlap,
)

__all__ = [
    "Ceiling",
    "Correlations",
    "Overlap",
    "TargetRanks",
    "attenuation",
    "correlations",
    "fieller_z",
    "kendall",
    "noise_ceiling",
    "overlap_curve",
    "precision_at_k",
    "quantised",
    "regret_curve",
    "reliability",
    "share",
    "spearman_brown",
    "target_ranks_at_k",
    "tau_difference",
    "tau_interval",
    "top",
    "top_k_overlap",
    "within_sd",
]
