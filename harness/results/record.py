"""The vocabulary on disk. Bump SCHEMA when a field changes meaning; old files must still load.

A job is known by its spec: all that determines its outcome. The digest of the spec is the job's
identity, so within an experiment equal jobs are done once and shared between arms. Accuracies are
in percent everywhere.
"""

from __future__ import annotations

import hashlib
import json
import math
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.api import Rules
from harness.config.protocol import CostRules, Plugin, SearchRules, Splits, TrainRules
from harness.config.tuning import MethodSetting
from harness.results.files import file_name

SCHEMA = 1


class Status(StrEnum):
    """How a job ended.

    Diverged is a training whose loss was no longer finite: it has no accuracy, and that is a result
    of what it trained, as a failure is one of the plugin that failed.
    """

    DONE = "done"
    DIVERGED = "diverged"
    FAILED = "failed"
    SKIPPED = "skipped"


class TaskData(Plugin):
    """A task and its data.

    Attributes:
        fingerprint: Of the data.
        proxy: What makes it a proxy of the task, e.g. ``images=0.1``; empty for the task itself.
    """

    fingerprint: str
    proxy: str = ""

    @property
    def title(self) -> str:
        """How plans and reports call it."""
        return f"{self.name}-{self.proxy}" if self.proxy else self.name


class SearchSpec(Rules):
    """A search: all that determines which architecture it finds.

    Attributes:
        method: With every hyper-parameter written out, and where tuned ones come from.
        space: What is searched.
        task: On what.
        splits: Of its development examples.
        rules: Of the search.
        seed: Root of everything random.
        warm_start: Digest of the search it goes on from; None for a cold search.
        costs: What is counted besides accuracy, if anything.
    """

    kind: Literal["search"] = "search"
    method: MethodSetting
    space: Plugin
    task: TaskData
    splits: Splits
    rules: SearchRules
    seed: int
    warm_start: str | None = None
    costs: CostRules | None = None

    @property
    def ancestors(self) -> tuple[str, ...]:
        """Digests of the jobs that have to be done first."""
        return (self.warm_start,) if self.warm_start else ()


class TrainSpec(Rules):
    """A final training: of a given architecture, or of what a search found.

    Attributes:
        search: Digest of the search; None if the architecture is given.
        architecture: In the space's notation; None if a search finds it.
        space: Where it lives.
        task: What it is trained on.
        splits: Of the development examples; all but selection are trained on.
        rules: Of the training.
        seed: Of the search, or the number of a random architecture.
        repeat: Which of several trainings of one architecture.
        costs: What is counted besides accuracy, if anything.
    """

    kind: Literal["train"] = "train"
    search: str | None = None
    architecture: str | None = None
    space: Plugin
    task: TaskData
    splits: Splits
    rules: TrainRules
    seed: int
    repeat: int = 0
    costs: CostRules | None = None

    @property
    def ancestors(self) -> tuple[str, ...]:
        """Digests of the jobs that have to be done first."""
        return (self.search,) if self.search else ()


JobSpec = Annotated[SearchSpec | TrainSpec, Field(discriminator="kind")]


