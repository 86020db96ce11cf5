"""How cells change when the data set is swapped: what searches derived before, after, and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd

from analysis.answers.cells.lineage import LEGS, Lineage, group_lineages
from analysis.answers.keys import PairKey
from analysis.architectures.alignment import GONE, NEW, list_changes
from analysis.architectures.chance import Chance
from analysis.architectures.measures import count_operations
from analysis.architectures.metrics import MEAN, compare_architectures, primary_of
from analysis.arms import CONTINUED, DIRECT, SOURCE
from analysis.loading.rows import frame
from harness.api import BlockChain, CellGraph, Graphs

BATCH = 64


class Change(NamedTuple):
    """How much changed from one stage of lineages to another."""

    before: Annotated[str, "Stage that is compared with."]
    after: Annotated[str, "Stage that is compared."]
    cell: Annotated[str, "Which cell; `mean` over an architecture's cells."]
    n: Annotated[int, "Number of lineages, one a seed."]
    new: Annotated[
        float,
        "Mean number of edges, or layers, that the later graph has and the earlier lacks.",
    ]
    unchanged: Annotated[int, "In how many lineages there are none."]
    metric: Annotated[str, "What likeness is measured by; see `METRICS`."]
    mean: Annotated[float, "The metric's mean over lineages."]
    path_jaccard: Annotated[float, "Mean share of paths in common; NaN for chains of blocks."]
    chance_mean: Annotated[
        float,
        "The metric's mean over pairs of random architectures; NaN if unknown.",
    ]
    corrected: Annotated[
        float,
        "The mean, 0 at that of random pairs and 1 for equal architectures.",
    ]


class OperationChange(NamedTuple):
    """How often an operation is in the cells of lineages: means over their edges, or layers."""

    cell: Annotated[str, "Which cell."]
    operation: Annotated[str, "Its name."]
    n: Annotated[int, "Number of lineages with both a source and a continued search."]
    before: Annotated[float, "Mean number in what the source search found."]
    left: Annotated[float, "Mean number that are gone in what the continued search found."]
    entered: Annotated[float, "Mean number that are new there."]
    after: Annotated[float, "Mean number in what the continued search found."]
    direct: Annotated[float, "Mean number in what direct searches found; NaN if there is none."]
    random: Annotated[float, "Mean number in random architectures; NaN if unknown."]


def count_new(graphs: Graphs, before: Graphs, cell: str) -> int:
    """Return how many operations of a cell are not those of the cell before."""
    states = Counter(state for _, state in list_changes(graphs[cell], before[cell]))
    return states[NEW]


def change_table(lineages: Sequence[Lineage], chance: Chance) -> pd.DataFrame:
    """Say for every two stages of the lineages how much changed, beside random architectures."""
    rows = []
    for key, group in group_lineages(lineages):
        for before, after in LEGS:
            both = [j for j in group if before in j.graphs and after in j.graphs]
            if not both:
                continue
            # All pairs of a batch cost less than their diagonal one by one.
            every = [
                compare_architectures(
                    [j.graphs[before] for j in both[start : start + BATCH]],
                    [j.graphs[after] for j in both[start : start + BATCH]],
                )
                for start in range(0, len(both), BATCH)
            ]
            metric = primary_of(every[0][next(iter(every[0]))])
            for cell in every[0]:
                cells = [name for name in every[0] if name != MEAN] if cell == MEAN else [cell]
                new = [
                    np.mean([count_new(j.graphs[after], j.graphs[before], name) for name in cells])
                    for j in both
                ]
                means = {
                    name: float(
                        np.concatenate([found[cell][name].diagonal() for found in every]).mean()
                    )
                    for name in every[0][cell]
                }
                judged = chance.judge(cell, metric, means[metric])
                rows.append(
                    (key, Change(
                        before, after, cell, len(both), float(np.mean(new)),
                        sum(count == 0 for count in new), metric, means[metric],
                        means.get("path_jaccard", np.nan), judged.chance_mean, judged.corrected,
                    ))
                )  # fmt: skip
    return frame((PairKey, Change), rows)


def operation_table(lineages: Sequence[Lineage], chance: Chance) -> pd.DataFrame:
    """Count which operations left and entered between source and continued search."""
    rows = []
    for key, group in group_lineages(lineages):
        both = [j for j in group if SOURCE in j.graphs and CONTINUED in j.graphs]
        if not both:
            continue
        for cell in both[0].graphs[SOURCE]:
            changes: Counter[tuple[str, str]] = Counter()
            for lineage in both:
                changes.update(
                    list_changes(lineage.graphs[CONTINUED][cell], lineage.graphs[SOURCE][cell])
                )
            before = _mean_counts(j.graphs[SOURCE][cell] for j in both)
            after = _mean_counts(j.graphs[CONTINUED][cell] for j in both)
            direct = _mean_counts(j.graphs[DIRECT][cell] for j in group if DIRECT in j.graphs)
            random = chance.operations.get(cell, {})
            for name in sorted({*before, *after, *direct, *random}):
                rows.append(
                    (key, OperationChange(
                        cell, name, len(both), before.get(name, 0.0),
                        changes[name, GONE] / len(both), changes[name, NEW] / len(both),
                        after.get(name, 0.0), direct.get(name, 0.0) if direct else np.nan,
                        random.get(name, 0.0) if random else np.nan,
                    ))
                )  # fmt: skip
    return frame((PairKey, OperationChange), rows)


def _mean_counts(graphs: Iterable[CellGraph | BlockChain]) -> dict[str, float]:
    counts = [count_operations(graph) for graph in graphs]
    names = {name for count in counts for name in count}
    return {name: sum(count[name] for count in counts) / len(counts) for name in names}
