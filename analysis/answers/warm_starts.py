"""What continuing a source search is worth while it runs, against searching the target afresh."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.answers.transfer.gaps import Pairs, design_cells, select
from analysis.arms import CONTINUED, DIRECT, DIRECT_LONG
from analysis.loading.load import Tables
from analysis.statistics.curves import Curve, area_between, area_p, asymptotic, jumpstart, window
from analysis.statistics.intervals import Interval
from analysis.statistics.reaching import SHARES, log_rank_p, reaching, thresholds, time_ratio

# What a search may know of its own quality; the first that both sides logged is compared.
QUALITIES = {
    "best_val_so_far": "best validation accuracy so far",
    "validation_accuracy": "the super-network's validation accuracy",
}
_KEY = ["method", "source", "target", "quality", "currency", "account", "cold"]
PROCESS_COLUMNS = [
    *_KEY,
    "n_warm",
    "n_cold",
    "start",
    "budget",
    *[
        f"{name}{end}"
        for name in ("jumpstart", "asymptotic", "area")
        for end in ("", "_low", "_high")
    ],
    "p",
    "note",
]
REACHING_COLUMNS = [
    *_KEY,
    "share",
    "threshold",
    "n_warm",
    "n_cold",
    "reached_warm",
    "reached_cold",
    "median_warm",
    "median_cold",
    "ratio",
    "expected_warm",
    "expected_cold",
    "p",
]
MARGINAL = "marginal"
HELD = "cold held at its last quality"


@dataclass(frozen=True)
class Race:
    """Warm searches against cold ones on the same target, in one currency.

    Attributes:
        key: Study, method, source, target, quality, currency, account and the cold arm.
        warm: Of the arm ``continued``; in the account ``total`` begun after the source search.
        cold: Of the arm ``direct`` or, at equal totals, ``direct_long``.
        note: What must be said of the comparison.
    """

    key: dict[str, str]
    warm: list[Curve]
    cold: list[Curve]
    note: str = ""


def process_tables(tables: Tables, pairs: Pairs) -> dict[str, pd.DataFrame]:
    """Return warm-start statistics, and what a quality costs.

    What a quality costs does not count the source search: in that account continued searches start
    where most cold ones have ended, so it would tell budgets and not searches apart.
    """
    found = list(races(tables, pairs))
    marginal = [race for race in found if race.key["account"] == MARGINAL]
    return {
        "process": pd.DataFrame([_process(race) for race in found], columns=PROCESS_COLUMNS),
        "reaching": pd.DataFrame(
            [row for race in marginal for row in _reaching(race)], columns=REACHING_COLUMNS
        ),
    }


def races(tables: Tables, pairs: Pairs) -> Iterator[Race]:
    """Yield every comparison of continued with cold searches that the logs allow."""
    runs = tables.runs[tables.runs["status"] == "done"].drop_duplicates(["arm", "unit", "target"])
    traces = dict(list(tables.trace.groupby("job", sort=False)))
    bills = tables.searches.set_index("job")
    for method, pair in design_cells(runs, pairs):
        warm = select(runs, method, CONTINUED, pair)
        for currency in ("examples", "evaluations", "seconds"):
            before = bills[currency].reindex(warm["ancestor_jobs"].str.split().str[0])
            for cold_arm in (DIRECT, DIRECT_LONG):
                cold = select(runs, method, cold_arm, pair)
                for quality in QUALITIES:
                    sides = [_curves(traces, table, currency, quality) for table in (warm, cold)]
                    if not all(sides) or len(sides[0]) != len(before):
                        continue
                    names = (method, *pair, QUALITIES[quality], currency)
                    yield from _accounts(names, cold_arm, sides, before.to_numpy(float))
                    break


def _accounts(
    names: tuple[str, ...], cold_arm: str, sides: list[list[Curve]], before: Any
) -> Iterator[Race]:
    """Yield the race without and with the source search's cost on the warm side's account."""
    warm, cold = sides
    key = dict(zip(_KEY, (*names, MARGINAL, cold_arm), strict=True))
    if cold_arm == DIRECT:
        yield Race(key, warm, cold)
    later = [curve.shifted(cost) for curve, cost in zip(warm, before, strict=True)]
    end = min(curve.end for curve in later)
    note = HELD if min(curve.end for curve in cold) < end else ""
    held = [curve.held(end) for curve in cold]
    yield Race({**key, "account": "total"}, later, held, note)


def _curves(
    traces: dict[Any, pd.DataFrame], runs: pd.DataFrame, currency: str, quality: str
) -> list[Curve]:
    """Return one curve a search; none at all unless every search logged the quality."""
    curves = []
    for job in runs["search_job"]:
        ticks = traces.get(job)
        if ticks is None or not (ticks[currency].max() > 0):
            return []
        known = ticks[ticks[quality].notna()]
        if len(known) == 0:
            return []
        costs = known[currency].to_numpy(float)
        curves.append(Curve(costs, known[quality].to_numpy(float), float(ticks[currency].max())))
    return curves


def _process(race: Race) -> dict[str, Any]:
    where = window(race.warm, race.cold)
    row = {
        **race.key,
        "n_warm": len(race.warm),
        "n_cold": len(race.cold),
        "start": where.start,
        "budget": where.end,
    }
    if where.start > where.end:
        return {**row, "note": "no common cost: the cold searches ended before the warm began"}
    found = {"jumpstart": jumpstart, "asymptotic": asymptotic}
    for name, statistic in found.items():
        row |= _limits(name, statistic(race.warm, race.cold))
    if not where.is_open:
        return {**row, "note": "one common tick: no area"}
    row |= _limits("area", area_between(race.warm, race.cold))
    return {**row, "p": area_p(race.warm, race.cold), "note": race.note}


def _limits(name: str, found: Interval) -> dict[str, float]:
    return {name: found.estimate, f"{name}_low": found.low, f"{name}_high": found.high}


def _reaching(race: Race) -> Iterator[dict[str, Any]]:
    for share, quality in zip(SHARES, thresholds(race.cold), strict=True):
        warm, cold = (reaching(curves, quality) for curves in (race.warm, race.cold))
        yield {
            **race.key,
            "share": share,
            "threshold": quality,
            "n_warm": len(race.warm),
            "n_cold": len(race.cold),
            "reached_warm": sum(warm.reached),
            "reached_cold": sum(cold.reached),
            "median_warm": warm.median,
            "median_cold": cold.median,
            "ratio": time_ratio(warm, cold),
            "expected_warm": warm.expected,
            "expected_cold": cold.expected,
            "p": log_rank_p(warm, cold),
        }
