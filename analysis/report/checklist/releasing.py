"""Releasing code: is everything named that is needed to run it again?"""

from __future__ import annotations

import pandas as pd

from analysis.numbers import joined, several, spans
from analysis.report.checklist.finding import (
    FAIL,
    NEEDS_HUMAN,
    NOT_APPLICABLE,
    NOTHING_SEARCHED,
    PASS,
    Finding,
    Item,
)
from analysis.study import Study

NOTHING_RAN = "no job has finished"


def training_code(study: Study) -> Finding:
    """The code of the final training is released: repository and commit are recorded."""
    runs = study.tables.runs
    done = runs[runs["status"] == "done"]
    return _code(done, "the final trainings")


def space_code(study: Study) -> Finding:
    """The code of the search space is released."""
    facts = study.experiments.values()
    spaces = {str(its.experiment["space"]["name"]) for its in facts}
    return _code(study.tables.environments, f"the space {joined(sorted(spaces))}")


def training_details(study: Study) -> Finding:
    """Hyper-parameters and seeds of the final training are released."""
    runs = study.tables.runs
    done = runs[runs["status"] == "done"]
    recipes = [
        its.experiment["protocol"]["train"].get("recipe") for its in study.experiments.values()
    ]
    if not all(recipes):
        return FAIL, "a protocol states no recipe"
    seeds = spans({int(seed) for seed in done["train_seed"]})
    return (
        PASS,
        f"the protocol states {several(len(recipes[0]), 'value')} of the recipe, the table runs "
        f"the seed of every training (repeats {seeds})",
    )


def method_code(study: Study) -> Finding:
    """The code of the search methods is released."""
    if not study.searchers:
        return NOT_APPLICABLE, NOTHING_SEARCHED
    return _code(study.tables.environments, f"the methods {joined(study.searchers)}")


def method_details(study: Study) -> Finding:
    """Hyper-parameters and seeds of the search methods are released."""
    if not study.searchers:
        return NOT_APPLICABLE, NOTHING_SEARCHED
    unstated = [
        title
        for its in study.experiments.values()
        for title, method in its.methods.items()
        if method.defaults and not method.params
    ]
    if unstated:
        return FAIL, f"no value is recorded of {joined(unstated)}"
    facts = study.experiments.values()
    seeds = sorted({seed for its in facts for seed in its.experiment["seeds"]})
    return (
        PASS,
        "every hyper-parameter is written out in experiment.json and in each job's inputs; seeds "
        f"{spans(seeds)}",
    )


def _code(places: pd.DataFrame, what: str) -> Finding:
    """Judge by the commits of jobs; whether a commit is public no table can tell."""
    if len(places) == 0:
        return NOT_APPLICABLE, NOTHING_RAN
    commits = {commit[:12] if isinstance(commit, str) else "" for commit in places["commit"]}
    if "" in commits:
        return FAIL, f"jobs of {what} ran outside a checkout: no commit is recorded"
    named = joined(sorted(commits))
    if any(dirty is not False for dirty in places["dirty"]):
        return FAIL, f"uncommitted changes: {named} does not describe what ran"
    return NEEDS_HUMAN, f"{what}: clean checkout of {named}; is that commit public?"


ITEMS: tuple[Item, ...] = (
    training_code,
    space_code,
    training_details,
    method_code,
    method_details,
)
