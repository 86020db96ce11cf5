"""What the analysis relies on in the free parts of a job's files, checked as they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from harness.api import Graphs
from harness.interfaces.graph import graph_from_json


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


_INSIGHTS, _ROWS = TypeAdapter(_Insights), TypeAdapter(list[_Row])


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
