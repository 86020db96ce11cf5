"""Published results of searches beside ours: same protocol or what differs, and whether they agree.

Pure: published values (a document of ``reference/``) and tables in, rows out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.arms import TRANSFERRED
from analysis.statistics.intervals import Interval, mean_interval
from harness.config.documents import read_yaml
from harness.errors import ConfigError
from harness.results.planned import ExperimentFacts

FOLDER = Path(__file__).with_name("reference")
# Means agree if they differ by no more than the larger of the two.
POINTS, STANDARD_ERRORS = 0.25, 3.0
# How sure a published number may be; one from memory is none.
TAGS = {
    "read": "read in the paper",
    "cited": "taken from later papers that cite it",
}
# What was searched on the published task and trained there, or elsewhere.
ARMS = ("source", TRANSFERRED)


@dataclass(frozen=True)
class Row:
    """A published mean beside ours.

    Attributes:
        method: Its title there.
        task: That the found architectures were tested on.
        published: Mean, in percent.
        deviation: Between published searches.
        trials: Published searches.
        tag: How sure the published number is.
        ours: Our mean with its interval.
        n: Our searches.
        bound: Largest difference that counts as agreement; NaN where ours has no spread.
        differences: What of the protocol is not as published; empty if nothing is.
    """

    method: str
    task: str
    published: float
    deviation: float
    trials: int
    tag: str
    ours: Interval
    n: int
    bound: float
    differences: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """Whether the means agree; under another protocol that is not asked."""
        if self.differences:
            return "not comparable"
        if math.isnan(self.bound):
            return "too few runs"
        is_close = abs(self.ours.estimate - self.published) <= self.bound
        return "agrees" if is_close else "differs"


def read_published(folder: Path = FOLDER) -> list[dict[str, Any]]:
    """Return every document of published results.

    Raises:
        ConfigError: If a number is not from a source, so that no such number enters a report.
    """
    documents = []
    for file in sorted(folder.glob("*.yaml")):
        document = read_yaml(file)
        for result in document["results"]:
            if result.get("tag") not in TAGS:
                raise ConfigError(
                    f"{file}: the published result of {result.get('method')} has the tag "
                    f"{result.get('tag')!r}; a number that enters a report is one of "
                    f"{', '.join(TAGS)}: look it up in its source, or leave it out."
                )
        documents.append(document)
    return documents


def compare_published(
    document: Mapping[str, Any], facts: ExperimentFacts, units: pd.DataFrame
) -> Iterator[Row]:
    """Yield a row for every published mean that the experiment has searches for.

    Args:
        document: Published results.
        facts: Of the experiment.
        units: Independent observations.
    """
    protocol, space = facts.experiment["protocol"], facts.experiment["space"]["name"]
    if (space, protocol["train"]["evaluator"]["name"]) != (
        document["space"],
        document["judged_by"],
    ):
        return
    titles = {one["label"] or one["name"]: one["name"] for one in facts.experiment["methods"]}
    for title, name in titles.items():
        for result in document["results"]:
            if result["method"] == name:
                yield from _rows(document, result, title, facts, units)


def _rows(
    document: Mapping[str, Any],
    result: Mapping[str, Any],
    title: str,
    facts: ExperimentFacts,
    units: pd.DataFrame,
) -> Iterator[Row]:
    own = units[
        (units["method"] == title)
        & (units["source"] == document["searched"])
        & units["arm"].isin(ARMS)
    ]
    for task, (mean, deviation) in zip(document["tasks"], result["values"], strict=True):
        values = own.loc[own["target"] == task, "value"].dropna().to_numpy(dtype=float)
        if len(values):
            yield Row(
                method=title,
                task=task,
                published=mean,
                deviation=deviation,
                trials=result["trials"],
                tag=result["tag"],
                ours=mean_interval(values),
                n=len(values),
                bound=_bound(values, deviation, result["trials"]),
                differences=tuple(_differences(result, title, document["searched"], facts)),
            )


def _bound(values: np.ndarray[Any, np.dtype[np.float64]], deviation: float, trials: int) -> float:
    if len(values) < 2:
        return math.nan
    error = math.sqrt(float(values.var(ddof=1)) / len(values) + deviation**2 / trials)
    return max(POINTS, STANDARD_ERRORS * error)


def _differences(
    result: Mapping[str, Any], title: str, searched: str, facts: ExperimentFacts
) -> Iterator[str]:
    """Say what of our protocol is not as published."""
    asked, search = result["protocol"], facts.experiment["protocol"]["search"]
    ours = {
        "evaluator": search["evaluator"]["name"],
        "fidelities": list(search["fidelities"]),
        "budget": facts.search_budget(title),
        "batch_size": search["batch_size"],
        "supernet": search["supernet"],
    }
    for key, value in ours.items():
        if key in asked and asked[key] != value:
            yield f"{key} {_told(value)} instead of {_told(asked[key])}"
    params = facts.methods[title].params
    for key, value in result.get("params", {}).items():
        if params.get(key) != value:
            yield f"{key} {params.get(key)} instead of {value}"
    if "images" in asked and "subset" in facts.tasks[searched].label:
        yield "searched on a subset"


def _told(value: Any) -> str:
    """Return a rule in words: {"evaluations": 100} is 100 evaluations."""
    if not isinstance(value, Mapping):
        return json.dumps(value)
    return ", ".join(f"{limit:,} {unit}" for unit, limit in value.items())
