"""What an experiment holds: its jobs, the arms that they make up, and its resolved inputs."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from harness.api import Rules
from harness.results.files import file_name
from harness.results.spec import SCHEMA, JobSpec


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
        method: Title of the method, or name of the given architecture; empty for the random arm,
            which all methods share.
        source: Title of the task of the first search, or that a given architecture is trained on
            as on its source; empty for the arms given and random.
        target: Of the pair. The jobs' specs say what was searched and trained on.
        seed: Of the search, or of the given architecture's training; number of the random one.
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
