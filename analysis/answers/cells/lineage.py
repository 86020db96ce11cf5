"""A lineage: what one seed of one method had on a pair, before and after the swap of data.

What the source search found, what the continued search began from once the data were swapped, what
it ended with, and what a direct search of the target with the same seed found. Only the first
three are one search's course; the direct search is what the target gives without the source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.answers.keys import PairKey
from analysis.arms import CARRIED, CONTINUED, DIRECT, SOURCE
from analysis.loading.load import Tables
from harness.api import Graphs

START = "after the swap"
# What is compared with what: from, to.
LEGS = (
    (SOURCE, START),
    (START, CONTINUED),
    (SOURCE, CONTINUED),
    (SOURCE, DIRECT),
    (CONTINUED, DIRECT),
)


@dataclass(frozen=True)
class Lineage:
    """One seed of one method on one pair.

    Attributes:
        method: Title.
        source: Task searched first; empty where only a direct search is known.
        target: Task the search went on with.
        seed: Of the searches.
        jobs: The searches, by stage; the start is the continued search's.
        graphs: What each stage had, by stage; only those that are known.
    """

    method: str
    source: str
    target: str
    seed: int
    jobs: Mapping[str, str]
    graphs: Mapping[str, Graphs]


Key = tuple[str, str, str, int]


def list_lineages(tables: Tables) -> list[Lineage]:
    """Return every seed of every method and pair of a study of which anything is known."""
    runs = tables.runs
    direct = {
        (str(row["method"]), str(row["target"]), int(row["search_seed"])): str(row["search_job"])
        for row in runs[runs["arm"] == DIRECT].to_dict("records")
    }
    found = _chains(runs)
    # A direct search belongs to every pair with its target, or stands alone.
    chained = {(method, target, seed) for method, _, target, seed in found}
    alone = [key for key in direct if key not in chained]
    found |= {(method, "", target, seed): {} for method, target, seed in alone}
    for (method, _, target, seed), jobs in found.items():
        if (method, target, seed) in direct:
            jobs[DIRECT] = direct[method, target, seed]
    lineages = []
    for key, jobs in found.items():
        graphs = {
            stage: known[jobs[stage]]
            for stage, known in _stages(tables)
            if jobs.get(stage) in known
        }
        if graphs:
            lineages.append(Lineage(*key, jobs, graphs))
    return lineages


def group_lineages(
    lineages: Iterable[Lineage],
) -> list[tuple[PairKey, list[Lineage]]]:
    """Return the seeds of each method, source and target."""
    groups: dict[PairKey, list[Lineage]] = {}
    for lineage in lineages:
        key = PairKey(lineage.method, lineage.source, lineage.target)
        groups.setdefault(key, []).append(lineage)
    return list(groups.items())


def _chains(runs: pd.DataFrame) -> dict[Key, dict[str, str]]:
    """Return the searches of every chain by method, source, target and seed."""
    chains = runs[runs["arm"].isin(CARRIED)]
    found: dict[Key, dict[str, str]] = {}
    for row in chains.to_dict("records"):
        first, *later = str(row["ancestor_jobs"]).split()
        key = (str(row["method"]), str(row["source"]), str(row["target"]), int(row["search_seed"]))
        jobs = found.setdefault(key, {})
        jobs[SOURCE] = first
        if later:
            jobs[START] = jobs[CONTINUED] = later[-1]
    return found


def _stages(tables: Tables) -> Iterator[tuple[str, Mapping[str, Graphs]]]:
    for stage in (SOURCE, START, CONTINUED, DIRECT):
        yield stage, tables.start_graphs if stage == START else tables.graphs
