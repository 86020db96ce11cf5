"""What arms cost, whether methods' searches cost alike, and how a budget is spent best."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd

from analysis.answers.arms import group_rows
from analysis.answers.keys import ARM_KEY, ArmKey
from analysis.arms import DIRECT
from analysis.loading.rows import frame
from analysis.numbers import brief
from analysis.statistics.intervals import welch
from analysis.statistics.variance import optimal_trainings, variance_components

# Searches cost alike if the largest mean exceeds the smallest by no more than this.
BUDGET_RATIO = 1.2
# What a budget may limit, and what it is compared in where all methods have the same limit.
UNITS = ("evaluations", "examples", "seconds")
# What the runs of an arm cost, by the columns of the runs, in the order of a bill.
BILLED = (
    "search_seconds",
    "search_overhead_seconds",
    "search_examples",
    "search_evaluations",
    "train_seconds",
)


class Cost(NamedTuple):
    """The mean bill of an arm's finished runs; searches that arms share are in each one's bill."""

    n: Annotated[int, "Finished runs."]
    own_search_seconds: Annotated[float, "Of the search trained last."]
    ancestor_seconds: Annotated[float, "Of the searches before it."]
    search_seconds: Annotated[float, "Of all of these."]
    overhead_seconds: Annotated[float, "Beside them, for logs and checkpoints."]
    search_examples: Annotated[float, "Training examples that all searches saw."]
    search_evaluations: Annotated[float, "Candidates that they judged."]
    train_seconds: Annotated[float, "Of the final training."]
    total_seconds: Annotated[float, "Search and training."]


class Variance(NamedTuple):
    """Where the spread of an arm comes from; standard deviations in percentage points."""

    searches: Annotated[
        int, "Searches with an accuracy, or architectures where nothing was searched."
    ]
    trainings: Annotated[int, "Finished trainings."]
    search_sd: Annotated[
        float,
        "Between searches, without the noise of trainings; NaN unless some architecture was "
        "trained twice.",
    ]
    evaluation_sd: Annotated[float, "Between trainings of one architecture; NaN if each has one."]
    icc: Annotated[
        float,
        "Intraclass correlation of single trainings, ICC(1,1); NaN unless balanced.",
    ]
    best_trainings: Annotated[float, "Trainings of each architecture that spend a budget best."]


class Budget(NamedTuple):
    """What the methods' cold searches of one task spent."""

    task: Annotated[str, "That was searched."]
    unit: Annotated[
        str,
        "What they are compared in: what all budgets limit to the same amount, else seconds.",
    ]
    methods: Annotated[str, "The mean amount of each method, in words."]
    least: Annotated[float, "The smallest mean."]
    most: Annotated[float, "The largest."]
    ratio: Annotated[float, "`most / least`."]
    low: Annotated[
        float | None,
        "Lower limit of the 95 % interval of the ratio of seconds (Welch, of their logarithms), "
        "which machines make vary; None in other units, and where seconds do not vary.",
    ]
    is_unequal: Annotated[bool, "Whether `low`, or else `ratio`, is above `BUDGET_RATIO`."]


def cost_table(runs: pd.DataFrame, searches: pd.DataFrame) -> pd.DataFrame:
    """Return the mean bill of each arm's finished runs, as ``Cost``."""
    own = searches.set_index("job")["seconds"]
    rows = (
        (ArmKey(*key), _bill(group[group["status"] == "done"], own))
        for key, group in group_rows(runs, ARM_KEY)
    )
    return frame((ArmKey, Cost), rows)


def variance_table(runs: pd.DataFrame, searches: pd.DataFrame) -> pd.DataFrame:
    """Separate the spread of each arm into that of searches and that of trainings."""
    costs = cost_table(runs, searches).set_index(ARM_KEY)
    done = runs[(runs["status"] == "done") & runs["test_acc"].notna()]
    rows = (
        (ArmKey(*key), _spread(group, costs.loc[key])) for key, group in group_rows(done, ARM_KEY)
    )
    return frame((ArmKey, Variance), rows)


def budget_table(
    searches: pd.DataFrame, budgets: Mapping[str, Mapping[str, float]]
) -> pd.DataFrame:
    """Compare what methods' cold searches of the same task spent, as ``Budget``.

    Args:
        searches: As loaded.
        budgets: Limits of each search by a method, by its title and by unit.
    """
    is_cold = searches["role"].isin([DIRECT, "source"]) & (searches["status"] == "done")
    groups = group_rows(searches[is_cold], ["task"])
    return frame(
        Budget,
        (
            _budget(str(task), group, budgets)
            for (task,), group in groups
            if group["method"].nunique() > 1
        ),
    )


def _budget(task: str, group: pd.DataFrame, budgets: Mapping[str, Mapping[str, float]]) -> Budget:
    unit = _common_unit([budgets[method] for method in group["method"].unique()])
    means = group.groupby("method")[unit].mean().sort_values(kind="stable")
    least, most = float(means.iloc[0]), float(means.iloc[-1])
    ratio = most / least if least > 0 else math.inf if most > 0 else 1.0
    low = _lower_ratio(group, means.index[-1], means.index[0]) if unit == "seconds" else None
    sign = "s" if unit == "seconds" else unit
    methods = ", ".join(f"{method} {brief(value)} {sign}" for method, value in means.items())
    is_unequal = (ratio if low is None else low) > BUDGET_RATIO
    return Budget(task, unit, methods, least, most, ratio, low, is_unequal)


def _common_unit(budgets: list[Mapping[str, float]]) -> str:
    """Return the unit that all budgets limit to the same amount; seconds where there is none."""
    for unit in UNITS:
        limits = {budget.get(unit) for budget in budgets}
        if len(limits) == 1 and None not in limits:
            return unit
    return "seconds"


def _lower_ratio(group: pd.DataFrame, slow: str, fast: str) -> float | None:
    """Return the lower limit of how many times the seconds of one method are those of another."""
    sides = [group["seconds"][group["method"] == method] for method in (slow, fast)]
    if any((side <= 0).any() for side in sides):
        return None
    low = welch(*(np.log(side.to_numpy(float)) for side in sides)).low
    return None if math.isnan(low) else math.exp(low)


def _spread(group: pd.DataFrame, bill: pd.Series[float]) -> Variance:
    # Where nothing was searched, the runs of one architecture are trainings of it.
    by = "unit" if group["search_job"].any() else "architecture"
    found = variance_components([list(one) for _, one in group.groupby(by)["test_acc"]])
    best = optimal_trainings(found, float(bill["search_seconds"]), float(bill["train_seconds"]))
    spread = math.sqrt(found.search), math.sqrt(found.evaluation)
    return Variance(found.searches, found.trainings, *spread, found.icc, best)


def _bill(done: pd.DataFrame, own: pd.Series[float]) -> Cost:
    searched, *counted, trained = (float(done[name].mean()) for name in BILLED)
    own_seconds = float(own.reindex(done["search_job"]).fillna(0.0).mean())
    seconds = own_seconds, searched - own_seconds, searched
    return Cost._make((len(done), *seconds, *counted, trained, searched + trained))
