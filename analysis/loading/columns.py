"""The rows of every table that is loaded, their fields in the order of the columns on disk.

Accuracies are in percent, times in seconds, digests 16 hex digits. A number that is not known is
NaN, a text that is not known empty.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

# How a run ends that has no accuracy. The first are results of its method, and rank worst.
RANKED_WORST = ("diverged", "failed")
NOT_RUN = ("skipped", "missing")
NO_ACCURACY = (*RANKED_WORST, *NOT_RUN)


class RunRow(NamedTuple):
    """A planned arm of one seed: what was searched and trained, and what became of it."""

    job: Annotated[str, "Digest of the final training."]
    search_job: Annotated[str, "Digest of the last search; empty where nothing is searched."]
    ancestor_jobs: Annotated[str, "Digests of all searches in their order, separated by spaces."]
    method: Annotated[
        str,
        "Title of the method, or name of the given architecture; empty for random ones.",
    ]
    space: Annotated[str, "Name of the search space."]
    arm: Annotated[str, "Name of the arm."]
    source: Annotated[
        str,
        "Task of the first search; where nothing is searched, only that of the arm source.",
    ]
    target: Annotated[str, "Task that the network is trained and tested on."]
    search_seed: Annotated[
        int,
        "Seed of the searches, or of a given architecture's training; number of a random one.",
    ]
    train_seed: Annotated[int, "Which of several trainings of one architecture."]
    split_id: Annotated[str, "Hash of the rows of every split of the training."] = ""
    protocol_hash: Annotated[
        str,
        "Hash of the last search's rules and splits; empty without a search.",
    ] = ""
    training_rules_hash: Annotated[str, "Hash of the training's rules."] = ""
    data_fingerprint: Annotated[str, "Of the target's data."] = ""
    n_train_images: Annotated[float | None, "Images that are trained on."] = None
    n_test_images: Annotated[float | None, "Images that are tested on."] = None
    selection_rule: Annotated[str, "Which epoch's network is tested, as `last epoch`."] = ""
    budget_currency: Annotated[str, "What the last search's budget limits, joined by `+`."] = ""
    val_acc: Annotated[
        float | None,
        "Validation accuracy of the trained network; known where a rule selects by it.",
    ] = None
    test_acc: Annotated[float | None, "Test accuracy of the trained network."] = None
    search_seconds: Annotated[float | None, "Time of all its searches, shared ones in full."] = None
    search_overhead_seconds: Annotated[
        float | None,
        "Of it logging and checkpoints, which no budget counts.",
    ] = None
    search_examples: Annotated[float | None, "Training examples that its searches saw."] = None
    search_evaluations: Annotated[float | None, "Candidates that its searches judged."] = None
    train_seconds: Annotated[float | None, "Time of the training."] = None
    params: Annotated[
        float | None,
        "Parameters of the trained network, without an auxiliary head.",
    ] = None
    macs: Annotated[
        float | None,
        "Multiply-adds of its convolutions and linear layers for one image.",
    ] = None
    latency_ms: Annotated[float | None, "Milliseconds by the experiment's latency table."] = None
    cost: Annotated[float | None, "In the experiment's currency of cost."] = None
    cost_target: Annotated[float | None, "What networks were asked to cost."] = None
    cost_currency: Annotated[str, "What `cost` counts; empty where nothing is counted."] = ""
    architecture: Annotated[str, "In the space's notation."] = ""
    canonical: Annotated[str, "The same in canonical form: equal texts are equal networks."] = ""
    collapse_flag: Annotated[
        str,
        "`warn` or `collapse` where operations without weights rule the cell.",
    ] = ""
    status: Annotated[str, "`done`, `diverged`, `failed`, `skipped` or `missing`."] = ""
    commit: Annotated[str, "Of the harness when it was trained."] = ""
    dirty: Annotated[bool | None, "Whether the harness had code that no commit holds."] = None
    hardware: Annotated[str, "Processor or accelerator that trained it."] = ""
    threads: Annotated[float | None, "Of the process that trained it."] = None
    reason: Annotated[str, "Why there is no result; empty if there is one."] = ""
    experiment: Annotated[str, "Name of the experiment that planned it."] = ""
    unit: Annotated[
        str,
        "What is independent of others: the search, the random architecture, or the seed of a "
        "given architecture's training.",
    ] = ""


class SearchRow(NamedTuple):
    """A search: what it was for, and what its method last said of it."""

    job: Annotated[str, "Its digest."]
    method: Annotated[str, "Title of the method."]
    task: Annotated[str, "Task that it searches."]
    source: Annotated[
        str,
        "Task of the first search of its chain: its own, unless it continues another.",
    ]
    role: Annotated[str, "What it is for: `source`, `direct`, `continued`, ..."]
    seed: Annotated[int, "Of the search."]
    warm: Annotated[bool, "Whether it continues another search."]
    validation_accuracy: Annotated[float, "Of a super-network, on the batches of its last tick."]
    entropy: Annotated[float, "Mean normalised entropy of the edges' probabilities; 1 is uniform."]
    margin: Annotated[float, "Mean distance of an edge's two most probable operations."]
    mean_change: Annotated[
        float,
        "Mean absolute change of the architecture parameters since their start.",
    ]
    skip_share: Annotated[
        float,
        "Share of skip connections in the normal, or the only, cell found.",
    ]
    population_quality: Annotated[float, "Of a population, mean score less its spread (EAT-NAS)."]
    population_mean: Annotated[float, "Mean score of a population."]
    population_std: Annotated[float, "Standard deviation of a population's scores."]
    expected_cost: Annotated[
        float,
        "What networks cost on average under the architecture parameters.",
    ]
    skipped_share: Annotated[
        float,
        "Share of draws that were passed over for their cost (ProxylessNAS).",
    ]
    last_change_step: Annotated[float, "Step at which the derived architecture last changed."]
    steps: Annotated[float, "Steps that it took."]
    seconds: Annotated[float, "Its time, without that of searches that it continues."]
    examples: Annotated[float, "Training examples that it saw."]
    evaluations: Annotated[float, "Candidates that it judged."]
    best_validation: Annotated[
        float,
        "Best validation accuracy of a candidate judged at full effort.",
    ]
    status: Annotated[str, "How it ended, as a run's."]
    reason: Annotated[str, "Why there is no result; empty if there is one."]
    collapse_flag: Annotated[
        str,
        "`warn` or `collapse` where operations without weights rule the cell.",
    ]


class TickRow(NamedTuple):
    """A moment of a search that it logged: what was spent so far, and what was known then."""

    job: Annotated[str, "Digest of the search."]
    tick: Annotated[float, "Number of the moment; 0 is before the first step."]
    step: Annotated[float, "Steps so far."]
    epoch: Annotated[float, "Passes over the training images so far."]
    seconds: Annotated[float, "Time so far."]
    examples: Annotated[float, "Training examples so far."]
    evaluations: Annotated[float, "Candidates judged so far."]
    incumbent: Annotated[str, "What the search would answer now, in the space's notation."]
    best_val_so_far: Annotated[
        float,
        "Best validation accuracy of a candidate judged at full effort so far.",
    ]
    validation_accuracy: Annotated[float, "Of a super-network, on the batches since the last tick."]
    entropy: Annotated[float, "As in `searches`, at this moment."]
    margin: Annotated[float, "As in `searches`, at this moment."]
    mean_change: Annotated[float, "As in `searches`, at this moment."]
    skip_share: Annotated[
        float,
        "Share of skip connections in the cell that the search would answer now.",
    ]
    population_quality: Annotated[float, "As in `searches`, at this moment."]
    population_mean: Annotated[float, "As in `searches`, at this moment."]
    population_std: Annotated[float, "As in `searches`, at this moment."]
    expected_cost: Annotated[float, "As in `searches`, at this moment."]
    skipped_share: Annotated[float, "As in `searches`, at this moment."]


class AlphaRow(NamedTuple):
    """An architecture parameter at a tick of a gradient search."""

    job: Annotated[str, "Digest of the search."]
    tick: Annotated[int, "Number of the moment."]
    epoch: Annotated[float, "Passes over the training images so far."]
    cell: Annotated[str, "Name of the cell; empty where edges are of no cell."]
    edge: Annotated[str, "Name of the edge."]
    op: Annotated[str, "Operation on it."]
    alpha: Annotated[float, "The raw parameter, before a softmax or the like."]


class JobRow(NamedTuple):
    """A planned job, each once, and how it ended."""

    job: Annotated[str, "Its digest."]
    name: Annotated[str, "Its readable name."]
    kind: Annotated[str, "`search` or `train`."]
    task: Annotated[str, "Task that it works on."]
    images: Annotated[str, "How many images of each split it used, in words."]
    experiment: Annotated[str, "Where it was found."]
    status: Annotated[str, "How it ended, as a run's."]
    reason: Annotated[str, "Why there is no result; empty if there is one."]
    seconds: Annotated[
        float | None,
        "What it spent itself; of a result that was looked up, what the table recorded.",
    ]
    is_looked_up: Annotated[bool, "Whether its results were looked up."]
    schema_version: Annotated[int | None, "Of its record."]
    fault: Annotated[str, "Why a file of it that is there cannot be read."]
