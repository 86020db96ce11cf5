"""How alike what was found is: within and between groups, beside chance, and whether it matters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.answers.cells.searched import ALL, MOST_COMPARED
from analysis.answers.cells.trained import MOST_NETWORKS, RANDOM
from analysis.answers.evaluation import Results
from analysis.architectures.functional import MEASURES
from analysis.architectures.metrics import MEAN, METRICS
from analysis.figures import similarity as similarity_plot
from analysis.numbers import NOTHING, decimal, joined, p_value
from analysis.report.document import Block, Fold, Section, Text
from analysis.report.gallery import Gallery
from analysis.report.sections.grids import Column, grid

Row = dict[str, Any]
ALPHA = 0.05


def section(results: Results, gallery: Gallery) -> Section:
    """Say whether searches agree with each other, and whether agreeing means anything."""
    stability = results.similarity["similarity_stability"]
    if stability.empty:
        text = "No search has found an architecture yet, so there is nothing to compare."
        return Section("similarity", "Similarity", (Text(text),))
    blocks: list[Block] = [Text(_explain(results, stability)), *_stability(stability)]
    blocks += _pictures(results, gallery)
    blocks += _groups(results, results.similarity["similarity_groups"])
    blocks += _mantel(results.similarity["similarity_mantel"])
    blocks += _functional(results.similarity["similarity_functional"])
    return Section("similarity", "Similarity", tuple(blocks))


def _explain(results: Results, stability: pd.DataFrame) -> str:
    metric = METRICS[str(stability["metric"].iloc[0])]
    direction = "less is more alike" if metric.is_distance else "1 is equal"
    graphs = max(chance.graphs for chance in results.chances.values())
    beside = (
        f"Random means: over pairs of {graphs:,} uniform random architectures of the space; "
        "corrected is 0 at that mean and 1 for equal architectures."
        if graphs
        else "The experiment holds no random architectures of its space, so chance is unknown."
    )
    return (
        f"Architectures are compared by {metric.title}; {direction}. How intermediate nodes are "
        f"numbered does not matter. At most {MOST_COMPARED} of a study are compared, equally many "
        f"of every method, purpose and task. {beside}"
    )


def _stability(table: pd.DataFrame) -> list[Block]:
    columns: list[Column] = [
        ("method", lambda row: str(row["method"]) or "random architectures"),
        ("search", lambda row: f"{row['task']} ({row['role']})"),
        ("cell", lambda row: str(row["cell"])),
        ("n", lambda row: str(row["n"])),
        ("mean over pairs", lambda row: decimal(row["mean"], 3)),
        ("random mean", lambda row: decimal(row["chance_mean"], 3)),
        ("corrected", lambda row: decimal(row["corrected"], 3)),
    ]
    whole = table[table["cell"] == MEAN]
    if whole.empty:
        return [Text(_STABILITY), grid("similarity_stability", table, columns)]
    parts = table[table["cell"] != MEAN]
    return [
        Text(_STABILITY),
        grid("similarity_stability", whole, columns),
        Fold("Cell by cell", (grid("similarity_stability", parts, columns),)),
    ]


_STABILITY = (
    "Stability of the searches: the mean over pairs of seeds of what one method found for one "
    "purpose."
)


def _pictures(results: Results, gallery: Gallery) -> list[Block]:
    blocks: list[Block] = []
    for number, study in enumerate(results.studies):
        table = similarity_plot.collect(results, study)
        if table.empty:
            continue
        caption = (
            f"The architectures of {table['row'].nunique()} searches, ordered by average linkage: "
            "bright blocks are searches that agree."
        )
        name = f"similarity-{number + 1}" if number else "similarity"
        blocks.append(gallery.hang(similarity_plot.draw(table), name, caption, table))
    return blocks


def _groups(results: Results, table: pd.DataFrame) -> list[Block]:
    if table.empty:
        text = "There is one method and one task only, so there are no groups to compare."
        return [Text(text)]
    columns: list[Column] = [
        ("do they differ by", lambda row: str(row["question"])),
        ("where", _where),
        ("cell", lambda row: str(row["cell"])),
        ("groups", lambda row: str(row["groups"])),
        ("n", lambda row: str(row["n"])),
        ("within", lambda row: decimal(row["within"], 3)),
        ("between", lambda row: decimal(row["between"], 3)),
        ("between less within [null 95 %]", _difference),
        ("p", lambda row: p_value(row["p"])),
        ("smallest p", lambda row: p_value(row["p_min"])),
        ("test", _test),
    ]
    shown = table[table["cell"] == MEAN] if (table["cell"] == MEAN).any() else table
    return [
        Text(
            "Do cold searches of one group find other architectures than those of another, beyond "
            "what their seeds do? Mean distances of pairs, labels permuted; over all methods or "
            "tasks, labels are permuted inside each. One-sided, not corrected for their number: "
            "a description, no declared comparison."
        ),
        *(Text(_verdict(row, results.labels)) for row in _rows(_widest(shown))),
        Fold("All group tests", (grid("similarity_groups", table, columns),)),
    ]


def _widest(table: pd.DataFrame) -> pd.DataFrame:
    """Return the tests over all places where there are any, else those in single places."""
    is_over_all = table["where"] == ALL
    has_one = table["question"].isin(table[is_over_all]["question"])
    return table[is_over_all | ~has_one]


def _verdict(row: Row, labels: Mapping[str, str]) -> str:
    tasks = joined(labels.get(task, task) for task in str(row["tasks"]).split(", "))
    inside = "" if row["where"] == ALL else f", {row['where']}"
    if row["question"] == "data set":
        what = f"The data set searched on ({tasks}{inside})"
    else:
        what = f"The method ({row['groups']}; on {tasks})"
    if math.isnan(row["p"]):
        return f"{what}: nothing can be said, for {row['why']}."
    numbers = (
        f"distance between {decimal(row['between'], 3)}, within {decimal(row['within'], 3)}, "
        f"p = {p_value(row['p'])}, n = {row['n']}"
    )
    if row["p_min"] > ALPHA:
        return (
            f"{what}: no outcome of these {row['n']} searches could have told; the smallest "
            f"attainable p is {p_value(row['p_min'])} ({numbers})."
        )
    trace = "leaves a trace" if row["p"] <= ALPHA else "leaves no detectable trace"
    return f"{what} {trace} in the architecture ({numbers})."


def _where(row: Row) -> str:
    within = {"data set": "method", "method": "task"}[row["question"]]
    return f"inside each {within}" if row["where"] == ALL else str(row["where"])


def _difference(row: Row) -> str:
    limits = f" [{decimal(row['low'], 3)}, {decimal(row['high'], 3)}]"
    return decimal(row["difference"], 3, signed=True) + ("" if math.isnan(row["low"]) else limits)


def _test(row: Row) -> str:
    if row["why"]:
        return str(row["why"])
    kind = "all" if row["is_exact"] else "drawn"
    return f"{kind} {row['relabellings']:,} relabellings"


def _mantel(table: pd.DataFrame) -> list[Block]:
    if table.empty:
        return []
    columns: list[Column] = [
        ("trained on", lambda row: str(row["target"])),
        ("networks", lambda row: str(row["networks"])),
        ("cell", lambda row: str(row["cell"])),
        ("n", lambda row: str(row["n"])),
        ("Spearman", lambda row: decimal(row["correlation"], 3, signed=True)),
        ("p", lambda row: p_value(row["p"])),
        ("test", _test),
    ]
    return [
        Text(
            "Do architectures that are alike reach alike accuracies? Distance against the absolute "
            "difference of test accuracies (Mantel; one-sided). Networks that share a search are "
            "among all, so read its p as a description."
        ),
        grid("similarity_mantel", table, columns),
    ]


def _functional(table: pd.DataFrame) -> list[Block]:
    if table.empty:
        return [Text("No two trainings left answers that could be compared.")]
    columns: list[Column] = [
        ("trained on", lambda row: str(row["target"])),
        ("networks", _networks),
        ("pairs", lambda row: str(row["pairs"])),
        *((title, _measure(name)) for name, title in MEASURES.items()),
    ]
    is_shown = [
        first == second or (RANDOM not in (first, second) and _method(first) == _method(second))
        for first, second in zip(table["first"], table["second"], strict=True)
    ]
    return [
        Text(
            "What trained networks compute: predictions on the test set, and features of a fixed "
            "batch of test images. Means over pairs; pairs of random architectures are the chance "
            f"level. At most {MOST_NETWORKS} networks of a task are compared. Plain CKA is too "
            "high where features are many; the debiased one is not."
        ),
        grid("similarity_functional", table[is_shown], columns),
    ]


def _networks(row: Row) -> str:
    if row["first"] == row["second"]:
        return "random architectures" if row["first"] == RANDOM else f"{row['first']}, its seeds"
    return f"{row['first']} and {str(row['second']).rpartition(': ')[2]}"


def _method(label: str) -> str:
    return label.rpartition(": ")[0]


def _measure(name: str) -> Any:
    return lambda row: decimal(row[name], 3) if not math.isnan(row[name]) else NOTHING


def _rows(table: pd.DataFrame) -> list[Row]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
