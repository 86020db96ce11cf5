"""What came out: verdicts, every arm's values, accuracy against cost, and the bills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.answers.comparisons.comparisons import Comparison
from analysis.answers.comparisons.sentences import (
    chance,
    difference_text,
    flags,
    sentence,
    sides,
    where,
)
from analysis.answers.evaluation import NOT_COMPARABLE, Results
from analysis.answers.sizes import SIZE_RATIO, unequal_sizes
from analysis.figures import arms as arms_plot
from analysis.figures import pareto as pareto_plot
from analysis.loading.columns import NO_ACCURACY
from analysis.numbers import all_values_in, brief, decimal, every_value, joined, p_value
from analysis.report.document import Block, Grid, Listing, Section, Text
from analysis.report.gallery import Gallery
from analysis.report.sections.grids import Column, arm_columns, grid

Row = dict[str, Any]


def verdicts(results: Results, gallery: Gallery) -> Section:
    """State each declared comparison in a sentence, then in numbers."""
    blocks: list[Block] = [Text(text, "stamp") for text in stamps(results)]
    if not results.comparisons:
        blocks.append(Text("The protocol declares no comparison, so there is no verdict."))
        return Section("verdicts", "Verdicts", tuple(blocks))
    blocks.append(Listing(tuple(sentence(found, results.labels) for found in results.comparisons)))
    blocks.append(verdict_grid("comparisons", results.comparisons, results.labels))
    return Section("verdicts", "Verdicts", tuple(blocks))


def stamps(results: Results) -> list[str]:
    """Return what limits every comparison: rules, budgets and sizes of networks that differ."""
    forced = (
        f"{NOT_COMPARABLE}: experiments under different rules were pooled by force. Differences "
        "between them may be differences of the rules."
    )
    limits = unequal_budgets(results) + [_unequal(*found) for found in unequal_sizes(results.sizes)]
    return [forced] * results.tables.forced + limits


def verdict_grid(name: str, found: Sequence[Comparison], labels: Mapping[str, str]) -> Grid:
    """Return comparisons in numbers: effect, p and verdict of each."""
    columns = (
        "on",
        "comparison",
        "n",
        "difference [95 % CI]",
        "A12 [95 % CI]",
        "p",
        "Holm p",
        "verdict",
    )
    rows = [
        (
            where(one, labels),
            " against ".join(sides(one)),
            f"{one.n_arm} + {one.n_against}",
            difference_text(one),
            chance(one),
            p_value(one.p),
            p_value(one.p_holm),
            flags(one),
        )
        for one in found
    ]
    return Grid(name, columns, tuple(rows))


def unequal_budgets(results: Results) -> list[str]:
    """Return the stamp for every task on which methods' searches cost too differently."""
    budgets = results.budgets
    return [
        f"UNEQUAL BUDGET on {row['task']}: the mean cold search took {row['methods']} "
        f"(slowest / fastest {brief(row['ratio'])}, at most 1.2 counts as equal). "
        "Comparisons between these methods are not at equal cost."
        for row in budgets[budgets["is_unequal"].astype(bool)].to_dict("records")
    ]


def arms(results: Results, gallery: Gallery) -> Section:
    """List every arm with every value."""
    columns: list[Column] = [
        *arm_columns(),
        ("n", lambda row: str(row["n"])),
        ("mean ± SD, test accuracy %", _mean),
        ("every value", lambda row: every_value(row["values"])),
        ("without a value", _lost),
        ("parameters", lambda row: brief(row["params"])),
        ("multiply-adds", lambda row: brief(row["macs"])),
    ]
    if results.arms["latency_ms"].notna().any():
        columns.append(("latency, ms", lambda row: decimal(row["latency_ms"], 3)))
    blocks: list[Block] = [
        Text(
            "One observation is one search, or one random architecture; several trainings of one "
            "architecture are averaged first. SD is the standard deviation between observations. "
            f"{all_values_in('arms')}"
        ),
        grid("arms", results.arms, columns),
    ]
    for number, study in enumerate(results.studies):
        table = arms_plot.collect(results, study)
        caption = (
            "Every run's test accuracy; below the points their mean (black tick) and its 95 % t "
            "interval. Grey: mean ± SD of random architectures."
        )
        figure = arms_plot.draw(table)
        blocks.append(gallery.hang(figure, _numbered("arms", number), caption, table))
    return Section("arms", "Arms", tuple(blocks))


