"""The significance report: what design was analysed, what it could show, what it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterator

from analysis.answers.comparisons.records import Comparison
from analysis.answers.comparisons.sentences import about_margin, tested
from analysis.loading.rows import Row
from analysis.numbers import NOTHING, decimal, interval, joined, p_value, several
from analysis.report.document import Block, Fold, Listing, Section, Text
from analysis.report.gallery import Gallery
from analysis.report.planned import summarise_hardest
from analysis.report.sections.assumptions import assumptions
from analysis.report.sections.grids import Column, fields, grid
from analysis.report.sections.verdicts import named_columns, verdict_grid
from analysis.statistics.counter import tests_run
from analysis.study import Study


def section(study: Study, gallery: Gallery) -> Section:
    """Print what a reviewer asks before believing a p-value."""
    blocks: list[Block] = []
    if study.comparisons:
        blocks += [_forest(study, gallery), _design(study), *_plan(study)]
        blocks += [*_effects(study), *_margins(study)]
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
    columns: list[Column] = [
        *named_columns(),
        ("design", lambda one: f"{one.test.rule}: {one.test.design}" if one.test else NOTHING),
        ("test", lambda one: one.test.test if one.test else one.why),
        ("failed or diverged", lambda one: str(one.sample.failed or "")),
        ("not run", lambda one: str(one.sample.lost or "")),
        ("smallest p", lambda one: p_value(one.test.p_min) if one.test else NOTHING),
        (
            "smallest Holm p",
            lambda one: p_value(one.adjusted.p_holm_min) if one.adjusted else NOTHING,
        ),
        ("detectable after Holm", _detectable),
    ]
    return grid("comparisons", study.comparisons, columns)


def _plan(study: Study) -> Iterator[Block]:
    if told := summarise_hardest(study):
        yield Text(told)


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
    columns: list[Column] = [
        *named_columns(),
        ("median difference", lambda one: decimal(one.effect.median_difference, signed=True)),
        ("in SD", lambda one: decimal(one.effect.standardised, signed=True)),
        ("p", tested),
        ("p without failed runs", lambda one: p_value(one.test.p_without_failures)),
        ("p of the t test", lambda one: p_value(one.test.p_t)),
        ("p of the second rank test", lambda one: p_value(one.test.p_second)),
        (
            "range with one run left out",
            lambda one: interval(one.effect.least_left_out, one.effect.most_left_out),
        ),
    ]
    if shown := [one for one in study.comparisons if one.test and one.effect]:
        yield grid("comparisons", shown, columns)


def _margins(study: Study) -> Iterator[Block]:
    columns: list[Column] = [
        *named_columns(),
        (
            "90 % CI, pp",
            lambda one: interval(one.against_margin.narrow_low, one.against_margin.narrow_high),
        ),
        ("non-inferior p, Holm", lambda one: p_value(one.against_margin.non_inferior_p_holm)),
        ("equivalent p, Holm", lambda one: p_value(one.against_margin.equivalent_p_holm)),
        ("direct beats random", lambda one: one.against_margin.assay),
        ("result", lambda one: about_margin(one.against_margin)),
    ]
    if shown := [one for one in study.comparisons if one.against_margin]:
        yield grid("margins", shown, columns)


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
    columns: list[Column] = [
        ("method", lambda row: str(row["method"]) or "shared by all"),
        *fields("arm", "target", "searches", "trainings"),
        ("SD between searches", lambda row: decimal(row["search_sd"])),
        ("SD between trainings", lambda row: decimal(row["evaluation_sd"])),
        ("best trainings per search", _best_trainings),
    ]
    yield grid("variances", table, columns)


def _best_trainings(row: Row) -> str:
    found = row["best_trainings"]
    return decimal(found, 1) if math.isfinite(found) else NOTHING
