"""Small-sample statistics: exact tests and t intervals, as the design of a comparison needs them.

Accuracies are in percent, higher is better. The design decides the test, never the data.
"""

from analysis.significance.bayesian import Posterior, bayes_signed_rank
from analysis.significance.counter import counting, tests_run
from analysis.significance.effects import (
    a12,
    a12_interval,
    aso_ratio,
    cliffs_delta,
    magnitude,
    meaning,
    newcombe,
    probability_of_improvement,
    standardised_mean,
)
from analysis.significance.equivalence import (
    Equivalence,
    against_margin,
    has_assay_sensitivity,
    noninferiority_p,
    tost_p,
)
from analysis.significance.exact import (
    brunner_munzel_p,
    exact_rank_p,
    pair_correlation,
    sign_flip,
    sign_flip_p,
    wilcoxon_p,
)
from analysis.significance.home import HomeAdvantage, home_advantage
from analysis.significance.intervals import (
    Difference,
    Interval,
    mean_difference,
    mean_interval,
    paired_difference,
    paired_t,
    pooled_deviation,
    stratified_difference,
    stratified_t,
    welch,
)
from analysis.significance.multiplicity import false_discovery_rate, holm, max_t
from analysis.significance.power import (
    capacity,
    detectable_effect,
    is_feasible,
    noether_runs,
    smallest_p,
    smallest_stratified_p,
)
from analysis.significance.ranking import (
    bars,
    diagram_refusal,
    friedman,
    friedman_permutation,
    nemenyi_distance,
    nemenyi_quantile,
    pairwise_p,
    task_ranks,
)
from analysis.significance.sample import ALPHA, LEVEL, RESOLUTION_DIGITS, PValue, Values
from analysis.significance.stratified import (
    DependentStrataError,
    Stratum,
    stratified_rank,
    whole_run_rank,
)
from analysis.significance.summaries import (
    interquartile_mean,
    normalised,
    optimality_gap,
    performance_profile,
    stratified_bootstrap,
)
from analysis.significance.variance import (
    VarianceComponents,
    optimal_trainings,
    variance_components,
)

__all__ = [
    "ALPHA",
    "LEVEL",
    "RESOLUTION_DIGITS",
    "DependentStrataError",
    "Difference",
    "Equivalence",
    "HomeAdvantage",
    "Interval",
    "PValue",
    "Posterior",
    "Stratum",
    "Values",
    "VarianceComponents",
    "a12",
    "a12_interval",
    "against_margin",
    "aso_ratio",
    "bars",
    "bayes_signed_rank",
    "brunner_munzel_p",
    "capacity",
    "cliffs_delta",
    "counting",
    "detectable_effect",
    "diagram_refusal",
    "exact_rank_p",
    "false_discovery_rate",
    "friedman",
    "friedman_permutation",
    "has_assay_sensitivity",
    "holm",
    "home_advantage",
    "interquartile_mean",
    "is_feasible",
    "magnitude",
    "max_t",
    "mean_difference",
    "mean_interval",
    "meaning",
    "nemenyi_distance",
    "nemenyi_quantile",
    "newcombe",
    "noether_runs",
    "noninferiority_p",
    "normalised",
    "optimal_trainings",
    "optimality_gap",
    "pair_correlation",
    "paired_difference",
    "paired_t",
    "pairwise_p",
    "performance_profile",
    "pooled_deviation",
    "probability_of_improvement",
    "sign_flip",
    "sign_flip_p",
    "smallest_p",
    "smallest_stratified_p",
    "standardised_mean",
    "stratified_bootstrap",
    "stratified_difference",
    "stratified_rank",
    "stratified_t",
    "task_ranks",
    "tests_run",
    "tost_p",
    "variance_components",
    "welch",
    "whole_run_rank",
    "wilcoxon_p",
]