def digest(spec: SearchSpec | TrainSpec) -> str:
    """Return 16 hex digits that change when, and only when, an input of the job does."""
    inputs = {"schema": SCHEMA, **spec.model_dump(mode="json")}
    canonical = json.dumps(inputs, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


class Bill(BaseModel):
    """What a job spent, its own work only; an arm's price is the sum over its ancestors.

    Attributes:
        seconds: Time charged: the method's own plus what evaluations report.
        overhead_seconds: Logging, checkpoints, and own time under a simulated clock.
        examples: Training examples seen.
        validation_examples: Examples drawn from other streams, e.g. for architecture parameters.
        evaluations: Candidates judged.
    """

    model_config = ConfigDict(extra="forbid")

    seconds: float = 0.0
    overhead_seconds: float = 0.0
    examples: int = 0
    validation_examples: int = 0
    evaluations: int = 0


class PluginFile(BaseModel):
    """The file that defines a plugin, as it was when a job ran.

    Attributes:
        file: Its path: below the harness' own folder, or as Python found it.
        distribution: That it came with, and which version.
        state: Of the file in the harness' checkout: ``committed``, ``changed`` or ``untracked``;
            empty if it is in none.
        sha256: The first 16 hex digits of the hash of its content.
    """

    file: str
    distribution: str
    state: str
    sha256: str


class Environment(BaseModel):
    """Where a job ran, and which code.

    Attributes:
        commit: Of the harness' checkout, None outside one.
        dirty: Whether that checkout had code that no commit holds: changed or untracked.
        code: The first 16 hex digits of a hash of the harness' own code, plugins left out.
        plugins: The files of the plugins at work, by kind and name, as ``method darts``.
        hardware: Processor or accelerator.
        device: As torch names it.
        threads: Of the process.
        versions: Of python and the libraries that jobs compute with.
        platform: Operating system and architecture.
    """

    commit: str | None
    dirty: bool | None
    code: str = ""
    plugins: dict[str, PluginFile] = Field(default_factory=dict)
    hardware: str
    device: str
    threads: int
    versions: dict[str, str]
    platform: str


NO_ACCURACY = "The training diverged: its loss was no longer a finite number."


class JobRecord(BaseModel):
    """The summary of a finished job. Self-contained: reading it needs no torch and no plugin.

    Attributes:
        schema_version: Of this file.
        job: The digest.
        name: Readable.
        status: How it ended.
        reason: Why it failed (with traceback), diverged or was skipped.
        spec: All inputs, in full.
        task_label: The task as reports print it; says if it is a subset.
        architecture: Found or trained, in the space's notation.
        graphs: Its cells or chain by name, as ``CellGraph.to_json`` or ``BlockChain.to_json``.
        canonical: The same in canonical form: equal texts are equal networks.
        bill: What it spent.
        insights: What the method last had to say (searches); ``best_validation`` among them.
        test_accuracy: After the last epoch (trainings).
        validation_accuracy: Null unless a rule selects by validation.
        selection_rule: Which epoch's network was tested, e.g. ``last epoch``.
        parameters: Of the trained network, without auxiliary head.
        multiply_adds: Likewise, one image, convolutions and linear layers.
        latency_ms: Looked up in the comparison's latency table; null where there is none.
        cost: In the comparison's currency; null where it counts none.
        split_ids: A hash of the rows of each split; what a table calls it where one is used.
        split_sizes: Images in each split that the job used.
        environment: Where it ran.
        earlier_environments: Where attempts ran that were interrupted, first to last.
        attempts: How often it was started; more than one means it was resumed.
        started: UTC, of the first attempt.
        finished: UTC.
    """

    model_config = ConfigDict(extra="forbid")

    schema_version: int = SCHEMA
    job: str
    name: str
    status: Status
    reason: str | None = None
    spec: JobSpec
    task_label: str = ""
    architecture: str | None = None
    graphs: dict[str, Any] | None = None
    canonical: str | None = None
    bill: Bill = Field(default_factory=Bill)
    insights: dict[str, Any] = Field(default_factory=dict)
    test_accuracy: float | None = None
    validation_accuracy: float | None = None
    selection_rule: str | None = None
    parameters: int | None = None
    multiply_adds: int | None = None
    latency_ms: float | None = None
    cost: float | None = None
    split_ids: dict[str, str] = Field(default_factory=dict)
    split_sizes: dict[str, int] = Field(default_factory=dict)
    environment: Environment | None = None
    earlier_environments: list[Environment] = Field(default_factory=list)
    attempts: int = 1
    started: str = ""
    finished: str = ""

    @model_validator(mode="after")
    def _tell_divergence(self) -> Self:
        """Call a training diverged that ended without an accuracy; earlier files called it done."""
        is_done = self.status is Status.DONE and isinstance(self.spec, TrainSpec)
        accuracy = math.nan if self.test_accuracy is None else self.test_accuracy
        if is_done and not math.isfinite(accuracy):
            self.status, self.reason = Status.DIVERGED, NO_ACCURACY
        return self


class PlannedJob(Rules):
    """A job as the plan lists it.

    Attributes:
        job: The digest.
        name: Readable; with the digest it names the folder.
        spec: All inputs.
    """

    job: str
    name: str
    spec: JobSpec

    @property
    def folder(self) -> str:
        """The folder's name under ``jobs/``."""
        return f"{file_name(self.name)}-{file_name(self.job)}"


class PlannedArm(Rules):
    """One row of the analysis: which jobs make up an arm.

    Attributes:
        arm: Which.
        method: Title of the method; empty for the random arm, which all methods share.
        source: Title of the task of the first search; empty for the random arm.
        target: Of the pair. What was searched and trained on stands in the jobs' specs.
        seed: Of the search; number of the random architecture.
        repeat: Which of several trainings.
        train: Digest of the train job.
        searches: Digests of the searches it rests on, the one trained last.
    """

    arm: str
    method: str
    source: str
    target: str
    seed: int
    repeat: int
    train: str
    searches: tuple[str, ...]


class Plan(Rules):
    """An experiment as jobs, and the arms they make up; ``plan.json``."""

    schema_version: int = SCHEMA
    jobs: tuple[PlannedJob, ...]
    arms: tuple[PlannedArm, ...]


class TaskFacts(Rules):
    """What reports must know of a task without loading it.

    Attributes:
        label: The name as printed; says if it is a subset.
        notice: What every report on it must say.
        inputs: Channels, height, width.
        classes: Number of classes.
        fingerprint: Of its data, as trained on.
        search_fingerprint: As searched, where a table is used on one side only; else empty.
    """

    label: str
    notice: str
    inputs: tuple[int, int, int]
    classes: int
    fingerprint: str
    search_fingerprint: str = ""


class MethodFacts(Rules):
    """What reports must know of a method without loading it.

    Attributes:
        summary: First line of its file: name, authors, idea.
        params: Every hyper-parameter as used.
        defaults: The method's own defaults; where ``params`` differ, it deviates from the paper.
        budget: Limits of each of its searches, by unit; empty where an earlier version wrote none.
        heeds_target: Whether it aims at a target of cost; None where an earlier version wrote none.
    """

    summary: str
    params: dict[str, Any]
    defaults: dict[str, Any]
    budget: dict[str, int | float] = Field(default_factory=dict)
    heeds_target: bool | None = None


class ExperimentFacts(Rules):
    """The resolved inputs of an experiment; ``experiment.json``.

    Attributes:
        experiment: The checked experiment, protocol inlined.
        pairs: Titles of the tasks that are searched and of those that are used.
        methods: By title.
        tasks: By title.
        notices: What a reader must know of how the rules were applied, a sentence each.
    """

    schema_version: int = SCHEMA
    experiment: dict[str, Any]
    pairs: tuple[tuple[str, str], ...]
    methods: dict[str, MethodFacts]
    tasks: dict[str, TaskFacts]
    notices: tuple[str, ...] = ()

    def search_budget(self, title: str) -> dict[str, int | float]:
        """Return the limits of each search by a method, by unit."""
        if found := self.methods[title].budget:
            return found
        protocol = self.experiment["protocol"]  # an earlier version wrote it there only
        names = {one.get("label") or one["name"]: one["name"] for one in self.experiment["methods"]}
        own = protocol["method_budgets"].get(names.get(title))
        limits = own or protocol["search"]["budget"]
        return {unit: limit for unit, limit in limits.items() if limit is not None}

    @model_validator(mode="before")
    @classmethod
    def _names_are_titles(cls, document: Any) -> Any:
        """Read files from before there were proxies, whose pairs are in the experiment only."""
        if isinstance(document, dict) and "pairs" not in document:
            planned = document.get("experiment", {}).get("pairs", ())
            pairs = [(pair["source"]["name"], pair["target"]["name"]) for pair in planned]
            return {**document, "pairs": pairs}
        return document
