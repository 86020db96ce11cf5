"""The significance report: what design was analysed, what it could show, what it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterator

from analysis.answers.comparisons.records import Comparison
from analysis.answers.comparisons.sentences import (
    about_margin,
    sides,
    tested,
    where,
)
from analysis.numbers import (
    NOTHING,
    decimal,
    interval,
    joined,
    p_value,
    several,
)
from analysis.report.document import Block, Fold, Listing, Section, Text
from analysis.report.gallery import Gallery
from analysis.report.sections.assumptions import assumptions
from analysis.report.sections.grids import known_grid
from analysis.report.sections.verdicts import verdict_grid
from analysis.statistics.counter import tests_run
from analysis.study import Study


def section(study: Study, gallery: Gallery) -> Section:
    """Print what a reviewer asks before believing a p-value."""
    blocks: list[Block] = []
    if study.comparisons:
        blocks += [_forest(study, gallery), _design(study), *_effects(study), *_margins(study)]
    blocks += _rivals(study)
    blocks.append(Fold("What the p-values assume", (Listing(tuple(assumptions(study))),)))
    blocks += _variances(study)
    disagree = [one for one in study.comparisons if one.test and not one.test.agrees]
    told = f"rank and t test disagree in {several(len(disagree), 'comparison')}"
    remark = told * bool(disagree)
    return Section("significance", "Significance", tuple(blocks), _summary(study), remark)


def _summary(study: Study) -> str:
    family = max((one.adjusted.family for one in study.comparisons if one.adjusted), default=0)
    return (
        f"Designs, intervals and sensitivity of {several(family, 'declared test')}; of "
        f"{several(tests_run(), 'test')} run so far only Holm's p over a family decides."
    )


def _design(study: Study) -> Block:
    columns = (
        "on",
        "comparison",
        "design",
        "test",
        "failed or diverged",
        "not run",
        "smallest p",
        "smallest Holm p",
        "detectable after Holm",
    )
    rows = [
        (
            *_named(one),
            f"{one.test.rule}: {one.test.design}" if one.test else NOTHING,
            one.test.test if one.test else one.why,
            str(one.sample.failed or ""),
            str(one.sample.lost or ""),
            p_value(one.test.p_min) if one.test else NOTHING,
            p_value(one.adjusted.p_holm_min) if one.adjusted else NOTHING,
            _detectable(one),
        )
        for one in study.comparisons
    ]
    return known_grid("comparisons", columns, rows)


def _detectable(one: Comparison) -> str:
    if one.adjusted is None or one.effect is None or one.adjusted.detectable is None:
        return NOTHING
    return f"{decimal(one.adjusted.detectable)} {one.effect.scale}"


def _forest(study: Study, gallery: Gallery) -> Block:
    caption = (
        "Every declared difference with its 95 % interval; the corrected rank test decides, the "
        "interval describes."
    )
    return gallery.show(study, "forest", caption)


def _effects(study: Study) -> Iterator[Block]:
    columns = (
        "on",
        "comparison",
        "median difference",
        "in SD",
        "p",
        "p without failed runs",
        "p of the t test",
        "p of the second rank test",
        "range with one run left out",
    )
    rows = [
        (
            *_named(one),
            decimal(one.effect.median_difference, signed=True),
            decimal(one.effect.standardised, signed=True),
            tested(one),
            p_value(one.test.p_without_failures),
            p_value(one.test.p_t),
            p_value(one.test.p_second),
            interval(one.effect.least_left_out, one.effect.most_left_out),
        )
        for one in study.comparisons
        if one.test and one.effect
    ]
    if rows:
        yield known_grid("comparisons", columns, rows)


def _margins(study: Study) -> Iterator[Block]:
    with_margin = [(one, one.against_margin) for one in study.comparisons if one.against_margin]
    if not with_margin:
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
            *_named(one),
            interval(margin.narrow_low, margin.narrow_high),
            p_value(margin.non_inferior_p_holm),
            p_value(margin.equivalent_p_holm),
            margin.assay,
            about_margin(margin),
        )
        for one, margin in with_margin
    ]
    yield known_grid("margins", columns, rows)


def _rivals(study: Study) -> Iterator[Block]:
    if not study.rivals or not study.comparisons:  # then they are the verdicts
        return
    sizes = joined(
        dict.fromkeys(several(one.adjusted.family, "test") for one in study.rivals if one.adjusted)
    )
    yield Text(f"Methods against each other: undeclared, a family of its own of {sizes}.")
    yield verdict_grid("rivals", study.rivals)


def _variances(study: Study) -> Iterator[Block]:
    table = study.variances
    if len(table) == 0 or not (table["trainings"] > table["searches"]).any():
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
    yield known_grid("variances", columns, rows)


def _named(one: Comparison) -> tuple[str, str]:
    return where(one), " against ".join(sides(one))
