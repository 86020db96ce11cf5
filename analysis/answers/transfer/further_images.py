"""Which differences survive another test set: gaps and gains with crossed intervals."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.answers.transfer.gaps import GAPS, Pairs, design_cells, matched, select
from analysis.arms import CONTINUED, DIRECT, RANDOM, TRANSFERRED
from analysis.loading.load import Tables
from analysis.statistics.crossed_bootstrap import Answers, Crossed, crossed_difference, read_answers

CROSSED_COLUMNS = [
    "method",
    "source",
    "target",
    "difference",
    "n_first",
    "n_second",
    "images",
    "sources",
    "estimate",
    "runs_low",
    "runs_high",
    "images_low",
    "images_high",
    "both_low",
    "both_high",
    "interval",
]
AGAINST_RANDOM = tuple((arm, RANDOM) for arm in (TRANSFERRED, CONTINUED, DIRECT))


def crossed_table(tables: Tables, units: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Return every gap and gain whose networks' answers were stored, with three intervals."""
    answers = _answers(tables, pairs)
    rows: list[dict[str, Any]] = []
    for method, pair in design_cells(units, pairs):
        of_target = answers.get(pair[1])
        if of_target is None:
            continue
        for arms in (*GAPS, *AGAINST_RANDOM):
            sides = [select(units, method, arm, pair) for arm in arms]
            found = _difference(of_target, *sides)
            if found is None:
                continue
            sizes, crossed = found
            rows.append(
                {
                    "method": method,
                    "source": pair[0],
                    "target": pair[1],
                    "difference": f"{arms[0]} - {arms[1]}",
                    "n_first": sizes[0],
                    "n_second": sizes[1],
                    "images": of_target.images,
                    "sources": of_target.source_count,
                    **_limits(crossed),
                }
            )
    return pd.DataFrame(rows, columns=CROSSED_COLUMNS)


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
) -> tuple[tuple[int, int], Crossed] | None:
    """Compare the units whose answers are known; paired if they share a search."""
    known = [table[table["unit"].isin(list(answers.rows))] for table in (first, second)]
    if any(len(table) == 0 for table in known):
        return None
    pairs = matched(*known)
    if pairs is not None:
        sides = list(pairs["unit_first"]), list(pairs["unit_second"])
    else:
        sides = list(known[0]["unit"]), list(known[1]["unit"])
    found = crossed_difference(answers, *sides, paired=pairs is not None)
    return (len(sides[0]), len(sides[1])), found


def _limits(found: Crossed) -> dict[str, Any]:
    intervals = {"runs": found.runs, "images": found.images, "both": found.both}
    limits = {
        f"{name}_{end}": getattr(interval, end)
        for name, interval in intervals.items()
        for end in ("low", "high")
    }
    return {"estimate": found.both.estimate, **limits, "interval": found.both.method}
