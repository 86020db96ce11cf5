"""How a job ended. Accuracies are in percent everywhere."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.results.spec import SCHEMA, JobSpec, TrainSpec


class Status(StrEnum):
    """How a job ended.

    Diverged is a training whose loss was no longer finite: it has no accuracy, and that is a result
    of what it trained, as a failure is one of the plugin that failed.
    """

    DONE = "done"
    DIVERGED = "diverged"
    FAILED = "failed"
    SKIPPED = "skipped"


class Bill(BaseModel):
    """What a job spent, its own work only; an arm's price is the sum over its ancestors.

    Attributes:
        seconds: Time charged: the method's own plus what evaluations report.
        overhead_seconds: Logging, checkpoints, and own time under a simulated clock.
        examples: Training examples seen.
        validation_examples: Examples drawn from other streams, e.g. for architecture parameters.
        evaluations: Candidates evaluated.
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
        multiply_adds: Of the same network, one image, convolutions and linear layers.
        latency_ms: Looked up in the comparison's latency table; null where there is none.
        cost: In the comparison's currency; null where it counts none.
        split_ids: A hash of the rows of each split; what a table calls it where one is used.
        split_sizes: Images in each split that the job used.
        execution: How its steps ran in the last attempt: ``steps`` captured or eager, ``layout`` of
            images in memory, ``precision``; empty where nothing was trained step by step.
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
    execution: dict[str, str] = Field(default_factory=dict)
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
