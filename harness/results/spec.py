"""What determines a job's outcome; its digest is the job's identity.

Within an experiment equal jobs are done once and shared between arms. Bump SCHEMA when a field on
disk changes meaning; old files must still load.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal

from pydantic import Field

from harness.api import Rules
from harness.config.costs import CostRules
from harness.config.protocol import Plugin, SearchRules, Splits, TrainRules
from harness.config.tuning import MethodSetting

SCHEMA = 1


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
        seed: Of the search, or of a given architecture's training; the number of a random one.
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
