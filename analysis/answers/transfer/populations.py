"""Where a found architecture is among all of a space, whose accuracies are known.

``population`` holds the target's test accuracy of every architecture, in percent, higher is better.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.answers.rank_table import is_whole, tested_scores
from analysis.loading.reading import TABLE
from analysis.statistics.sample import Values, quantised
from harness.api import DataError, Nb201File, find_nb201
from harness.results.planned import ExperimentFacts

# Beyond this many draws no random search is worth naming.
MOST_DRAWS = 10**9


def find_populations(
    experiments: Mapping[str, ExperimentFacts], runs: pd.DataFrame
) -> dict[str, NDArray[np.float64]]:
    """Return all test accuracies of the space on every target whose runs were looked up.

    A target is absent unless the table is in the data folder, is the one that the experiments
    used, and holds the accuracy of every run.

    Args:
        experiments: Facts of each, by name.
        runs: As loaded.
    """
    done = runs[runs["test_acc"].notna()]
    tables = [_read_table(facts) for facts in experiments.values()]
    found = {task: values for table in tables for task, values in table.items()}
    return {
        task: values
        for task, values in found.items()
        if np.isin(quantised(done["test_acc"][done["target"] == task].to_numpy()), values).all()
    }


def is_looked_up(facts: ExperimentFacts) -> bool:
    """Tell whether the accuracies of an experiment are looked up in NAS-Bench-201's table."""
    if not facts.tasks:  # the runs were made elsewhere
        return False
    space, rules = facts.experiment["space"]["name"], facts.experiment["protocol"]["train"]
    return (space, rules["evaluator"]["name"]) == ("nb201", TABLE)


def normalised_regret(accuracy: float, population: Values) -> float:
    """Return (best - accuracy) / (best - mean): 0 is the optimum, 1 an average architecture."""
    values = np.asarray(population, dtype=np.float64)
    whole = float(values.max() - values.mean())
    return (float(values.max()) - accuracy) / whole if whole > 0 else math.nan


def percentile_rank(accuracy: float, population: Values) -> float:
    """Return the percentage of architectures that are worse, equals counting half."""
    values, own = quantised(population), quantised([accuracy])[0]
    worse = (values < own).sum() + 0.5 * (values == own).sum()
    return float(100 * worse / len(values))


def expected_best(population: Values, draws: int) -> float:
    """Return the expected best of ``draws`` random architectures, drawn with replacement.

    By order statistics: each value times the probability that it is the best.
    """
    values = np.sort(np.asarray(population, dtype=np.float64))
    steps = np.arange(len(values) + 1) / len(values)
    return float(values @ np.diff(steps**draws))


def equivalent_draws(accuracy: float, population: Values) -> float:
    """Return the least number of draws whose best is expected to reach an accuracy.

    Perfect selection is assumed: whoever draws knows which is best. 0 where already one draw is
    expected to do better; infinite where even the best architecture does not reach it, or only
    beyond a billion draws.
    """
    values = np.sort(np.asarray(population, dtype=np.float64))
    if math.isnan(accuracy) or len(values) == 0:
        return math.nan
    goal = accuracy - 1e-9  # rounding must not cost a draw
    if values.mean() > accuracy + 1e-9:
        return 0.0
    if expected_best(values, MOST_DRAWS) < goal:
        return math.inf
    low, high = 0, 1
    while expected_best(values, high) < goal:
        low, high = high, min(MOST_DRAWS, 2 * high)
    while high - low > 1:
        middle = (low + high) // 2
        if expected_best(values, middle) < goal:
            low = middle
        else:
            high = middle
    return float(high)


def _read_table(facts: ExperimentFacts) -> dict[str, NDArray[np.float64]]:
    """Return the accuracies of every cell on each task of an experiment, in percent."""
    if not is_looked_up(facts):
        return {}
    try:
        file = Nb201File(find_nb201())
    except DataError:  # reports are made where the table is not, too
        return {}
    train = facts.experiment["protocol"]["train"]
    epochs, params = train["recipe"]["epochs"], train["evaluator"]["params"]
    return {
        task: quantised(tested_scores(file, task, epochs, **params))
        for task, its in facts.tasks.items()
        if its.fingerprint == file.md5 and is_whole(file)
    }
