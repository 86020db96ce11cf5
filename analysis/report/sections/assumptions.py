"""What p-values silently assume, each checked on the tables or named as unchecked."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.answers.comparisons.sentences import sides, where
from analysis.answers.evaluation import Results
from analysis.numbers import decimal, joined, several


def assumptions(results: Results) -> Iterator[str]:
    """Yield one sentence per assumption."""
    yield from _pairing(results)
    yield from _ties(results)
    runs = results.tables.runs
    yield from _rules(runs, results)
    yield (
        "Hyper-parameters: on which data they were tuned is not recorded. They are the methods' "
        "defaults but for the deviations listed below; say it where this report is quoted."
    )
    yield _selection(runs)
    yield _sources(runs)
    for one in dict.fromkeys((*results.comparisons, *results.rivals)):
        for warning in one.warnings:
            yield f"{where(one, results.labels)}, {' against '.join(sides(one))}: {warning}."


def _pairing(results: Results) -> Iterator[str]:
    paired = [one for one in results.comparisons if one.design == "paired"]
    if not paired:
        yield "Pairing: no two compared runs rest on one search, so none are paired."
    for one in paired:
        r = decimal(one.correlation)
        yield (
            f"Pairing: {' and '.join(sides(one))} on {where(one, results.labels)} share a search "
            f"per seed and are paired (r = {r})."
        )


def _ties(results: Results) -> Iterator[str]:
    tied = [one for one in results.comparisons if one.has_ties]
    if tied:
        yield (
            f"Ties: {several(len(tied), 'comparison')} with equal accuracies; midranks, and the "
            "permutation null is that of the ties."
        )
    else:
        yield "Ties: none."


def _rules(runs: pd.DataFrame, results: Results) -> Iterator[str]:
    for study in results.studies:
        its = runs[runs["study"] == study]
        training = its.groupby("target")["training_rules_hash"].nunique()
        search = its[its["protocol_hash"] != ""]["protocol_hash"].nunique()
        unequal = [str(target) for target in training.index[training > 1]]
        if unequal:
            yield f"Rules: trainings on {joined(unequal)} differ in their rules within {study}."
        else:
            yield (
                f"Rules: within {study} all trainings on one target have equal rules; searches "
                f"have {several(search, 'set')} of rules (budgets per method, doubled arms)."
            )


def _selection(runs: pd.DataFrame) -> str:
    rules = sorted({str(rule) for rule in runs["selection_rule"] if rule})
    if not rules:
        return "Selection: no training has finished, so no rule is recorded."
    return (
        "Selection: the target's test set took no part; searches never load it and it is evaluated "
        f"once, at the end of a training (selection rule: {joined(rules)})."
    )


def _sources(runs: pd.DataFrame) -> str:
    """Say which sources of variance vary between observations (Bouthillier et al. 2021)."""
    done = runs[runs["status"] == "done"]
    split = done[done["split_id"] != ""].groupby("target")["split_id"].nunique()
    machines = done["hardware"].nunique()
    splits = "the split" if (split > 1).any() else ""
    fixed = ["hardware" if machines <= 1 else "", "" if splits else "the split", "the test set"]
    varied = ["initialisation", "data order", "augmentation", splits]
    varied.append("hardware" if machines > 1 else "")
    return f"Varied between seeds: {joined(varied)}. Held fixed: {joined(fixed)}."
