"""What transfer costs, keeps and saves, and whether searching was worth anything."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from analysis.answers.evaluation import Results
from analysis.numbers import NOTHING, brief, decimal, interval, p_value, pair_label
from analysis.report.document import Block, Fold, Section, Text
from analysis.report.gallery import Gallery
from analysis.report.sections.grids import Column, arm_columns, difference, grid

Row = dict[str, Any]
Part = Callable[[Results], Sequence[Block]]
# Beyond, Fieller's g says no more than that the denominator is noise.
LARGEST_G = 1000


def section(results: Results, gallery: Gallery) -> Section:
    """Tell what the proxy costs, what searching gains, and what is kept and saved."""
    parts: tuple[Part, ...] = (
        _gaps,
        _gains,
        _crossed,
        _retention,
        _asymmetry,
        _savings,
        _spread,
        _shared,
    )
    blocks = [block for part in parts for block in part(results)]
    return Section("transfer", "Transfer gap and gain over random", tuple(blocks))


def _fieller_g(row: Row) -> str:
    if math.isnan(row["g"]):
        return NOTHING
    return f"> {LARGEST_G:,}" if row["g"] > LARGEST_G else decimal(row["g"], 3)


def _gaps(results: Results) -> Sequence[Block]:
    columns: list[Column] = [
        *_pair_columns(),
        ("difference", lambda row: str(row["difference"])),
        ("n", lambda row: f"{row['n_first']} + {row['n_second']}"),
        ("pp [95 % CI]", lambda row: difference(row, "estimate")),
        ("interval", lambda row: str(row["interval"])),
    ]
    text = (
        "The transfer gap is direct - transferred: above zero it is the price of the proxy. Arms "
        "that share a search are paired by seed (paired t), others are independent (Welch). These "
        "intervals speak of further runs on the same test images."
    )
    nothing = "No two arms of a method were planned whose difference would say anything."
    return Text(text), _table("gaps", results.gaps, columns, nothing)


def _gains(results: Results) -> Sequence[Block]:
    equivalents = results.transfer["equivalents"]
    table = results.gains.merge(
        equivalents.drop(columns=["n", "n_random"]),
        on=["study", "method", "arm", "source", "target"],
        suffixes=("", "_draws"),
    )
    columns: list[Column] = [
        *arm_columns(),
        ("n", lambda row: f"{row['n']} + {row['n_random']}"),
        ("gain, pp [95 % CI]", lambda row: difference(row, "gain")),
        ("at equal size, pp [95 % CI]", _adjusted),
        ("RI, %", lambda row: decimal(row["relative_improvement"], signed=True)),
        ("A12 [95 % CI]", _a12),
        ("worth random draws", _draws),
    ]
    text = (
        "Gain over random: the arm's mean less that of random architectures of the same space, "
        "trained alike on the same task (Welch). At equal size: the mean residual from accuracy ~ "
        "log parameters + log multiply-adds, fitted to the random architectures of that target; "
        "an asterisk says that some networks lie outside their range of sizes. RI is the gain in "
        "percent of the random mean (Yang et al., ICLR 2020). A12 is the probability that the arm "
        "beats a random architecture (Newcombe 5). Worth random draws: the least number of random "
        "architectures whose best is expected to reach the arm's mean, if one knew which is best, "
        "estimated from the random arm, which cannot tell of more than its own size; percentile "
        "bootstrap from 20 runs on."
    )
    nothing = "No random architectures were planned, so there is no floor to measure from."
    return Text(text), _table("gains", table, columns, nothing)


def _crossed(results: Results) -> Sequence[Block]:
    columns: list[Column] = [
        *_pair_columns(),
        ("difference", lambda row: str(row["difference"])),
        ("n", lambda row: f"{row['n_first']} + {row['n_second']}"),
        ("pp", lambda row: decimal(row["estimate"], signed=True)),
        ("further runs, these images", lambda row: interval(row["runs_low"], row["runs_high"])),
        ("these runs, further images", lambda row: interval(row["images_low"], row["images_high"])),
        ("further runs and images", lambda row: interval(row["both_low"], row["both_high"])),
    ]
    table = results.transfer["crossed"]
    if len(table) == 0:
        return ()
    sizes = table.drop_duplicates("target")[["target", "images", "sources"]]
    tested = "; ".join(_tested(*row) for row in sizes.itertuples(index=False))
    text = (
        f"The test set is finite as well ({tested}). Three 95 % intervals of the same difference, "
        "each for another population: further runs tested on these images (t); these very "
        "networks tested on further images (bootstrap); further runs on further images (crossed "
        "bootstrap of runs and images with a t quantile). A claim about a method on a task needs "
        "the last one. It is exploratory: the declared tests ask about runs."
    )
    return Text(text), grid("crossed", table, columns)


def _tested(target: str, images: int, sources: int) -> str:
    made = "" if sources == images else f" made from {sources:,} scans"
    return f"{target}: {images:,} images{made}"


def _retention(results: Results) -> Sequence[Block]:
    columns: list[Column] = [
        *_pair_columns(),
        ("arm", lambda row: str(row["arm"])),
        ("n", lambda row: f"{row['n']}, {row['n_direct']} direct, {row['n_random']} random"),
        ("retention [95 % CI]", _kept),
        ("g", _fieller_g),
        ("interval", lambda row: str(row["interval"])),
    ]
    text = (
        "Retention is the share of direct search's gain over random that an arm keeps: 1 loses "
        "nothing, 0 is as good as random, below 0 the proxy harms. Fieller's interval with pooled "
        "variance; it exists only where direct search beats random beyond its own interval (g < 1)."
    )
    table = results.transfer["retention"]
    return (Text(text), _table("retention", table, columns)) if len(table) else ()


def _asymmetry(results: Results) -> Sequence[Block]:
    columns: list[Column] = [
        ("method", lambda row: str(row["method"])),
        ("tasks", lambda row: f"{row['first']} and {row['second']}"),
        ("n", lambda row: f"{row['n_first']} + {row['n_second']}"),
        ("gap there, pp", lambda row: decimal(row["gap_forth"], signed=True)),
        ("gap back, pp", lambda row: decimal(row["gap_back"], signed=True)),
        ("noise, pp", lambda row: f"{decimal(row['noise_second'])}, {decimal(row['noise_first'])}"),
        ("asymmetry [95 % CI]", lambda row: difference(row, "asymmetry")),
        ("interval", lambda row: str(row["interval"])),
    ]
    table = results.transfer["asymmetry"]
    if len(table) == 0:
        return ()
    kinds = " or ".join(dict.fromkeys(table["noise"]))
    text = (
        "Asymmetry is the gap of transferring there less that of transferring back, each in units "
        f"of its target's noise ({kinds}): above zero the way there costs more. The interval holds "
        "the shifts that an exact permutation of whole searches accepts."
    )
    return Text(text), grid("asymmetry", table, columns)


def _savings(results: Results) -> Sequence[Block]:
    columns: list[Column] = [
        *_pair_columns(),
        ("arm", lambda row: str(row["arm"])),
        ("currency", lambda row: str(row["currency"])),
        ("mean cost", lambda row: f"{brief(row['cost'])} against {brief(row['direct_cost'])}"),
        ("saving [95 % CI]", _saved),
        ("interval", lambda row: str(row["interval"])),
        ("all searches", lambda row: brief(row["identification"])),
        ("and one training", lambda row: brief(row["automl"])),
    ]
    text = (
        "Cost saving is 1 - cost / cost of direct search, ancestors' searches included; below zero "
        "the arm costs more. All searches: what these n searches cost together; the last column "
        "adds one final training, where training is counted. Failed runs are billed under Cost."
    )
    table = results.transfer["savings"]
    if len(table) == 0:
        return ()
    return (Fold("Cost saving", (Text(text), grid("savings", table, columns))),)


def _spread(results: Results) -> Sequence[Block]:
    columns: list[Column] = [
        *_pair_columns(),
        ("arm", lambda row: str(row["arm"])),
        ("n", lambda row: f"{row['n']} + {row['n_direct']}"),
        ("SD, pp", lambda row: f"{decimal(row['sd'])} against {decimal(row['sd_direct'])}"),
        ("ratio [95 % CI]", lambda row: _positive(row, "ratio")),
        ("interval", lambda row: str(row["interval"])),
        ("Brown-Forsythe p", lambda row: p_value(row["p"])),
    ]
    text = (
        "Does the proxy add variance? The standard deviation over search seeds against that of "
        "direct search; p is exploratory and belongs to no declared family."
    )
    table = results.transfer["consistency"]
    if len(table) == 0:
        return ()
    return (Fold("Consistency over seeds", (Text(text), grid("consistency", table, columns))),)


def _shared(results: Results) -> Sequence[Block]:
    columns: list[Column] = [
        ("pair", lambda row: pair_label(row["source"], row["target"])),
        ("searches", lambda row: f"{row['n']} of {row['methods']} methods"),
        ("Kendall tau-b [95 % CI]", lambda row: difference(row, "kendall")),
        ("Spearman rho", lambda row: decimal(row["spearman"], signed=True)),
        ("interval", lambda row: str(row["interval"])),
    ]
    text = (
        "The architecture of every search of the source, trained on source and on target: do the "
        "two accuracies rank them alike? They were all found by searching, so they are no sample "
        "of the space, and one training each puts noise on both sides."
    )
    table = results.transfer["agreement"]
    return (Text(text), grid("agreement", table, columns)) if len(table) else ()


def _table(name: str, table: pd.DataFrame, columns: Sequence[Column], nothing: str = "") -> Block:
    return grid(name, table, columns) if len(table) else Text(nothing)


def _pair_columns() -> list[Column]:
    return [
        ("method", lambda row: str(row["method"])),
        ("pair", lambda row: pair_label(row["source"], row["target"])),
    ]


def _a12(row: dict[str, Any]) -> str:
    """Return A12 with its interval, where there is one."""
    limits = [decimal(row[name]) for name in ("a12_low", "a12_high")]
    known = not math.isnan(row["a12_low"])
    return f"{decimal(row['a12'])} [{', '.join(limits)}]" if known else decimal(row["a12"])


def _adjusted(row: Row) -> str:
    shown = {"gain": row["adjusted_gain"], "low": row["adjusted_low"], "high": row["adjusted_high"]}
    mark = "*" if row["outside"] > 0 else ""
    return difference(shown, "gain") + mark


def _draws(row: Row) -> str:
    """Return the equivalent number of random draws; its limits may lie beyond what is known."""
    limit = row["n_random"]
    low, high = (_count(row[f"{end}_draws"], limit) for end in ("low", "high"))
    found = _count(row["draws"], limit)
    return found if math.isnan(row["low_draws"]) else f"{found} [{low}, {high}]"


def _count(value: float, limit: int) -> str:
    if math.isnan(value):
        return NOTHING
    return f"{value:.0f}" if math.isfinite(value) else f"> {limit}"


def _kept(row: Row) -> str:
    return _positive(row, "retention")


def _saved(row: Row) -> str:
    if math.isnan(row["saving"]):
        return NOTHING
    percent = {name: 100 * row[name] for name in ("saving", "low", "high")}
    return f"{difference(percent, 'saving')} %"


def _positive(row: Row, estimate: str) -> str:
    """Return a ratio with its interval; a sign would say nothing."""
    if math.isnan(row[estimate]):
        return NOTHING
    limits = f" [{decimal(row['low'])}, {decimal(row['high'])}]"
    return decimal(row[estimate]) + ("" if math.isnan(row["low"]) else limits)
