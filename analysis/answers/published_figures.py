"""Figures of DARTS' space on CIFAR beside ours: by a method's authors, by others, and our own.

Pure: published figures (``reference/darts_space``, whose README says how they were gathered) and
tables in, rows out. Each figure says which quantity it is; ours are given of the same quantities.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.answers.arms import finite
from analysis.answers.literature import PublishedFigure, find_names, read_figures, read_rules
from analysis.answers.published import tell_rule
from analysis.arms import DIRECT, GIVEN, SOURCE, TRANSFERRED
from analysis.loading.rows import frame
from analysis.numbers import joined, pair_label
from analysis.statistics.best_of import best_of_difference
from analysis.statistics.intervals import Difference, estimate_mean
from harness.results.planned import ExperimentFacts

BEST, MEAN, RELEASED = "best of k", "mean over searches", "released cell"
# In the order of tables: what is said most clearly comes first.
ESTIMANDS = (MEAN, BEST, RELEASED, "one cell", "unknown")
OURS = "ours"
REACHED_BY = ("authors", "others", "unknown", OURS)
# A search on one task and a training on it, or on another one.
SEARCHED = (SOURCE, TRANSFERRED, DIRECT)


class Figure(NamedTuple):
    """A published figure of DARTS' space, or our own of such a quantity; accuracies in percent."""

    method: Annotated[str, "Our title of the method, or name of the given architecture."]
    source: Annotated[str, "Task that was searched."]
    target: Annotated[str, "Task that was trained and tested on."]
    estimand: Annotated[
        str,
        "Which quantity it is: `mean over searches`; `best of k` searched cells retrained, "
        "chosen by validation; `released cell`, retrained; `one cell`, whose choice is not "
        "stated; `unknown`.",
    ]
    best_of: Annotated[int | None, "The k of `best of k`; of others empty."]
    reached_by: Annotated[str, "`authors` of the method, `others`, `unknown`, or `ours`."]
    who: Annotated[str, "Which others."]
    title: Annotated[str, "The method as published; empty for ours."]
    accuracy: Annotated[float | None, "Test accuracy; empty where ours is not known."]
    sd: Annotated[float | None, "Standard deviation, as published, or of our runs."]
    n: Annotated[
        int | None,
        "Searches, or trainings of a cell, that it is the mean of; empty where not stated.",
    ]
    low: Annotated[float | None, "Lower limit of the 95 % interval of ours."]
    high: Annotated[float | None, "Upper limit."]
    origin: Annotated[
        str,
        "Where it was read; of ours, how the interval was computed, or why there is none.",
    ]
    tag: Annotated[
        str,
        "`read` where it was published first, or `cited` elsewhere; empty for ours.",
    ]


@dataclass(frozen=True)
class Figures:
    """Published figures and ours.

    Attributes:
        table: Rows of ``Figure``, where they were reached under like rules.
        refused: Which published figures are not set beside ours, and why, a sentence each.
    """

    table: pd.DataFrame
    refused: tuple[str, ...]


class _Subject(NamedTuple):
    """Something of an experiment that there are published figures of.

    Attributes:
        title: Of the method, or name of the given architecture, in the experiment.
        figures: Of it.
        is_given: Whether it is a given architecture.
    """

    title: str
    figures: list[PublishedFigure]
    is_given: bool


def compare_figures(
    experiments: Mapping[str, ExperimentFacts],
    titles: Mapping[tuple[str, str], str],
    units: pd.DataFrame,
) -> Figures:
    """Return published figures beside ours, where method, source, target and rules fit.

    Args:
        experiments: Facts of each experiment, by name.
        titles: What a method or architecture is called here, by experiment and name there.
        units: Independent observations.
    """
    rules = read_rules()
    rows: dict[Figure, None] = {}
    refused: dict[str, dict[str, None]] = {}
    for name, facts in experiments.items():
        for subject in _list_subjects(rules, facts):
            title = titles[name, subject.title]
            for pair, figures in _by_pair(subject.figures):
                ours = _select(units[units["method"] == title], pair, is_given=subject.is_given)
                if len(ours) == 0:
                    continue
                if differing := joined(_differences(rules, facts, subject, pair), ""):
                    told = f"{title} on {pair_label(*pair)}"
                    refused.setdefault(differing, {})[told] = None
                else:
                    its = [
                        *_list_published(title, pair, figures),
                        *_list_ours(title, pair, ours, figures),
                    ]
                    rows |= dict.fromkeys(sorted(its, key=_rank))
    sentences = (
        f"Published figures of {joined(which)} are not set beside ours, because they were reached "
        f"under other rules; here: {why}."
        for why, which in refused.items()
    )
    return Figures(frame(Figure, rows), tuple(sentences))


