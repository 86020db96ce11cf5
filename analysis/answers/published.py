"""Published results of searches beside ours: same protocol or what differs, and whether they agree.

Pure: published values (a document of ``reference/``) and tables in, rows out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import pandas as pd

from analysis.answers.arms import finite
from analysis.arms import TRANSFERRED
from analysis.loading.rows import frame
from analysis.statistics.best_of import best_of_difference
from analysis.statistics.intervals import Difference, Interval, combine, estimate_mean
from harness.config.documents import read_yaml
from harness.errors import ConfigError
from harness.results.planned import ExperimentFacts

FOLDER = Path(__file__).with_name("reference")
# Differences within this many percentage points are agreement, unless a document says otherwise.
MARGIN = 0.25
AGREES, DIFFERS, CANNOT_TELL = "agrees", "differs", "cannot tell"
NOT_COMPARABLE = "not comparable"
# How sure a published number may be; one from memory is none.
TAGS = {
    "read": "read in the paper",
    "cited": "taken from later papers that cite it",
}
# What was searched on the published task and trained there, or elsewhere.
ARMS = ("source", TRANSFERRED)


class Published(NamedTuple):
    """A published result beside ours; accuracies in percent, differences in percentage points."""

    paper: Annotated[str, "Where it was published."]
    method: Annotated[str, "Our title of the method."]
    source: Annotated[str, "Task that was searched."]
    target: Annotated[str, "Task that found architectures were tested on."]
    best_of: Annotated[
        int,
        "1 for a mean over searches; k for the mean of the best of k, chosen by validation.",
    ]
    published: Annotated[float, "Test accuracy, as published."]
    published_sd: Annotated[
        float | None,
        "Standard deviation between the published searches, or groups of k of them.",
    ]
    published_n: Annotated[int | None, "How many these were."]
    tag: Annotated[str, "How sure the published number is, a key of `TAGS`."]
    ours: Annotated[
        float | None,
        "The same quantity of our searches; None where validation is unknown or they are fewer "
        "than k.",
    ]
    ours_low: Annotated[float | None, "Lower limit of its 95 % interval."]
    ours_high: Annotated[float | None, "Upper limit."]
    n: Annotated[int, "Our searches."]
    difference: Annotated[float | None, "Ours less the published."]
    low: Annotated[
        float | None,
        "Lower limit of its 95 % interval, which holds the published spread, too.",
    ]
    high: Annotated[float | None, "Upper limit."]
    interval: Annotated[str, "How that was computed, or why there is none."]
    margin: Annotated[float, "Differences up to this are agreement."]
    protocol: Annotated[str, "What of our protocol is not as published; empty if nothing is."]
    verdict: Annotated[
        str,
        "`agrees`: the interval is inside the margin; `differs`: it excludes 0 and reaches "
        "beyond the margin; else `cannot tell`. `not comparable`: see `protocol`.",
    ]


def read_published(folder: Path = FOLDER) -> list[dict[str, Any]]:
    """Return every document of published results.

    Raises:
        ConfigError: If a number is not from a source, so that no such number enters a report, or
            if it is not said whether it is a mean over searches or the best of several.
    """
    documents = []
    for file in sorted(folder.glob("*.yaml")):
        document = read_yaml(file)
        for result in document["results"]:
            which = f"{file}: the published result of {result.get('method')} has"
            if result.get("tag") not in TAGS:
                raise ConfigError(
                    f"{which} the tag {result.get('tag')!r}; a number that enters a report is one "
                    f"of {', '.join(TAGS)}: look it up in its source, or leave it out."
                )
            if not isinstance(result.get("best_of"), int) or result["best_of"] < 1:
                raise ConfigError(
                    f"{which} best_of {result.get('best_of')!r}; expected 1 for a mean over "
                    "searches, or k for the best of k by validation: look it up in its source."
                )
        documents.append(document)
    return documents


def published_table(
    documents: list[dict[str, Any]],
    experiments: Mapping[str, ExperimentFacts],
    titles: Mapping[tuple[str, str], str],
    units: pd.DataFrame,
) -> pd.DataFrame:
    """Return a row for every published result that there are searches for, as ``Published``.

    Args:
        documents: Published results.
        experiments: Facts of each experiment, by name.
        titles: What a method is called here, by experiment and title there.
        units: Independent observations.
    """
    found: dict[tuple[Any, ...], Published] = {}
    for document in documents:
        for name, facts in experiments.items():
            for one in facts.experiment["methods"]:
                own = one["label"] or one["name"]
                for result in document["results"]:
                    if result["method"] == one["name"] and _is_judged_alike(document, facts):
                        protocol = ", ".join(_differences(result, own, document, facts))
                        chosen = units[units["method"] == titles[name, own]]
                        for row in _rows(document, result, protocol, chosen):
                            found.setdefault((row.paper, row.method, row.target, row.best_of), row)
    return frame(Published, found.values())


def judge(difference: Interval, margin: float) -> str:
    """Return whether a difference is agreement, a difference, or neither can be told."""
    low, high = difference.low, difference.high
    if -margin <= low and high <= margin:
        return AGREES
    return DIFFERS if low > 0 or high < 0 else CANNOT_TELL


def tell_rule(value: Any) -> str:
    """Return a rule in words: {"evaluations": 100} is 100 evaluations."""
    if not isinstance(value, Mapping):
        return "none" if value is None else json.dumps(value)
    return ", ".join(f"{limit:,} {unit}" for unit, limit in value.items())


def _is_judged_alike(document: Mapping[str, Any], facts: ExperimentFacts) -> bool:
    protocol, space = facts.experiment["protocol"], facts.experiment["space"]["name"]
    ours = (space, protocol["train"]["evaluator"]["name"])
    return ours == (document["space"], document["judged_by"])


def _rows(
    document: Mapping[str, Any], result: Mapping[str, Any], protocol: str, units: pd.DataFrame
) -> Iterator[Published]:
    own = units[(units["source"] == document["searched"]) & units["arm"].isin(ARMS)]
    k, margin = result["best_of"], float(document.get("margin", MARGIN))
    for task, (mean, sd) in zip(document["tasks"], result["values"], strict=True):
        chosen = own[(own["target"] == task) & own["value"].notna()]
        if len(chosen) == 0:
            continue
        ours = _measure(chosen, k)
        interval = combine([(1.0, ours)], ours.method).interval()
        published = _read_summary(mean, sd, result["trials"])
        difference = combine([(1.0, ours), (-1.0, published)], "Welch").interval()
        yield Published(
            paper=document["source"],
            method=chosen["method"].iloc[0],
            source=document["searched"],
            target=task,
            best_of=k,
            published=mean,
            published_sd=sd,
            published_n=result["trials"],
            tag=result["tag"],
            ours=_known(interval.estimate),
            ours_low=_known(interval.low),
            ours_high=_known(interval.high),
            n=len(chosen),
            difference=_known(difference.estimate),
            low=_known(difference.low),
            high=_known(difference.high),
            interval=difference.method,
            margin=margin,
            protocol=protocol,
            verdict=NOT_COMPARABLE if protocol else judge(difference, margin),
        )


def _measure(units: pd.DataFrame, k: int) -> Difference:
    """Return what was published of our own searches: their mean, or the expected best of k."""
    if k == 1:
        return estimate_mean(finite(units))
    found = best_of_difference(units["validation"].to_numpy(float), finite(units), k)
    if found is None:
        why = f"the best of {k} needs {k} searches whose validation accuracy is recorded"
        return Difference(math.nan, math.nan, math.nan, why)
    return found


def _read_summary(mean: float, sd: float | None, n: int | None) -> Difference:
    """Return a published mean with its error."""
    if sd is None or n is None or n < 2:
        return Difference(mean, math.nan, math.nan, "no spread between searches is published")
    return Difference(mean, sd / math.sqrt(n), n - 1, "t")


def _differences(
    result: Mapping[str, Any], title: str, document: Mapping[str, Any], facts: ExperimentFacts
) -> Iterator[str]:
    """Say what of our protocol is not as published."""
    protocol = facts.experiment["protocol"]
    asked, task = result["protocol"], document["searched"].partition("-")[0]
    search = {**protocol["search"], **protocol.get("tasks", {}).get(task, {})}
    ours = {
        "evaluator": search["evaluator"]["name"],
        "fidelities": list(search["fidelities"]),
        "budget": facts.search_budget(title),
        "batch_size": search["batch_size"],
        "supernet": search["supernet"],
    }
    for key, value in ours.items():
        if key in asked and asked[key] != value:
            yield f"{key} {tell_rule(value)} instead of {tell_rule(asked[key])}"
    params = facts.methods[title].params
    for key, value in result.get("params", {}).items():
        if params.get(key) != value:
            yield f"{key} {params.get(key)} instead of {value}"
    if "images" in asked and "subset" in facts.tasks[document["searched"]].label:
        yield "searched on a subset"


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
