"""NAS-Bench-201's table as scores to rank: which columns mean what, and which cells are ranked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.api import Nb201File, find_nb201

# The tasks of the table, by the names that the harness gives them.
TASKS = {"c10": "cifar10", "c100": "cifar100", "in16": "imagenet16_120"}
EPOCHS = (12, 200)
SEEDS = ("777", "888", "999")
Score = Literal["validation", "test"]

Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Scoring:
    """Scores of the cells on one task.

    Attributes:
        task: Name.
        scores: In percent, shape (m,).
        label: What they are, in words.
        trials: Repeated trainings on the task, in percent, shape (m, 3), NaN where there are fewer;
            None if not published.
        trials_label: What these are, in words.
        own: The single trainings that the scores are means of, shape (m, k); None if not
            published.
    """

    task: str
    scores: NDArray[np.float64]
    label: str
    trials: NDArray[np.float64] | None = None
    trials_label: str = ""
    own: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Cells:
    """Which cells are ranked.

    Attributes:
        rows: Of the table.
        connected: Whether a path leads from each one's input to its output.
        label: In words.
    """

    rows: NDArray[np.int64]
    connected: NDArray[np.bool_]
    label: str


def read_columns(names: Iterable[str]) -> Columns:
    """Return columns of the table.

    Raises:
        DataError: If the table is damaged, or lacks a column.
    """
    table = Nb201File(find_nb201())
    return {name: table[name] for name in names}


def score_column(task: str, epochs: int, score: Score) -> str:
    """Return the name of a column of scores."""
    name = TASKS[task]
    if score == "test":
        return f"{name}_e{epochs}_test"
    derived = "_derived" if epochs == 200 and task != "c10" else ""
    return f"{name}_e{epochs}_valid{derived}"


def trials_column(task: str) -> str:
    """Return the name of the column of single trainings, 200 epochs."""
    return f"{TASKS[task]}_e200_{'valid' if task == 'c10' else 'valtest'}_seeds"


def tested_scores(
    file: Nb201File,
    task: str,
    epochs: int,
    *,
    trial: str = "mean",
    test_split: str = "x-test",
    device: str | None = None,
) -> NDArray[np.float64]:
    """Return what a final training of every cell is said to reach, in percent, shape (m,).

    Args:
        file: The table.
        task: Name.
        epochs: Of the training, 12 or 200.
        trial: ``mean``, or the seed of one training; the mean stands in for one not run.
        test_split: ``x-test`` or ``ori-test``, which differ on c100 and in16.
        device: Changes no accuracy.
    """
    is_other_split = test_split == "ori-test" and task != "c10"
    name = f"{TASKS[task]}_e{epochs}_{'valtest' if is_other_split else 'test'}"
    if trial == "mean":
        return np.asarray(file[name], dtype=np.float64)
    trials = file[f"{name}_seeds"]
    own = trials[:, SEEDS.index(trial)]
    return np.where(np.isnan(own), np.nanmean(trials, axis=1), own)


def is_whole(file: Nb201File) -> bool:
    """Tell whether the table holds every cell of the space."""
    cells, edges = file["ops"].shape
    return bool(cells == len(file["op_names"]) ** edges)


def scoring(columns: Columns, task: str, epochs: int, score: Score) -> Scoring:
    """Return one task's scores with the single trainings behind them, where they are published."""
    scores = columns[score_column(task, epochs, score)]
    label = f"{task}, {epochs} epochs, {score} accuracy"
    if epochs == EPOCHS[0]:
        is_single = (task, score) != ("c10", "validation")  # which is the mean of two
        return Scoring(task, scores, label, own=scores[:, None] if is_single else None)
    halves = "validation half" if task == "c10" else "validation and test half together"
    trials = columns[trials_column(task)]
    is_theirs = (task, score) != ("c10", "test")  # whose trainings saw twice the images
    own = trials if is_theirs else None
    return Scoring(task, scores, label, trials, f"single trainings, {halves}", own)


def choose_cells(columns: Columns, *, with_unconnected: bool, only_unique: bool) -> Cells:
    """Choose the cells to rank; of isomorphic ones the first stands for all."""
    connected = is_connected(columns["ops"], list(columns["op_names"]).index("none"))
    rows = np.arange(len(connected))
    if only_unique:
        rows = np.sort(np.unique(columns["iso_class"], return_index=True)[1])
    if not with_unconnected:
        rows = rows[connected[rows]]
    what = "cells that differ by the benchmark's own unique string" if only_unique else "cells"
    lost = int((~connected[rows]).sum())
    which = f"{lost} without a path among them" if with_unconnected else "all with a path"
    label = f"{len(rows):,} {what} of {len(connected):,}, {which}"
    return Cells(rows.astype(np.int64), connected[rows], label)


def is_connected(ops: NDArray[np.uint8], none: int) -> NDArray[np.bool_]:
    """Return whether a path of operations leads from input to output.

    Args:
        ops: Operation of the edges 0-1, 0-2, 1-2, 0-3, 1-3, 2-3; shape (m, 6).
        none: The number of the operation that is no connection.
    """
    e01, e02, e12, e03, e13, e23 = (ops != none).T
    return np.asarray(e03 | (e01 & e13) | (e02 & e23) | (e01 & e12 & e23))