def tradeoff(results: Results, gallery: Gallery) -> Section:
    """Draw accuracy against what networks cost."""
    blocks: list[Block] = []
    for number, study in enumerate(results.studies):
        table = pareto_plot.collect(results, study)
        figure = pareto_plot.draw(table)
        name = _numbered("pareto", number)
        blocks.append(gallery.hang(figure, name, _tradeoff_caption(table), table))
    if len(results.sizes):
        blocks += _sizes(results)
    return Section("tradeoff", "Accuracy against cost", tuple(blocks))


def _unequal(least: Row, most: Row) -> str:
    """Return the stamp for a task on which arms' networks differ in size."""
    much, little = (f"{_arm_name(row)} cost {brief(row['mean_cost'])}" for row in (most, least))
    return (
        f"UNEQUAL SIZE on {most['target']}: networks of {much} {most['currency']} on average, "
        f"those of {little} (at most a factor of {SIZE_RATIO} counts as equal). "
        "An arm may be ahead by size alone."
    )


def _arm_name(row: Row) -> str:
    return str(row["arm"]) if row["arm"] == "random" else f"{row['method']} {row['arm']}"


def _sizes(results: Results) -> list[Block]:
    """Print what networks were asked to cost, what they cost, and how far that is."""
    aims = {True: "yes", False: "no", None: "not recorded"}
    columns: list[Column] = [
        *arm_columns(),
        ("n", lambda row: str(row["n"])),
        ("currency", lambda row: row["currency"]),
        ("aims at the target", lambda row: aims[row["aims"]]),
        ("aimed", lambda row: brief(row["target_cost"])),
        ("reached, mean", lambda row: brief(row["mean_cost"])),
        (
            "lowest to highest",
            lambda row: f"{brief(row['lowest_cost'])} to {brief(row['highest_cost'])}",
        ),
        ("distance, factor", lambda row: decimal(row["distance"])),
    ]
    text = (
        "What networks cost beside the target that the protocol sets. Means are geometric; the "
        "distance is the mean factor between cost and target, in either direction. Random "
        "architectures are drawn whatever they cost."
    )
    return [Text(text), grid("sizes", results.sizes, columns)]


def _tradeoff_caption(table: pd.DataFrame) -> str:
    priced = {
        "latency_ms": "Latencies are sums of the comparison's table, not measurements of the "
        "whole network: the table's own file says how well they predict it.",
        "macs": "Multiply-adds are those of convolutions and linear layers for one image.",
    }
    volumes = (
        f"on {target}, " + ", ".join(f"{name} {decimal(value)}" for name, value in found.items())
        for target, found in pareto_plot.volumes(table).items()
    )
    return (
        "Test accuracy of every trained network against its cost (small dots); large lettered "
        "marks are the means of arms, faded where another mean is cheaper and more accurate; the "
        "steps are the best mean that a cost buys. Hypervolume, as a share of the box around the "
        f"means: {'; '.join(volumes) or 'none'}. {priced.get(_currency(table), '')}"
    ).strip()


def _currency(table: pd.DataFrame) -> str:
    return str(table["currency"].iloc[0]) if len(table) else ""


def costs(results: Results, gallery: Gallery) -> Section:
    """Print the bills."""
    columns: list[Column] = [
        *arm_columns(),
        ("n", lambda row: str(row["n"])),
        ("own search, s", lambda row: brief(row["own_search_seconds"])),
        ("ancestors' searches, s", lambda row: brief(row["ancestor_seconds"])),
        ("training, s", lambda row: brief(row["train_seconds"])),
        ("total, s", lambda row: brief(row["total_seconds"])),
        ("overhead, s", lambda row: brief(row["overhead_seconds"])),
        ("search examples", lambda row: brief(row["search_examples"])),
        ("evaluations", lambda row: brief(row["search_evaluations"])),
    ]
    blocks: list[Block] = [Text(text, "stamp") for text in unequal_budgets(results)]
    blocks += [
        Text(
            "Means over finished runs. An arm pays for every search it rests on, also those it "
            "shares with other arms; examples and evaluations include the ancestors'. Overhead is "
            "logging and checkpoints, not part of the total."
        ),
        grid("costs", results.costs, columns),
    ]
    if len(results.budgets) and not unequal_budgets(results):
        blocks.append(Text("Methods' cold searches agree in seconds within 20 % on every task."))
    return Section("costs", "Cost", tuple(blocks))


def _mean(row: Row) -> str:
    if not row["n"]:
        return "no finished run"
    spread = f"± {decimal(row['sd'])}" if row["n"] > 1 else "(one value, no SD)"
    return f"{decimal(row['mean'])} {spread}"


def _lost(row: Row) -> str:
    lost = [f"{row[name]} {name}" for name in NO_ACCURACY if row[name]]
    return joined(lost, "none")


def _numbered(name: str, number: int) -> str:
    return f"{name}-{number + 1}" if number else name
