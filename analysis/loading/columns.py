"""The rows of every table that is loaded, their fields in the order of the columns on disk.

Accuracies are in percent, times in seconds, digests 16 hex digits. A number that is not known is
NaN, a text that is not known empty.
"""

from __future__ import annotations

from typing import NamedTuple

# How a run ends that has no accuracy. The first are results of its method, and rank worst.
RANKED_WORST = ("diverged", "failed")
NOT_RUN = ("skipped", "missing")
NO_ACCURACY = (*RANKED_WORST, *NOT_RUN)


class RunRow(NamedTuple):
    """A planned arm of one seed: what was searched and trained, and what became of it.

    Attributes:
        job: Digest of the final training.
        search_job: Digest of the last search; empty where nothing is searched.
        ancestor_jobs: Digests of all searches in their order, separated by spaces.
        method: Title of the method, or name of the given architecture; empty for random ones.
        space: Name of the search space.
        arm: Name of the arm.
        source: Task of the first search; where nothing is searched, only that of the arm source.
        target: Task that the network is trained and tested on.
        search_seed: Seed of the searches, or of a given architecture's training; number of a random
            one.
        train_seed: Which of several trainings of one architecture.
        split_id: Hash of the rows of every split of the training.
        protocol_hash: Hash of the last search's rules and splits; empty without a search.
        training_rules_hash: Hash of the training's rules.
        data_fingerprint: Of the target's data.
        n_train_images: Images that are trained on.
        n_test_images: Images that are tested on.
        selection_rule: Which epoch's network is tested, as ``last epoch``.
        budget_currency: What the last search's budget limits, joined by ``+``.
        val_acc: Validation accuracy of the trained network; known where a rule selects by it.
        test_acc: Test accuracy of the trained network.
        search_seconds: Time of all its searches, shared ones in full.
        search_overhead_seconds: Of it logging and checkpoints, which no budget counts.
        search_examples: Training examples that its searches saw.
        search_evaluations: Candidates that its searches judged.
        train_seconds: Time of the training.
        params: Parameters of the trained network, without an auxiliary head.
        macs: Multiply-adds of its convolutions and linear layers for one image.
        latency_ms: Milliseconds by the experiment's latency table.
        cost: In the experiment's currency of cost.
        cost_target: What networks were asked to cost.
        cost_currency: What ``cost`` counts; empty where nothing is counted.
        architecture: In the space's notation.
        canonical: The same in canonical form: equal texts are equal networks.
        collapse_flag: ``warn`` or ``collapse`` where operations without weights rule the cell.
        status: ``done``, ``diverged``, ``failed``, ``skipped`` or ``missing``.
        commit: Of the harness when it was trained.
        dirty: Whether the harness had code that no commit holds.
        hardware: Processor or accelerator that trained it.
        threads: Of the process that trained it.
        reason: Why there is no result; empty if there is one.
        experiment: Name of the experiment that planned it.
        unit: What is independent of others: the search, the random architecture, or the seed of a
            given architecture's training.
    """

    job: str
    search_job: str
    ancestor_jobs: str
    method: str
    space: str
    arm: str
    source: str
    target: str
    search_seed: int
    train_seed: int
    split_id: str = ""
    protocol_hash: str = ""
    training_rules_hash: str = ""
    data_fingerprint: str = ""
    n_train_images: float | None = None
    n_test_images: float | None = None
    selection_rule: str = ""
    budget_currency: str = ""
    val_acc: float | None = None
    test_acc: float | None = None
    search_seconds: float | None = None
    search_overhead_seconds: float | None = None
    search_examples: float | None = None
    search_evaluations: float | None = None
    train_seconds: float | None = None
    params: float | None = None
    macs: float | None = None
    latency_ms: float | None = None
    cost: float | None = None
    cost_target: float | None = None
    cost_currency: str = ""
    architecture: str = ""
    canonical: str = ""
    collapse_flag: str = ""
    status: str = ""
    commit: str = ""
    dirty: bool | None = None
    hardware: str = ""
    threads: float | None = None
    reason: str = ""
    experiment: str = ""
    unit: str = ""


