"""How cells change when the data set is swapped: what searches derived before, after, and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from analysis.answers.cells.course import course_table, divergence_table
from analysis.answers.cells.lineage import START, Lineage
from analysis.architectures.alignment import GONE, NEW, list_changes
from analysis.architectures.chance import Chance
from analysis.architectures.measures import count_operations, measure_graph
from analysis.architectures.metrics import MEAN, compare_architectures, primary_of
from analysis.arms import CONTINUED, DIRECT, SOURCE
from analysis.loading.load import Tables
from harness.api import BlockChain, CellGraph, Graphs

# What is compared with what: from, to.
LEGS = (
    (SOURCE, START),
    (START, CONTINUED),
    (SOURCE, CONTINUED),
    (SOURCE, DIRECT),
    (CONTINUED, DIRECT),
)
BATCH = 64
PAIR_KEY = ["method", "source", "target"]
CHANGE_COLUMNS = [
    *PAIR_KEY,
    "before",
    "after",
    "cell",
    "n",
    "new",
    "unchanged",
    "metric",
    "mean",
    "path_jaccard",
    "chance_mean",
    "corrected",
]
OPERATION_COLUMNS = [
    *PAIR_KEY,
    "cell",
    "operation",
    "n",
    "before",
    "left",
    "entered",
    "after",
    "direct",
    "random",
]
EVERY_STEP, EVERY_TICK = "every step", "every tick"
SETTLED_COLUMNS = [
    "method",
    "role",
    "task",
    "seen",
    "n",
    "mean",
    "earliest",
    "latest",
    "never",
]
SHAPE_COLUMNS = ["method", "role", "task", "cell", "measure", "n", "mean", "random"]


def count_new(graphs: Graphs, before: Graphs, cell: str) -> int:
    """Return how many operations of a cell are not those of the cell before."""
    states = Counter(state for _, state in list_changes(graphs[cell], before[cell]))
    return states[NEW]


def change_table(lineages: Sequence[Lineage], chance: Chance) -> pd.DataFrame:
    """Say for every leg of the lineages how much changed on it, beside random architectures.

    ``new`` is the mean number of edges (or layers) of the later graph that the earlier one lacks,
    ``unchanged`` in how many lineages the graph stayed what it was.
    """
    rows = []
    for key, group in _grouped(lineages):
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
                    (*key, before, after, cell, len(both), float(np.mean(new)),
                     sum(count == 0 for count in new), metric, means[metric],
                     means.get("path_jaccard", np.nan), judged.chance_mean, judged.corrected)
                )  # fmt: skip
    return pd.DataFrame(rows, columns=CHANGE_COLUMNS)


def operation_table(lineages: Sequence[Lineage], chance: Chance) -> pd.DataFrame:
    """Count which operations left and entered between source and continued search.

    Means per cell over the lineages that know both; ``direct`` over those that have a direct
    search, ``random`` over random architectures.
    """
    rows = []
    for key, group in _grouped(lineages):
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
                    (*key, cell, name, len(both), before.get(name, 0.0),
                     changes[name, GONE] / len(both), changes[name, NEW] / len(both),
                     after.get(name, 0.0), direct.get(name, 0.0) if direct else np.nan,
                     random.get(name, 0.0) if random else np.nan)
                )  # fmt: skip
    return pd.DataFrame(rows, columns=OPERATION_COLUMNS)


def shape_table(tables: Tables, chance: Chance) -> pd.DataFrame:
    """Return the mean depth, width, share of skips, ... of what each group of searches found."""
    searches = tables.searches[(tables.searches["status"] == "done")]
    rows = []
    for key, group in searches.groupby(["method", "role", "task"], sort=False):
        found = [tables.graphs[job] for job in group["job"] if job in tables.graphs]
        for cell in found[0] if found else ():
            measures = [measure_graph(graphs[cell]) for graphs in found]
            for name in measures[0]:
                values = np.array([measured[name] for measured in measures])
                known = values[np.isfinite(values)]
                mean = float(known.mean()) if len(known) else np.nan
                random = chance.measures.get(cell, {}).get(name, np.nan)
                rows.append((*key, cell, name, len(known), mean, random))
    return pd.DataFrame(rows, columns=SHAPE_COLUMNS)


def settled_table(tables: Tables) -> pd.DataFrame:
    """Say when what a search would derive changed last, as a share of the search's own steps.

    ``seen`` says how closely that is known. Gradient methods follow their architecture at every
    step. Of other methods the incumbent is known at every logged tick, so the change lies between
    that tick and the one before; it is compared as text. ``never`` counts the searches that kept
    what they began with.
    """
    searches = tables.searches
    known = searches[(searches["status"] == "done")]
    ticks = known["job"].map(_last_changes(tables.trace))
    is_followed = known["last_change_step"].notna()
    step = known["last_change_step"].where(is_followed, ticks)
    known = known.assign(
        share=(step / known["steps"]).astype(float),
        seen=np.where(is_followed, EVERY_STEP, EVERY_TICK),
    )
    known = known[np.isfinite(known["share"])]
    key = ["method", "role", "task", "seen"]
    rows = [
        (*group, len(share), share.mean(), share.min(), share.max(), int((share == 0).sum()))
        for group, share in known.groupby(key, sort=False)["share"]
    ]
    return pd.DataFrame(rows, columns=SETTLED_COLUMNS)


def _last_changes(trace: pd.DataFrame) -> pd.Series[float]:
    """Return the step of the last tick whose incumbent is not that of the tick before, by job."""
    known = trace[trace["incumbent"] != ""]
    earlier = known.groupby("job", sort=False)["incumbent"].shift()
    changed = earlier.isna() | (known["incumbent"] != earlier)
    steps = known["step"].where(changed).astype(float)
    return steps.groupby(known["job"], sort=False).max()


def _grouped(lineages: Iterable[Lineage]) -> list[tuple[tuple[str, str, str], list[Lineage]]]:
    groups: dict[tuple[str, str, str], list[Lineage]] = {}
    for lineage in lineages:
        key = (lineage.method, lineage.source, lineage.target)
        groups.setdefault(key, []).append(lineage)
    return list(groups.items())


def _mean_counts(graphs: Iterable[CellGraph | BlockChain]) -> dict[str, float]:
    counts = [count_operations(graph) for graph in graphs]
    names = {name for count in counts for name in count}
    return {name: sum(count[name] for count in counts) / len(counts) for name in names}


def change_tables(
    tables: Tables, lineages: Sequence[Lineage], chance: Chance
) -> dict[str, pd.DataFrame]:
    """Return what changed, when it settled, shapes, and alphas' course, by file name."""
    return {
        "changes": change_table(lineages, chance),
        "change_operations": operation_table(lineages, chance),
        "settled": settled_table(tables),
        "shapes": shape_table(tables, chance),
        "alpha_course": course_table(lineages, tables.alphas),
        "alpha_divergence": divergence_table(lineages, tables.alphas),
    }
