"""What p-values silently assume, each checked on the tables or named as unchecked."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.answers.comparisons.sentences import sides, where
from analysis.answers.transfer.populations import is_looked_up
from analysis.numbers import NOTHING, decimal, joined, several
from analysis.report.notices import tuned_methods
from analysis.study import Study

# Said of runs that no job of ours made.
UNKNOWN = (
    "Rules, tuning, selection, and what varied between seeds: the file of runs does not say. "
    "Runs count as independent unless it names the search that they share."
)

# Said where nothing is trained at the end.
LOOKED_UP = (
    "Accuracies are looked up, nothing is trained: between seeds only the search varies, and what "
    "another training of the same architecture would have given is not part of any interval."
)


def assumptions(study: Study) -> Iterator[str]:
    """Yield one sentence per assumption."""
    yield from _pairing(study)
    yield from _ties(study)
    yield from _recorded(study) if study.has_jobs else [UNKNOWN]
    for one in dict.fromkeys((*study.comparisons, *study.rivals)):
        for warning in one.warnings:
            yield f"{where(one)}, {' against '.join(sides(one))}: {warning}."


def _recorded(study: Study) -> Iterator[str]:
    """Yield what the records of jobs tell."""
    runs = study.tables.runs
    yield from _rules(runs)
    yield _tuning(study)
    if all(map(is_looked_up, study.experiments.values())):
        yield LOOKED_UP
    else:
        yield _selection(runs)
        yield _sources(runs)


def _tuning(study: Study) -> str:
    tuned, others = tuned_methods(study)
    known = [f"those of {joined(tuned)} by a recorded study"] * bool(tuned)
    unknown = [f"how those of {joined(others)} were chosen is not recorded"] * bool(others)
    return f"Hyper-parameters: {joined(known + unknown)}."


def _pairing(study: Study) -> Iterator[str]:
    paired = [one for one in study.comparisons if one.test and one.test.design == "paired"]
    if not paired:
        yield "Pairing: no two compared runs rest on one search, so none are paired."
    for one in paired:
        r = decimal(one.test.correlation) if one.test else NOTHING
        yield (
            f"Pairing: {' and '.join(sides(one))} on {where(one)} share a search "
            f"per seed and are paired (r = {r})."
        )


def _ties(study: Study) -> Iterator[str]:
    tied = [one for one in study.comparisons if one.sample.has_ties]
    if tied:
        yield (
            f"Ties: {several(len(tied), 'comparison')} with equal accuracies; midranks, and the "
            "permutation null is that of the ties."
        )
    else:
        yield "Ties: none."


def _rules(runs: pd.DataFrame) -> Iterator[str]:
    training = runs.groupby("target")["training_rules_hash"].nunique()
    search = runs[runs["protocol_hash"] != ""]["protocol_hash"].nunique()
    unequal = [str(target) for target in training.index[training > 1]]
    if unequal:
        yield f"Rules: trainings on {joined(unequal)} differ in their rules."
    else:
        yield (
            "Rules: all trainings on one target have equal rules; searches "
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
