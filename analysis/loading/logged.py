"""What the analysis relies on in the free parts of a job's files, checked as they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from harness.api import Graphs
from harness.interfaces.graph import graph_from_json
from harness.results.planned import ExperimentFacts


class _Insights(TypedDict):
    """What a method had to say: raw architecture parameters, one list for each edge."""

    alphas: NotRequired[list[list[float | None]]]
    edges: NotRequired[list[tuple[str, list[str]]]]


class _Row(TypedDict):
    """A line of a trajectory."""

    tick: int
    step: int
    epoch: float
    seconds: float
    examples: int
    evaluations: int
    incumbent: NotRequired[str | None]
    insights: NotRequired[_Insights | None]
    graphs: NotRequired[dict[str, Any] | None]


class _Choice(TypedDict):
    """A plugin with its hyper-parameters; of a method also what it is called and takes part in."""

    name: str
    params: NotRequired[dict[str, Any]]
    label: NotRequired[str | None]
    arms: NotRequired[list[str] | None]


class _Size(TypedDict):
    channels: int
    cells: int


class _Recipe(_Size):
    epochs: int
    batch_size: int
    epoch_examples: NotRequired[int | None]


class _SearchRules(TypedDict):
    supernet: _Size
    batch_size: int
    budget: dict[str, float | None]


class _TrainRules(TypedDict):
    recipe: _Recipe


class _Compared(TypedDict):
    arm: str
    against: str


class _Splits(TypedDict):
    train: float
    validation: float
    selection: float


class _Protocol(TypedDict):
    name: str
    splits: _Splits
    search: _SearchRules
    train: _TrainRules
    primary: list[_Compared]
    random_architectures: int
    margin: NotRequired[float | None]
    method_budgets: NotRequired[dict[str, dict[str, float | None] | None]]


class _Architecture(TypedDict):
    name: str
    text: str
    origin: NotRequired[str]


class _Experiment(TypedDict):
    """The resolved experiment, as far as a report reads it."""

    space: _Choice
    methods: list[_Choice]
    seeds: list[int]
    train_seeds: int
    arms: list[str]
    protocol: _Protocol
    architectures: NotRequired[list[_Architecture]]


_INSIGHTS, _ROWS = TypeAdapter(_Insights), TypeAdapter(list[_Row])
_EXPERIMENT = TypeAdapter(_Experiment)


def check_experiment(facts: ExperimentFacts) -> None:
    """Refuse an experiment without what every report says of it.

    Raises:
        ValueError: If something is missing or of another type, or LookupError if the methods and
            pairs of its plan are not those that it describes.
    """
    experiment = _EXPERIMENT.validate_python(facts.experiment)
    for choice in experiment["methods"]:
        _ = facts.methods[choice.get("label") or choice["name"]]
    for _, target in facts.pairs:  # of a source that is only named no facts are known
        _ = facts.tasks[target]


def read_graphs(documents: Mapping[str, Any]) -> Graphs:
    """Return an architecture's cells by name.

    Raises:
        ValueError: If one is no graph, or TypeError, KeyError or AttributeError.
    """
    return {name: graph_from_json(document) for name, document in documents.items()}


def check_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a trajectory without what every row has.

    Raises:
        ValueError: As ``read_graphs`` of what the search began from.
    """
    _ROWS.validate_python(rows)
    if rows:
        read_graphs(rows[0].get("graphs") or {})


def check_insights(insights: Mapping[str, Any]) -> None:
    """Refuse insights that hold something else under a name that the analysis knows.

    Raises:
        ValueError: If so.
    """
    _INSIGHTS.validate_python(insights)
