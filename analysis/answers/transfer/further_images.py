"""Which differences survive another test set: gaps and gains with crossed intervals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

import pandas as pd

from analysis.answers.keys import PairKey
from analysis.answers.transfer.gaps import GAPS, Pairs, design_cells, matched, select
from analysis.arms import CONTINUED, DIRECT, RANDOM, TRANSFERRED
from analysis.loading.load import Tables
from analysis.loading.rows import frame
from analysis.statistics.crossed_bootstrap import Answers, crossed_difference, read_answers

AGAINST_RANDOM = tuple((arm, RANDOM) for arm in (TRANSFERRED, CONTINUED, DIRECT))


class Crossing(NamedTuple):
    """A difference between two arms with intervals over runs, over test images, and over both."""

    difference: Annotated[str, "The two arms, as `direct - transferred`."]
    n_first: Annotated[int, "Runs of the first arm whose answers were stored."]
    n_second: Annotated[int, "Runs of the second."]
    images: Annotated[int, "Test images."]
    sources: Annotated[
        int,
        "Scans that the images were made from; as many as images where each is its own.",
    ]
    estimate: Annotated[float, "Difference of the mean test accuracies, in percentage points."]
    runs_low: Annotated[
        float,
        "Lower limit of the 95 % interval over further runs on these images.",
    ]
    runs_high: Annotated[float, "Its upper limit."]
    images_low: Annotated[
        float,
        "Lower limit of the 95 % interval over further images with these runs.",
    ]
    images_high: Annotated[float, "Its upper limit."]
    both_low: Annotated[float, "Lower limit of the 95 % interval over further runs and images."]
    both_high: Annotated[float, "Its upper limit."]
    interval: Annotated[str, "How the intervals were made, or why there are none."]


def crossed_table(tables: Tables, units: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Return every gap and gain whose networks' answers were stored, with three intervals."""
    return frame((PairKey, Crossing), _crossings(tables, units, pairs))


def _crossings(
    tables: Tables, units: pd.DataFrame, pairs: Pairs
) -> Iterator[tuple[PairKey, Crossing]]:
    answers = _answers(tables, pairs)
    for method, pair in design_cells(units, pairs):
        of_target = answers.get(pair[1])
        if of_target is None:
            continue
        for arms in (*GAPS, *AGAINST_RANDOM):
            sides = [select(units, method, arm, pair) for arm in arms]
            if found := _difference(of_target, *sides):
                row = Crossing(f"{arms[0]} - {arms[1]}", *found)
                yield PairKey(method, *pair), row


def _answers(tables: Tables, pairs: Pairs) -> dict[str, Answers]:
    runs = tables.runs[tables.runs["status"] == "done"]
    found = {}
    for target in dict.fromkeys(target for _, target in pairs):
        jobs = runs[runs["target"] == target]
        answers = read_answers(jobs.drop_duplicates("job"), tables.probes)
        if answers is not None:
            found[target] = answers
    return found


def _difference(
    answers: Answers, first: pd.DataFrame, second: pd.DataFrame
) -> tuple[Any, ...] | None:
    """Compare the units whose answers are known; paired if they share a search.

    Returns:
        What a ``Crossing`` holds after its name.
    """
    known = [table[table["unit"].isin(list(answers.rows))] for table in (first, second)]
    if any(len(table) == 0 for table in known):
        return None
    pairs = matched(*known)
    if pairs is not None:
        sides = list(pairs["unit_first"]), list(pairs["unit_second"])
    else:
        sides = list(known[0]["unit"]), list(known[1]["unit"])
    runs, images, both = crossed_difference(answers, *sides, paired=pairs is not None)
    sizes = *map(len, sides), answers.images, answers.source_count, both.estimate
    return *sizes, *runs[1:3], *images[1:3], *both[1:]
