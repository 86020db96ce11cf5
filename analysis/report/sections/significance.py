"""The significance report: what design was analysed, what it could show, what it rests on."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterator

import numpy as np
import pandas as pd
import scipy

from analysis.answers.comparisons.comparisons import Comparison
from analysis.answers.comparisons.sentences import (
    about_margin,
    difference_text,
    sentence,
    sides,
    tested,
    where,
)
from analysis.answers.evaluation import Results
from analysis.figures import forest
from analysis.numbers import (
    NOTHING,
    all_values_in,
    decimal,
    every_value,
    interval,
    joined,
    p_value,
    several,
)
from analysis.report.document import Block, Fold, Grid, Listing, Section, Text
from analysis.report.gallery import Gallery
from analysis.report.sections.appendix import fingerprint
from analysis.report.sections.assumptions import assumptions
from analysis.report.sections.outcome import verdict_grid
from analysis.statistics.counter import tests_run


def section(results: Results, gallery: Gallery) -> Section:
    """Print what a reviewer asks before believing a p-value."""
    blocks: list[Block] = [Text(_family(results))]
    if results.comparisons:
        blocks += [_design(results), _reach(results), *_forests(results, gallery)]
        blocks += [
            Text(all_values_in("comparisons")),
            _effects(results),
            *_margins(results),
            _sensitivity(results),
        ]
    blocks += _rivals(results)
    blocks += [Text("Assumptions that bite."), Listing(tuple(assumptions(results)))]
    blocks += _variances(results)
    blocks += [Text(_multiplicity(results)), Text(_stamp(results.tables.runs))]
    return Section("significance", "Significance", tuple(blocks))


def _family(results: Results) -> str:
    sizes = {one.study: one.family for one in results.comparisons}
    text = joined((several(size, "test") for size in sizes.values()), "no tests")
    return (
        "The experimental unit is the search run; several trainings of one architecture are "
        f"averaged first. The declared family has {text}: every comparison of the protocol "
        "for every method and pair, those over several targets, and those against a declared "
        "margin. Holm's correction runs over all of them."
    )


def _design(results: Results) -> Grid:
    columns = ("on", "comparison", "design", "test", "n", "failed or diverged", "not run")
    rows = [
        (
            *_named(one, results),
            f"{one.rule}: {one.design}" if one.design else NOTHING,
            one.test or one.why,
            f"{one.n_arm} + {one.n_against}",
            str(one.failed),
            str(one.lost),
        )
        for one in results.comparisons
    ]
    return Grid("design", columns, tuple(rows))


def _reach(results: Results) -> Grid:
    columns = (
        "on",
        "comparison",
        "smallest p",
        "smallest Holm p",
        "capacity",
        "SD within",
        "detectable (80 % power)",
        "detectable after Holm",
    )
    rows = [
        (
            *_named(one, results),
            p_value(one.p_min),
            p_value(one.p_holm_min) + ("" if one.verdict != "infeasible" else ": INFEASIBLE"),
            f"{one.capacity:,}",
            decimal(one.spread),
            _size(one.detectable, one.scale),
            _size(one.detectable_holm, one.scale),
        )
        for one in results.comparisons
        if not math.isnan(one.p)
    ]
    return Grid("reach", columns, tuple(rows))


def _size(value: float, scale: str) -> str:
    return f"{decimal(value)} {scale}" if math.isfinite(value) else NOTHING


def _forests(results: Results, gallery: Gallery) -> Iterator[Block]:
    for number, study in enumerate(results.studies):
        table = forest.collect(results, study)
        caption = (
            "Every declared difference with its 95 % interval. An interval that excludes zero may "
            "still be inconclusive: the corrected rank test decides, the interval describes."
        )
        name = f"forest-{number + 1}" if number else "forest"
        yield gallery.hang(forest.draw(table), name, caption, table)


def _effects(results: Results) -> Grid:
    columns = (
        "on",
        "comparison",
        "every value",
        "mean difference [95 % CI]",
        "interval",
        "median difference",
        "in SD",
        "p",
        "Holm p",
    )
    rows = [
        (
            *_named(one, results),
            " against ".join(every_value(values) for values in (one.values, one.values_against)),
            difference_text(one),
            one.interval,
            decimal(one.median_difference, signed=True),
            decimal(one.standardised, signed=True),
            tested(one),
            p_value(one.p_holm),
        )
        for one in results.comparisons
        if not math.isnan(one.p)
    ]
    return Grid("effects", columns, tuple(rows))


def _margins(results: Results) -> Iterator[Block]:
    with_margin = [one for one in results.comparisons if one.has_margin]
    if not with_margin:
        yield Text(
            "No margin applies, because the protocol declares none or compares nothing carried "
            "over with a direct search. So nothing is called equivalent or non-inferior: read the "
            "intervals."
        )
        return
    columns = (
        "on",
        "comparison",
        "90 % CI, pp",
        "non-inferior p, Holm",
        "equivalent p, Holm",
        "direct beats random",
        "result",
    )
    rows = [
        (
            *_named(one, results),
            interval(one.narrow_low, one.narrow_high),
            p_value(one.non_inferior_p_holm),
            p_value(one.equivalent_p_holm),
            one.assay,
            about_margin(one),
        )
        for one in with_margin
    ]
    yield Grid("margins", columns, tuple(rows))


def _sensitivity(results: Results) -> Grid:
    columns = (
        "on",
        "comparison",
        "range with one run left out",
        "p without failed or diverged runs",
        "p of the t test",
        "p of the second rank test",
        "do they agree at .05",
    )
    rows = [
        (
            *_named(one, results),
            interval(one.least_left_out, one.most_left_out),
            p_value(one.p_without_failures),
            p_value(one.p_t),
            p_value(one.p_second),
            "yes" if one.agrees else "no: the rank test decides",
        )
        for one in results.comparisons
        if not math.isnan(one.p)
    ]
    return Grid("sensitivity", columns, tuple(rows))


def _rivals(results: Results) -> Iterator[Block]:
    if not results.rivals:
        return
    size = joined(dict.fromkeys(several(one.family, "test") for one in results.rivals))
    sentences = tuple(sentence(one, results.labels) for one in results.rivals)
    yield Text(
        "Methods against each other. The protocol does not declare these comparisons; they are "
        f"corrected as a family of their own, of {size}."
    )
    yield verdict_grid("rivals", results.rivals, results.labels)
    yield Fold("The same in sentences", (Listing(sentences),))


def _variances(results: Results) -> Iterator[Block]:
    table = results.variances
    if len(table) == 0 or not (table["trainings"] > table["searches"]).any():
        yield Text(
            "Every architecture was trained once, so that the variance of searching and that of "
            "training cannot be told apart; the experiment's train_seeds would separate them."
        )
        return
    columns = (
        "method",
        "arm",
        "target",
        "searches",
        "trainings",
        "SD between searches",
        "SD between trainings",
        "best trainings per search",
    )
    rows = [
        (
            str(row["method"]) or "shared by all",
            str(row["arm"]),
            str(row["target"]),
            str(row["searches"]),
            str(row["trainings"]),
            decimal(row["search_sd"]),
            decimal(row["evaluation_sd"]),
            decimal(row["best_trainings"], 1) if math.isfinite(row["best_trainings"]) else NOTHING,
        )
        for row in table.to_dict("records")
    ]
    yield Text(
        "Variance between searches and between trainings of one architecture, in points. The last "
        "column is how many trainings per search would spend a budget best."
    )
    yield Grid("variances", columns, tuple(rows))


def _multiplicity(results: Results) -> str:
    printed = len(results.comparisons) + len(results.rivals)
    return (
        f"Up to here this report has run {several(tests_run(), 'test')}, sensitivity and secondary "
        f"ones included; {printed} decide something. Only Holm's p over a family is meant for "
        "decisions."
    )


def _stamp(runs: pd.DataFrame) -> str:
    return (
        f"Counted with python {platform.python_version()}, numpy {np.__version__}, scipy "
        f"{scipy.__version__}, pandas {pd.__version__}; random draws start from seed 0. "
        f"SHA-256 of the runs table: {fingerprint(runs)}"
    )


def _named(one: Comparison, results: Results) -> tuple[str, str]:
    return where(one, results.labels), " against ".join(sides(one))
