"""What arms cost to search and train, and what their networks cost to run."""

from __future__ import annotations

import pandas as pd

from analysis.figures.pareto import volumes
from analysis.numbers import brief, decimal
from analysis.report.document import Block, Fold, Section
from analysis.report.gallery import Gallery
from analysis.report.sections.grids import Column, arm_columns, fields, grid
from analysis.report.sections.verdicts import unequal_budgets
from analysis.study import Study


def section(study: Study, gallery: Gallery) -> Section:
    """Print the bills."""
    columns: list[Column] = [
        *arm_columns(),
        *fields("n"),
        ("own search, s", lambda row: brief(row["own_search_seconds"])),
        ("ancestors' searches, s", lambda row: brief(row["ancestor_seconds"])),
        ("training, s", lambda row: brief(row["train_seconds"])),
        ("total, s", lambda row: brief(row["total_seconds"])),
        ("overhead, s", lambda row: brief(row["overhead_seconds"])),
        ("search examples", lambda row: brief(row["search_examples"])),
        ("evaluations", lambda row: brief(row["search_evaluations"])),
    ]
    summary = (
        "Means over finished runs; an arm pays for every search it rests on, shared ones included."
    )
    remark = "methods' searches cost unequally" if unequal_budgets(study) else ""
    return Section("costs", "Cost", (grid("costs", study.costs, columns),), summary, remark)


def tradeoff(study: Study, gallery: Gallery) -> Section:
    """Draw accuracy against what networks cost."""
    blocks: list[Block] = [gallery.show(study, "pareto", _caption)]
    if len(study.sizes):
        blocks.append(Fold("What networks cost beside the target", (_sizes(study),)))
    summary = "Accuracy of every trained network against its size: is an arm ahead by size alone?"
    return Section("tradeoff", "Accuracy against size", tuple(blocks), summary)


def _sizes(study: Study) -> Block:
    """Print what networks were asked to cost, what they cost, and how far that is."""
    aims = {True: "yes", False: "no", None: "not recorded"}
    columns: list[Column] = [
        *arm_columns(),
        *fields("n", "currency"),
        ("aims at the target", lambda row: aims[row["aims"]]),
        ("aimed", lambda row: brief(row["target_cost"])),
        ("reached, mean", lambda row: brief(row["mean_cost"])),
        (
            "lowest to highest",
            lambda row: f"{brief(row['lowest_cost'])} to {brief(row['highest_cost'])}",
        ),
        ("distance, factor", lambda row: decimal(row["distance"])),
    ]
    return grid("sizes", study.sizes, columns)


def _caption(table: pd.DataFrame) -> str:
    priced = {
        "latency_ms": "Latencies are sums of the comparison's table, not measurements.",
        "macs": "Multiply-adds are those of convolutions and linear layers for one image.",
    }
    told = "; ".join(
        f"on {target}, " + ", ".join(f"{name} {decimal(value)}" for name, value in found.items())
        for target, found in volumes(table).items()
    )
    currency = str(table["currency"].iloc[0]) if len(table) else ""
    return (
        "Small dots are networks, large lettered marks the means of arms; the steps are the best "
        f"mean that a cost buys. Hypervolume as a share of the box around the means: "
        f"{told or 'none'}. {priced.get(currency, '')}"
    ).strip()