def _list_subjects(rules: Mapping[str, Any], facts: ExperimentFacts) -> Iterator[_Subject]:
    """Yield the methods and given architectures of an experiment in the space."""
    experiment = facts.experiment
    judged_by = experiment["protocol"]["train"]["evaluator"]["name"]
    if (experiment["space"]["name"], judged_by) != (rules["space"], rules["judged_by"]):
        return
    for one in experiment["methods"]:
        title = one["label"] or one["name"]
        params = facts.methods[title].params
        figures = [
            figure
            for figure in read_figures()
            if figure.method == one["name"] and figure.params.items() <= params.items()
        ]
        yield _Subject(title, figures, is_given=False)
    for one in experiment.get("architectures", []):
        names = find_names(one["text"])
        figures = [figure for figure in read_figures() if figure.architecture in names]
        yield _Subject(one["name"], figures, is_given=True)


def _by_pair(
    figures: Sequence[PublishedFigure],
) -> Iterator[tuple[tuple[str, str], list[PublishedFigure]]]:
    def pair(figure: PublishedFigure) -> tuple[str, str]:
        return figure.searched, figure.evaluated

    for key, group in groupby(sorted(figures, key=pair), key=pair):
        yield key, list(group)


def _select(units: pd.DataFrame, pair: tuple[str, str], *, is_given: bool) -> pd.DataFrame:
    """Return our runs of a pair that have an accuracy, each search once."""
    source, target = pair
    chosen = units["value"].notna() & (units["target"] == target)
    if is_given:
        return units[chosen & (units["arm"] == GIVEN)]
    chosen &= (units["source"] == source) & units["arm"].isin(SEARCHED)
    return units[chosen].drop_duplicates("unit")


def _differences(
    rules: Mapping[str, Any], facts: ExperimentFacts, subject: _Subject, pair: tuple[str, str]
) -> Iterator[str]:
    """Say which of our rules are not those of the published figures."""
    protocol = facts.experiment["protocol"]
    yield from _compare(rules["train"], protocol["train"]["recipe"])
    tasks = pair[1:] if subject.is_given else pair
    for label in dict.fromkeys(facts.tasks[task].label for task in tasks):
        if "subset" in label:
            yield label
    methods = {one["label"] or one["name"]: one["name"] for one in facts.experiment["methods"]}
    asked = rules["search"].get(methods.get(subject.title), {})
    budget = {"budget": facts.search_budget(subject.title)} if asked else {}
    yield from _compare(asked, {**protocol["search"], **budget}, "search ")


def _compare(asked: Mapping[str, Any], ours: Mapping[str, Any], where: str = "") -> Iterator[str]:
    for key, value in asked.items():
        if ours.get(key) != value:
            yield f"{where}{key} {tell_rule(ours.get(key))} instead of {tell_rule(value)}"


def _list_published(
    title: str, pair: tuple[str, str], figures: Sequence[PublishedFigure]
) -> Iterator[Figure]:
    for one in figures:
        yield Figure(
            title,
            *pair,
            estimand=one.estimand,
            best_of=one.k,
            reached_by=one.trained_by,
            who=one.who,
            title=one.title,
            accuracy=round(100 - one.error, 3),
            sd=one.sd,
            n=one.n,
            low=None,
            high=None,
            origin=one.source,
            tag=one.tag,
        )


def _list_ours(
    title: str, pair: tuple[str, str], ours: pd.DataFrame, figures: Sequence[PublishedFigure]
) -> Iterator[Figure]:
    """Yield our mean, and of searches the expected best of each k that somebody published."""
    values = finite(ours)
    is_given = bool((ours["arm"] == GIVEN).any())
    found: list[tuple[str, int | None, Difference]] = [
        (RELEASED if is_given else MEAN, None, estimate_mean(values))
    ]
    for k in sorted({one.k for one in figures if one.k and not is_given}):
        best = best_of_difference(ours["validation"].to_numpy(float), values, k)
        why = f"it needs {k} searches whose validation accuracy is recorded"
        found.append((BEST, k, best or Difference(math.nan, math.nan, math.nan, why)))
    for estimand, best_of, measured in found:
        interval = measured.interval()
        has_spread = estimand != BEST and len(values) > 1
        yield Figure(
            title,
            *pair,
            estimand=estimand,
            best_of=best_of,
            reached_by=OURS,
            who="",
            title="",
            accuracy=_known(interval.estimate),
            sd=float(np.std(values, ddof=1)) if has_spread else None,
            n=len(values),
            low=_known(interval.low),
            high=_known(interval.high),
            origin=interval.method,
            tag="",
        )


def _rank(figure: Figure) -> tuple[int, int, int]:
    """Return where a figure stands among those of a method on a pair: equal quantities together."""
    by = REACHED_BY.index(figure.reached_by)
    return ESTIMANDS.index(figure.estimand), figure.best_of or 0, by


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
