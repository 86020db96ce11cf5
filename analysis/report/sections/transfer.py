"""What transfer costs, keeps and saves, and whether searching was worth anything."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from analysis.loading.rows import Row
from analysis.numbers import NOTHING, brief, decimal, interval, joined, p_value, pair_label
from analysis.report.document import Block, Fold, Section, Text
from analysis.report.gallery import Gallery
from analysis.report.sections.controls import controls
from analysis.report.sections.gains import gains
from analysis.report.sections.grids import (
    Column,
    difference,
    fields,
    grid,
    pair_columns,
    tell_sides,
)
from analysis.study import Study

Part = Callable[[Study], Sequence[Block]]
# Beyond, Fieller's g says no more than that the denominator is noise.
LARGEST_G = 1000


def section(study: Study, gallery: Gallery) -> Section:
    """Tell what the proxy costs, what searching gains, and what is kept and saved."""
    parts: tuple[Part, ...] = (
        _gaps,
        gains,
        _crossed,
        _retention,
        controls,
        _savings,
        _spread,
        _shared,
    )
    blocks = [block for part in parts for block in part(study)]
    summary = (
        "What the proxy costs (transfer gap), what searching gains over random architectures, "
        "and what is kept and saved."
    )
    return Section("transfer", "Transfer", tuple(blocks), summary, _remark(study))


def _remark(study: Study) -> str:
    """Say how many intervals of the gain over random exclude zero; they are not corrected."""
    gains = study.gains[study.gains["gain"].notna()]
    ahead, behind = int((gains["low"] > 0).sum()), int((gains["high"] < 0).sum())
    return tell_sides("gain over random", ahead, behind, len(gains))


def _fieller_g(row: Row) -> str:
    if math.isnan(row["g"]):
        return NOTHING
    return f"> {LARGEST_G:,}" if row["g"] > LARGEST_G else decimal(row["g"], 3)


def _gaps(study: Study) -> Sequence[Block]:
    columns: list[Column] = [
        *pair_columns(),
        *fields("difference"),
        ("n", lambda row: f"{row['n_first']} + {row['n_second']}"),
        ("pp [95 % CI]", lambda row: difference(row, "estimate")),
        *fields("interval"),
    ]
    if len(study.transfer["crossed"]):
        return ()  # which has the same differences and more
    if len(study.gaps) == 0:
        nothing = "No two arms of a method were planned whose difference would say anything."
        return (Text(nothing),)
    return (grid("gaps", study.gaps, columns),)


def _crossed(study: Study) -> Sequence[Block]:
    columns: list[Column] = [
        *pair_columns(),
        *fields("difference"),
        ("n", lambda row: f"{row['n_first']} + {row['n_second']}"),
        ("pp", lambda row: decimal(row["estimate"], signed=True)),
        ("further runs, these images", lambda row: interval(row["runs_low"], row["runs_high"])),
        ("further runs and images", lambda row: interval(row["both_low"], row["both_high"])),
    ]
    table = study.transfer["crossed"]
    if len(table) == 0:
        return ()
    sizes = table.drop_duplicates("target")[["target", "images", "sources"]]
    tested = "; ".join(_tested(*row) for row in sizes.itertuples(index=False))
    return Text(f"Tested on: {tested}."), grid("crossed", table, columns)


def _tested(target: str, images: int, sources: int) -> str:
    made = "" if sources == images else f" made from {sources:,} scans"
    return f"{target}: {images:,} images{made}"


def _retention(study: Study) -> Sequence[Block]:
    columns: list[Column] = [
        *pair_columns(),
        *fields("arm"),
        ("n", lambda row: f"{row['n']}, {row['n_direct']} direct, {row['n_random']} random"),
        ("retention [95 % CI]", _kept),
        ("g", _fieller_g),
        *fields("interval"),
    ]
    table = study.transfer["retention"]
    if len(table) and table["retention"].isna().all():
        whys = joined(dict.fromkeys(str(text) for text in table["interval"]))
        return (Text(f"Retention has no value for any arm ({whys})."),)
    return (grid("retention", table, columns),) if len(table) else ()


def _savings(study: Study) -> Sequence[Block]:
    columns: list[Column] = [
        *pair_columns(),
        *fields("arm", "currency"),
        ("mean cost", lambda row: f"{brief(row['cost'])} against {brief(row['direct_cost'])}"),
        ("saving [95 % CI]", _saved),
    ]
    table = study.transfer["savings"]
    whole = table[table["currency"] == "search and training seconds"]
    if len(table) == 0:
        return ()
    shown = whole if len(whole) else table
    return (Fold("Cost saving", (grid("savings", shown, columns),)),)


def _spread(study: Study) -> Sequence[Block]:
    columns: list[Column] = [
        *pair_columns(),
        *fields("arm"),
        ("n", lambda row: f"{row['n']} + {row['n_direct']}"),
        ("SD, pp", lambda row: f"{decimal(row['sd'])} against {decimal(row['sd_direct'])}"),
        ("ratio", lambda row: decimal(row["ratio"])),
        ("Brown-Forsythe p", lambda row: p_value(row["p"])),
    ]
    table = study.transfer["consistency"]
    if len(table) == 0:
        return ()
    return (Fold("Consistency over seeds", (grid("consistency", table, columns),)),)


def _shared(study: Study) -> Sequence[Block]:
    columns: list[Column] = [
        ("pair", lambda row: pair_label(row["source"], row["target"])),
        ("searches", lambda row: f"{row['n']} of {row['methods']} methods"),
        ("Kendall tau-b [95 % CI]", lambda row: difference(row, "kendall")),
        ("Spearman rho", lambda row: decimal(row["spearman"], signed=True)),
        *fields("interval"),
    ]
    table = study.transfer["agreement"]
    return (grid("agreement", table, columns),) if len(table) else ()


def _kept(row: Row) -> str:
    """Return the retention with its interval; a sign would say nothing."""
    if math.isnan(row["retention"]):
        return NOTHING
    limits = f" [{decimal(row['low'])}, {decimal(row['high'])}]"
    return decimal(row["retention"]) + ("" if math.isnan(row["low"]) else limits)


def _saved(row: Row) -> str:
    if math.isnan(row["saving"]):
        return NOTHING
    percent = {name: 100 * row[name] for name in ("saving", "low", "high")}
    return f"{difference(percent, 'saving')} %"
