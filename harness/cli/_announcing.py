"""What a run would do: its jobs by kind, with budgets, and how long they would take."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.cli._output import emit

if TYPE_CHECKING:
    from harness.execution.executor import Settings
    from harness.results.planned import Plan, PlannedJob
    from harness.results.store import ExperimentFolder
    from harness.tools.estimate import Estimate


def announce(
    plan: Plan, folder: ExperimentFolder, settings: Settings, *, is_measured: bool, is_json: bool
) -> None:
    """Print what would be run and, if it ``is_measured``, how long that would take."""
    from harness.execution.pending import find_unfinished

    todo = find_unfinished(plan, folder)
    found = _measure(todo, settings) if is_measured else None
    time = {} if found is None else {"seconds": found.seconds, "unknown": found.unknown}
    document = {"jobs": [job.folder for job in todo], **time}
    title = f"{folder.path}: {len(plan.jobs)} jobs, {len(todo)} to do"
    emit(document, _lines(title, todo, found), is_json=is_json)


def _lines(title: str, todo: Sequence[PlannedJob], found: Estimate | None) -> Iterator[str]:
    counts = _count_kinds(todo)
    width = max((len(kind) for kind, _ in counts), default=0)
    for (kind, budget), count in counts.items():
        yield f"{count:>6}  {kind:<{width}}  {budget}".rstrip()
    yield title
    if found is not None:
        left = f"; {found.unknown} jobs are not counted in" if found.unknown else ""
        yield f"about {found.seconds / 60:.1f} minutes{left}"


def _measure(todo: Sequence[PlannedJob], settings: Settings) -> Estimate:
    from harness.tools.estimate import estimate

    return estimate(todo, settings, lambda kind: print(f"measuring {kind}", file=sys.stderr))


def _count_kinds(todo: Sequence[PlannedJob]) -> Counter[tuple[str, str]]:
    """Return how many jobs there are of each kind, with what each may spend."""
    from harness.execution.progress import kind_of
    from harness.results.spec import SearchSpec

    found: Counter[tuple[str, str]] = Counter()
    for job in todo:
        limits = job.spec.rules.budget.limits() if isinstance(job.spec, SearchSpec) else {}
        budget = ", ".join(f"{limit:,g} {unit}" for unit, limit in limits.items())
        found[kind_of(job), budget and f"{budget} each"] += 1
    return found
