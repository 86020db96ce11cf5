"""The columns of every table that is loaded, in their order on disk."""

from __future__ import annotations

# How a run ends that has no accuracy. The first are results of its method, and rank worst.
RANKED_WORST = ("diverged", "failed")
NOT_RUN = ("skipped", "missing")
NO_ACCURACY = (*RANKED_WORST, *NOT_RUN)

RUN_COLUMNS = [
    "job",
    "search_job",
    "ancestor_jobs",
    "method",
    "space",
    "arm",
    "source",
    "target",
    "search_seed",
    "train_seed",
    "split_id",
    "protocol_hash",
    "training_rules_hash",
    "data_fingerprint",
    "n_train_images",
    "n_test_images",
    "selection_rule",
    "budget_currency",
    "val_acc",
    "test_acc",
    "search_seconds",
    "search_overhead_seconds",
    "search_examples",
    "search_evaluations",
    "train_seconds",
    "params",
    "macs",
    "latency_ms",
    "cost",
    "cost_target",
    "cost_currency",
    "architecture",
    "canonical",
    "collapse_flag",
    "status",
    "commit",
    "dirty",
    "hardware",
    "threads",
    "reason",
    "experiment",
    "unit",
]
# Of the runs: what is a number even where it is unknown, and what is a text.
NUMBERS = [
    "val_acc",
    "test_acc",
    "search_seconds",
    "search_overhead_seconds",
    "search_examples",
    "search_evaluations",
    "train_seconds",
    "params",
    "macs",
    "latency_ms",
    "cost",
    "cost_target",
    "n_train_images",
    "n_test_images",
    "threads",
]
TEXTS = [
    "cost_currency",
    "split_id",
    "selection_rule",
    "architecture",
    "canonical",
    "collapse_flag",
    "commit",
    "hardware",
]
JOB_COLUMNS = [
    "job",
    "name",
    "kind",
    "task",
    "images",
    "experiment",
    "status",
    "reason",
    "seconds",
    "schema_version",
    "fault",
]
ENVIRONMENT_COLUMNS = [
    "commit",
    "dirty",
    "code",
    "hardware",
    "device",
    "threads",
    "platform",
    "versions",
    "jobs",
    "interrupted",
]

PLUGIN_COLUMNS = ["plugin", "file", "distribution", "state", "sha256", "jobs"]

# Numbers that gradient methods report at every tick.
INSIGHTS = (
    "validation_accuracy",
    "entropy",
    "margin",
    "mean_change",
    "skip_share",
    "population_quality",
    "population_mean",
    "population_std",
    "expected_cost",
    "skipped_share",
)

TRACE_COLUMNS = [
    "job",
    "tick",
    "step",
    "epoch",
    "seconds",
    "examples",
    "evaluations",
    "incumbent",
    "best_val_so_far",
    *list(INSIGHTS),
]
ALPHA_COLUMNS = ["job", "tick", "epoch", "cell", "edge", "op", "alpha"]
SEARCH_COLUMNS = [
    "job",
    "method",
    "task",
    "source",
    "role",
    "seed",
    "warm",
    *list(INSIGHTS),
    "last_change_step",
    "steps",
    "seconds",
    "examples",
    "evaluations",
    "best_validation",
    "status",
    "reason",
]