class SearchRow(NamedTuple):
    """A search: what it was for, and what its method last said of it.

    Attributes:
        job: Its digest.
        method: Title of the method.
        task: Task that it searches.
        source: Task of the first search of its chain: its own, unless it continues another.
        role: What it is for: ``source``, ``direct``, ``continued``, ...
        seed: Of the search.
        warm: Whether it continues another search.
        validation_accuracy: Of a super-network, on the batches of its last tick.
        entropy: Mean normalised entropy of the edges' probabilities; 1 is uniform.
        margin: Mean distance of an edge's two most probable operations.
        mean_change: Mean absolute change of the architecture parameters since their start.
        skip_share: Share of skip connections in the normal, or the only, cell found.
        population_quality: Of a population, mean score less its spread (EAT-NAS).
        population_mean: Mean score of a population.
        population_std: Standard deviation of a population's scores.
        expected_cost: What networks cost on average under the architecture parameters.
        skipped_share: Share of draws that were passed over for their cost (ProxylessNAS).
        last_change_step: Step at which the derived architecture last changed.
        steps: Steps that it took.
        seconds: Its time, without that of searches that it continues.
        examples: Training examples that it saw.
        evaluations: Candidates that it judged.
        best_validation: Best validation accuracy of a candidate judged at full effort.
        status: How it ended, as a run's.
        reason: Why there is no result; empty if there is one.
        collapse_flag: ``warn`` or ``collapse`` where operations without weights rule the cell.
    """

    job: str
    method: str
    task: str
    source: str
    role: str
    seed: int
    warm: bool
    validation_accuracy: float
    entropy: float
    margin: float
    mean_change: float
    skip_share: float
    population_quality: float
    population_mean: float
    population_std: float
    expected_cost: float
    skipped_share: float
    last_change_step: float
    steps: float
    seconds: float
    examples: float
    evaluations: float
    best_validation: float
    status: str
    reason: str
    collapse_flag: str


class TickRow(NamedTuple):
    """A moment of a search that it logged: what was spent so far, and what was known then.

    Attributes:
        job: Digest of the search.
        tick: Number of the moment; 0 is before the first step.
        step: Steps so far.
        epoch: Passes over the training images so far.
        seconds: Time so far.
        examples: Training examples so far.
        evaluations: Candidates judged so far.
        incumbent: What the search would answer now, in the space's notation.
        best_val_so_far: Best validation accuracy of a candidate judged at full effort so far.
        validation_accuracy: Of a super-network, on the batches since the last tick.
        entropy: As in ``searches``, at this moment.
        margin: As in ``searches``, at this moment.
        mean_change: As in ``searches``, at this moment.
        skip_share: Share of skip connections in the cell that the search would answer now.
        population_quality: As in ``searches``, at this moment.
        population_mean: As in ``searches``, at this moment.
        population_std: As in ``searches``, at this moment.
        expected_cost: As in ``searches``, at this moment.
        skipped_share: As in ``searches``, at this moment.
    """

    job: str
    tick: float
    step: float
    epoch: float
    seconds: float
    examples: float
    evaluations: float
    incumbent: str
    best_val_so_far: float
    validation_accuracy: float
    entropy: float
    margin: float
    mean_change: float
    skip_share: float
    population_quality: float
    population_mean: float
    population_std: float
    expected_cost: float
    skipped_share: float


class AlphaRow(NamedTuple):
    """An architecture parameter at a tick of a gradient search.

    Attributes:
        job: Digest of the search.
        tick: Number of the moment.
        epoch: Passes over the training images so far.
        cell: Name of the cell; empty where edges are of no cell.
        edge: Name of the edge.
        op: Operation on it.
        alpha: The raw parameter, before a softmax or the like.
    """

    job: str
    tick: int
    epoch: float
    cell: str
    edge: str
    op: str
    alpha: float


class JobRow(NamedTuple):
    """A planned job, each once, and how it ended.

    Attributes:
        job: Its digest.
        name: Its readable name.
        kind: ``search`` or ``train``.
        task: Task that it works on.
        images: How many images of each split it used, in words.
        experiment: Where it was found.
        status: How it ended, as a run's.
        reason: Why there is no result; empty if there is one.
        seconds: What it spent itself; of a result that was looked up, what the table recorded.
        is_looked_up: Whether its results were looked up.
        schema_version: Of its record.
        fault: Why a file of it that is there cannot be read.
    """

    job: str
    name: str
    kind: str
    task: str
    images: str
    experiment: str
    status: str
    reason: str
    seconds: float | None
    is_looked_up: bool
    schema_version: int | None
    fault: str
