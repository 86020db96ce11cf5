"""What searches logged, as rows: their last insights, their course, their raw alphas."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from analysis.columns import INSIGHTS, TRACE_COLUMNS
from analysis.reading import ArmRow, Job, Jobs
from harness.results.record import SearchSpec

# What a cold search is for, the most telling use first: in designs with both directions the
# search on one pair's source is the direct search of the other pair.
_COLD_ROLES = ("direct", "direct_long", "source")


def search_rows(searches: Jobs, arms: Sequence[ArmRow]) -> list[dict[str, Any]]:
    """Describe each search and where it ended."""
    owners = {digest: row for row in reversed(arms) for digest in row.planned.searches}
    roles = _roles(arms)
    return [
        {
            "job": digest,
            "study": owners[digest].study if digest in owners else "",
            "method": owners[digest].method if digest in owners else "",
            "role": roles.get(digest, "source"),
            "source": _first(digest, searches).task,
            **_search_row(job),
        }
        for digest, job in searches.items()
    ]


def trace_rows(searches: Jobs) -> list[dict[str, Any]]:
    """Describe the course of each search, tick by tick."""
    return [row for digest, job in searches.items() for row in _course(digest, job)]


def alpha_rows(searches: Jobs) -> list[dict[str, Any]]:
    """List raw architecture parameters: one row per tick, edge and operation."""
    return [
        {"job": digest, "tick": row["tick"], "epoch": row["epoch"], **entry}
        for digest, job in searches.items()
        for row in job.trajectory
        for entry in _alphas(row.get("insights") or {}, _edges(job))
    ]


def _roles(arms: Sequence[ArmRow]) -> dict[str, str]:
    """Return what each search is for: direct, source, continued, ..."""
    uses: dict[str, set[str]] = {}
    for row in arms:
        *earlier, last = row.planned.searches or ("",)
        arm = str(row.planned.arm)
        uses.setdefault(last, set()).add("source" if arm in {"source", "transferred"} else arm)
        for digest in earlier:
            uses.setdefault(digest, set()).add("direct" if arm == "resumed" else "source")
    return {
        digest: next((role for role in _COLD_ROLES if role in found), min(found))
        for digest, found in uses.items()
    }


def _first(digest: str, searches: Jobs) -> Job:
    """Return the cold search that a chain begins with."""
    job = searches[digest]
    spec = job.planned.spec
    if isinstance(spec, SearchSpec) and spec.warm_start is not None:
        return _first(spec.warm_start, searches)
    return job


def _search_row(job: Job) -> dict[str, Any]:
    spec, record = job.planned.spec, job.record
    assert isinstance(spec, SearchSpec)
    insights = record.insights if record else {}
    bill = record.bill if record and job.is_done else None
    return {
        "task": spec.task.title,
        "seed": spec.seed,
        "warm": spec.warm_start is not None,
        **{name: number(insights.get(name)) for name in INSIGHTS},
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


def _course(digest: str, job: Job) -> Iterable[dict[str, Any]]:
    best = math.nan
    for row in job.trajectory:
        insights = row.get("insights") or {}
        found = number(row.get("best_validation"))
        best = found if math.isnan(best) else max(best, best if math.isnan(found) else found)
        yield {
            "job": digest,
            **{name: number(row.get(name)) for name in TRACE_COLUMNS[1:7]},
            "incumbent": row.get("incumbent") or "",
            "best_val_so_far": best,
            **{name: number(insights.get(name)) for name in INSIGHTS},
        }


def _edges(job: Job) -> list[tuple[str, list[str]]]:
    return [tuple(edge) for edge in (job.record.insights if job.record else {}).get("edges", [])]


def _alphas(
    insights: Mapping[str, Any], edges: Sequence[tuple[str, list[str]]]
) -> Iterable[dict[str, Any]]:
    """Yield one edge's parameters after the other; numbers stand in for names not recorded."""
    alphas = insights.get("alphas") or []
    for index, values in enumerate(alphas):
        edge, names = edges[index] if len(edges) == len(alphas) else (str(index), [])
        for place, value in enumerate(values):
            yield {
                "cell": edge.partition("_")[0] if "_" in edge else "",
                "edge": edge,
                "op": names[place] if place < len(names) else str(place),
                "alpha": number(value),
            }


def number(value: Any) -> float:
    """Return a float; NaN for whatever is no number."""
    return float(value) if isinstance(value, int | float) else math.nan
