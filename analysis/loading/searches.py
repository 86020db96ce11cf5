"""What searches logged, as rows: their last insights, their course, their raw alphas."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.arms import COLD_ROLES, DIRECT, RESUMED, SOURCE, TRANSFERRED
from analysis.loading.arm_rows import ArmRow
from analysis.loading.collapse import collapse_flag, skip_share
from analysis.loading.columns import AlphaRow, SearchRow, TickRow
from analysis.loading.reading import Job, Jobs
from analysis.loading.rows import frame
from harness.results.spec import SearchSpec

# Numbers of the course of a search, and what methods say of it.
CLOCKS = ("tick", "step", "epoch", "seconds", "examples", "evaluations")
INSIGHTS = (
    "validation_accuracy",
    "entropy",
    "margin",
    "mean_change",
    "skip_share",
    "population_quality",
    "population_mean",
    "population_std",
    "expected_cost",
    "skipped_share",
)


def search_rows(searches: Jobs, arms: Sequence[ArmRow]) -> Iterator[SearchRow]:
    """Describe each search and where it ended."""
    owners = {digest: row for row in reversed(arms) for digest in row.planned.searches}
    roles = _roles(arms)
    for digest, job in searches.items():
        yield SearchRow(
            job=digest,
            method=owners[digest].method if digest in owners else "",
            role=roles.get(digest, SOURCE),
            source=_first(digest, searches).task,
            **_logged(job),
        )


def trace_rows(searches: Jobs) -> Iterator[TickRow]:
    """Describe the course of each search, tick by tick."""
    return (row for digest, job in searches.items() for row in _course(digest, job))


def alpha_table(searches: Jobs) -> pd.DataFrame:
    """List raw architecture parameters: one row per tick, edge and operation."""
    parts = [part for digest, job in searches.items() for part in _alphas(digest, job)]
    return pd.concat(parts, ignore_index=True) if parts else frame(AlphaRow, ())


def _roles(arms: Sequence[ArmRow]) -> dict[str, str]:
    """Return what each search is for: direct, source, continued, ..."""
    uses: dict[str, set[str]] = {}
    for row in arms:
        *earlier, last = row.planned.searches or ("",)
        arm = str(row.planned.arm)
        uses.setdefault(last, set()).add(SOURCE if arm in {SOURCE, TRANSFERRED} else arm)
        for digest in earlier:
            uses.setdefault(digest, set()).add(DIRECT if arm == RESUMED else SOURCE)
    return {
        digest: next((role for role in COLD_ROLES if role in found), min(found))
        for digest, found in uses.items()
    }


def _first(digest: str, searches: Jobs) -> Job:
    """Return the cold search that a chain begins with."""
    job = searches[digest]
    spec = job.planned.spec
    if isinstance(spec, SearchSpec) and spec.warm_start is not None:
        return _first(spec.warm_start, searches)
    return job


def _logged(job: Job) -> dict[str, Any]:
    spec, record = job.planned.spec, job.record
    assert isinstance(spec, SearchSpec)
    insights = record.insights if record else {}
    bill = record.bill if record and job.is_done else None
    return {
        "task": spec.task.title,
        "seed": spec.seed,
        "warm": spec.warm_start is not None,
        **{name: number(insights.get(name)) for name in INSIGHTS},
        "skip_share": skip_share(job.graphs),
        "collapse_flag": collapse_flag(job.graphs),
        "last_change_step": number(insights.get("last_change_step")),
        "steps": number(insights.get("steps", _last_step(job) if bill else None)),
        "seconds": number(bill.seconds if bill else None),
        "examples": number(bill.examples if bill else None),
        "evaluations": number(bill.evaluations if bill else None),
        "best_validation": number(insights.get("best_validation")),
        "status": job.status,
        "reason": job.reason,
    }


def _last_step(job: Job) -> int | None:
    return job.trajectory[-1].get("step") if job.trajectory else None


def _course(digest: str, job: Job) -> Iterable[TickRow]:
    best = math.nan
    for row in job.trajectory:
        insights = row.get("insights") or {}
        found = number(row.get("best_validation"))
        best = found if math.isnan(best) else max(best, best if math.isnan(found) else found)
        yield TickRow(
            job=digest,
            **{name: number(row.get(name)) for name in CLOCKS},
            incumbent=row.get("incumbent") or "",
            best_val_so_far=best,
            **{name: number(insights.get(name)) for name in INSIGHTS},
        )


def _edges(job: Job) -> list[tuple[str, list[str]]]:
    return [tuple(edge) for edge in (job.record.insights if job.record else {}).get("edges", [])]


def _alphas(digest: str, job: Job) -> Iterable[pd.DataFrame]:
    """Yield the parameters of a search: one frame, or none without any."""
    rows = [row for row in job.trajectory if (row.get("insights") or {}).get("alphas")]
    if not rows:
        return
    alphas = [row["insights"]["alphas"] for row in rows]
    sizes = [tuple(len(values) for values in tick) for tick in alphas]
    counts, edges = [sum(size) for size in sizes], _edges(job)
    labels = {size: _labels(size, edges) for size in set(sizes)}
    yield pd.DataFrame(
        {
            "job": digest,
            "tick": np.repeat([row["tick"] for row in rows], counts),
            "epoch": np.repeat([row["epoch"] for row in rows], counts),
            **{
                column: [text for size in sizes for text in labels[size][column]]
                for column in ("cell", "edge", "op")
            },
            "alpha": np.array([x for tick in alphas for values in tick for x in values], float),
        }
    )


def _labels(sizes: tuple[int, ...], edges: Sequence[tuple[str, list[str]]]) -> dict[str, list[str]]:
    """Return cell, edge and operation of each parameter; numbers stand in for unknown names."""
    named = edges if len(edges) == len(sizes) else [(str(i), []) for i in range(len(sizes))]
    found = [
        (edge.partition("_")[0] if "_" in edge else "", edge, operation)
        for (edge, names), size in zip(named, sizes, strict=True)
        for operation in [*names, *map(str, range(len(names), size))][:size]
    ]
    return {
        "cell": [cell for cell, _, _ in found],
        "edge": [edge for _, edge, _ in found],
        "op": [operation for _, _, operation in found],
    }


def number(value: Any) -> float:
    """Return a float; NaN for whatever is no number."""
    return float(value) if isinstance(value, int | float) else math.nan
