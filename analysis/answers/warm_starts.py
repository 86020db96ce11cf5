"""What continuing a source search is worth while it runs, against searching the target afresh."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import pandas as pd

from analysis.answers.transfer.gaps import Pairs, design_cells, select
from analysis.arms import CONTINUED, DIRECT, DIRECT_LONG
from analysis.loading.load import Tables
from analysis.loading.rows import frame
from analysis.statistics.curves import Curve, area_between, area_p, asymptotic, jumpstart, window
from analysis.statistics.reaching import SHARES, log_rank_p, reaching, thresholds, time_ratio

# What a search may know of its own quality; the first that both sides logged is compared.
QUALITIES = {
    "best_val_so_far": "best validation accuracy so far",
    "validation_accuracy": "the super-network's validation accuracy",
}
MARGINAL, TOTAL = "marginal", "total"
HELD = "cold held at its last quality"


class RaceKey(NamedTuple):
    """Which searches are compared, and in what."""

    method: Annotated[str, "Title."]
    source: Annotated[str, "Task that was searched first."]
    target: Annotated[str, "Task that both sides search."]
    quality: Annotated[str, "What a search may know of its own quality, in words."]
    currency: Annotated[str, "What costs count: `examples`, `evaluations` or `seconds`."]
    account: Annotated[
        str,
        "`marginal` counts what continuing costs, `total` the source search, too.",
    ]
    cold: Annotated[str, "Arm of the cold searches: `direct`, or `direct_long` at equal totals."]


class WarmStart(NamedTuple):
    """What continuing a search was worth while it ran, against searching the target cold.

    Costs are in ``currency``; qualities and their differences in percentage points. A difference
    is that of the means, continued less cold, with Welch's 95 % interval.
    """

    n_warm: Annotated[int, "Continued searches."]
    n_cold: Annotated[int, "Cold searches."]
    start: Annotated[float, "First cost at which all are known."]
    budget: Annotated[float, "Last cost at which all are known."]
    jumpstart: Annotated[float, "Difference at the start."] = math.nan
    jumpstart_low: Annotated[float, "Lower limit."] = math.nan
    jumpstart_high: Annotated[float, "Upper limit."] = math.nan
    asymptotic: Annotated[float, "Difference at the budget."] = math.nan
    asymptotic_low: Annotated[float, "Lower limit."] = math.nan
    asymptotic_high: Annotated[float, "Upper limit."] = math.nan
    area: Annotated[float, "Mean difference between start and budget."] = math.nan
    area_low: Annotated[float, "Lower limit."] = math.nan
    area_high: Annotated[float, "Upper limit."] = math.nan
    p: Annotated[float, "Of the rank test of the areas, not corrected."] = math.nan
    note: Annotated[str, "What must be said of the comparison, or why a value is missing."] = ""


class QualityCost(NamedTuple):
    """What it costs to reach a quality, continued against cold, without the source search."""

    share: Annotated[float, "Of the way from the cold searches' mean start to their best end."]
    threshold: Annotated[float, "The quality there, in percent."]
    n_warm: Annotated[int, "Continued searches."]
    n_cold: Annotated[int, "Cold searches."]
    reached_warm: Annotated[int, "Continued searches that reached it."]
    reached_cold: Annotated[int, "Cold searches that reached it."]
    median_warm: Annotated[
        float,
        "Kaplan and Meier's median cost of continued searches; infinite where fewer than half "
        "ever reach it.",
    ]
    median_cold: Annotated[float, "That of cold searches."]
    ratio: Annotated[float, "`median_cold` / `median_warm`; NaN where one is infinite."]
    expected_warm: Annotated[
        float,
        "Cost of all continued searches for each that reached it (ERT).",
    ]
    expected_cold: Annotated[float, "That of cold searches."]
    p: Annotated[float, "Log-rank p of equal costs; NaN where no search reached it."]


@dataclass(frozen=True)
class Race:
    """Warm searches against cold ones on the same target, in one currency.

    Attributes:
        key: Which searches, and in what.
        warm: Of the arm ``continued``; in the account ``total`` begun after the source search.
        cold: Of the arm ``direct`` or, at equal totals, ``direct_long``.
        note: What must be said of the comparison.
    """

    key: RaceKey
    warm: list[Curve]
    cold: list[Curve]
    note: str = ""


def process_tables(tables: Tables, pairs: Pairs) -> dict[str, pd.DataFrame]:
    """Return warm-start statistics, and what a quality costs.

    What a quality costs does not count the source search: in that account continued searches start
    where most cold ones have ended, so it would tell budgets and not searches apart.
    """
    found = list(races(tables, pairs))
    marginal = [race for race in found if race.key.account == MARGINAL]
    return {
        "process": frame((RaceKey, WarmStart), ((race.key, _warm_start(race)) for race in found)),
        "reaching": frame(
            (RaceKey, QualityCost),
            ((race.key, row) for race in marginal for row in _reaching(race)),
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
                    what = QUALITIES[quality], currency
                    key = RaceKey(method, *pair, *what, MARGINAL, cold_arm)
                    yield from _accounts(key, sides, before.to_numpy(float))
                    break


def _accounts(key: RaceKey, sides: list[list[Curve]], before: Any) -> Iterator[Race]:
    """Yield the race without and with the source search's cost on the warm side's account."""
    warm, cold = sides
    if key.cold == DIRECT:
        yield Race(key, warm, cold)
    later = [curve.shifted(cost) for curve, cost in zip(warm, before, strict=True)]
    end = min(curve.end for curve in later)
    note = HELD if min(curve.end for curve in cold) < end else ""
    held = [curve.held(end) for curve in cold]
    yield Race(key._replace(account=TOTAL), later, held, note)


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


def _warm_start(race: Race) -> WarmStart:
    where = window(race.warm, race.cold)
    known = len(race.warm), len(race.cold), where.start, where.end
    if where.start > where.end:
        note = "no common cost: the cold searches ended before the warm began"
        return WarmStart(*known, note=note)
    start = jumpstart(race.warm, race.cold)[:3]
    end = asymptotic(race.warm, race.cold)[:3]
    if not where.is_open:
        return WarmStart(*known, *start, *end, note="one common tick: no area")
    area, p = area_between(race.warm, race.cold)[:3], area_p(race.warm, race.cold)
    return WarmStart(*known, *start, *end, *area, p, race.note)


def _reaching(race: Race) -> Iterator[QualityCost]:
    for share, quality in zip(SHARES, thresholds(race.cold), strict=True):
        warm, cold = (reaching(curves, quality) for curves in (race.warm, race.cold))
        sizes = len(race.warm), len(race.cold), sum(warm.reached), sum(cold.reached)
        medians = warm.median, cold.median, time_ratio(warm, cold)
        expected = warm.expected, cold.expected
        yield QualityCost(share, quality, *sizes, *medians, *expected, log_rank_p(warm, cold))
