"""What came out: verdicts, every arm's values, accuracy against cost, and the bills."""

from __future__ import annotations

from typing import Any

from analysis.comparisons import comparison_table
from analysis.document import Block, Listing, Section, Text
from analysis.evaluation import Results
from analysis.gallery import Gallery
from analysis.plots import arms as arms_plot
from analysis.plots import tradeoff as tradeoff_plot
from analysis.sections.grids import Column, arm_columns, difference, grid
from analysis.wording import brief, decimal, joined, p_value, pair_label, sentence

Row = dict[str, Any]


def verdicts(results: Results, gallery: Gallery) -> Section:
    """State each declared comparison in a sentence, then in numbers."""
    blocks: list[Block] = [Text(text, "stamp") for text in unequal_budgets(results)]
    if not results.comparisons:
        blocks.append(Text("The protocol declares no comparison, so there is no verdict."))
        return Section("verdicts", "Verdicts", tuple(blocks))
    blocks.append(Listing(tuple(sentence(found, results.labels) for found in results.comparisons)))
    columns: list[Column] = [
        ("method", lambda row: str(row["method"])),
        ("pair", lambda row: pair_label(row["source"], row["target"])),
        ("comparison", lambda row: f"{row['arm']} against {row['against']}"),
        ("design", lambda row: str(row["design"]) or "none"),
        ("n", lambda row: f"{row['n_arm']} + {row['n_against']}"),
        ("difference, pp [95 % CI]", lambda row: difference(row, "difference")),
        ("exact p", lambda row: p_value(row["p"])),
        ("Holm p", lambda row: p_value(row["p_holm"])),
        ("smallest p", lambda row: p_value(row["p_min"])),
        ("capacity", lambda row: str(row["capacity"])),
        ("verdict", lambda row: str(row["verdict"])),
    ]
    blocks.append(grid("comparisons", comparison_table(results.comparisons), columns))
    return Section("verdicts", "Verdicts", tuple(blocks))


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
        ("every value", lambda row: joined((decimal(x) for x in row["values"]), "none")),
        ("without a value", _lost),
        ("parameters", lambda row: brief(row["params"])),
        ("multiply-adds", lambda row: brief(row["macs"])),
    ]
    if results.arms["latency_ms"].notna().any():
        columns.append(("latency, ms", lambda row: decimal(row["latency_ms"], 3)))
    blocks: list[Block] = [
        Text(
            "One observation is one search, or one random architecture; several trainings of one "
            "architecture are averaged first. SD is the standard deviation between observations."
        ),
        grid("arms", results.arms, columns),
    ]
    for number, study in enumerate(results.studies):
        units = results.units[results.units["study"] == study]
        figure = arms_plot.draw(units, results.all_methods)
        caption = (
            "Every run's test accuracy; below the points their mean (black tick) and its 95 % t "
            "interval. Grey: mean ± SD of random architectures."
        )
        blocks.append(gallery.hang(figure, _numbered("arms", number), caption))
    return Section("arms", "Arms", tuple(blocks))


def tradeoff(results: Results, gallery: Gallery) -> Section:
    """Draw accuracy against what networks cost."""
    blocks: list[Block] = []
    for number, study in enumerate(results.studies):
        runs = results.tables.runs
        runs = runs[(runs["study"] == study) & (runs["status"] == "done")]
        figure = tradeoff_plot.draw(runs, results.all_methods)
        priced = {
            "latency_ms": "Latencies are sums of the comparison's table, not measurements of the "
            "whole network: the table's own file says how well they predict it.",
            "macs": "Multiply-adds are those of convolutions and linear layers for one image.",
        }
        caption = (
            "Test accuracy of every trained network against its cost, all arms together; the "
            f"large marks are means. {priced[tradeoff_plot.currency_of(runs)]}"
        )
        blocks.append(gallery.hang(figure, _numbered("tradeoff", number), caption))
    return Section("tradeoff", "Accuracy against cost", tuple(blocks))


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
    lost = [f"{row[name]} {name}" for name in ("failed", "skipped", "missing") if row[name]]
    return joined(lost, "none")


def _numbered(name: str, number: int) -> str:
    return f"{name}-{number + 1}" if number else name
