"""Every arm: how many runs, mean, spread, values, and what became of the others."""

from __future__ import annotations

from analysis.loading.columns import NO_ACCURACY
from analysis.loading.rows import Row
from analysis.numbers import brief, decimal, joined, value_range
from analysis.report.document import Fold, Section
from analysis.report.gallery import Gallery
from analysis.report.sections.grids import Column, arm_columns, fields, grid
from analysis.study import Study


def section(study: Study, gallery: Gallery) -> Section:
    """List every arm; its values and what its networks cost are folded."""
    columns: list[Column] = [
        *arm_columns(),
        *fields("n"),
        ("mean ± SD, %", _mean),
        ("best of k, %", lambda row: decimal(row["best_of_k"], 1)),
        ("failed or diverged", _lost),
    ]
    further: list[Column] = [
        *arm_columns(),
        ("values", lambda row: value_range(row["values"])),
        ("parameters", lambda row: brief(row["params"])),
        ("multiply-adds", lambda row: brief(row["macs"])),
        ("latency, ms", lambda row: decimal(row["latency_ms"], 3)),
    ]
    folded = Fold("Every value, and the size of networks", (grid("arms", study.arms, further),))
    return Section("arms", "Arms", (grid("arms", study.arms, columns), folded))


def _mean(row: Row) -> str:
    if not row["n"]:
        return "no finished run"
    return decimal(row["mean"], 1) + (f" ± {decimal(row['sd'], 1)}" if row["n"] > 1 else "")


def _lost(row: Row) -> str:
    return joined((f"{row[name]} {name}" for name in NO_ACCURACY if row[name]), "")
