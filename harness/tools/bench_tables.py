"""How fast searches on a table of results are, recorded as in an experiment."""

from __future__ import annotations

import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.config.experiment import make_experiment
from harness.execution.executor import Settings, run_jobs
from harness.planning.plan import make_plan, space_document
from harness.planning.resolve import resolve_experiment
from harness.results.planned import Plan
from harness.results.record import Status
from harness.results.spec import SearchSpec
from harness.results.store import ExperimentFolder

PROTOCOL, TASK = "table_seconds", "c10"


@dataclass(frozen=True)
class TableSpeed:
    """What a number of searches took in one process, planning aside.

    Attributes:
        method: That searched.
        budget: Of each search.
        searches: How many there were.
        evaluations: Of all of them.
        seconds: From the first to the record of the last.
        recorded_bytes: Size of records and trajectories.
    """

    method: str
    budget: dict[str, float]
    searches: int
    evaluations: int
    seconds: float
    recorded_bytes: int

    def to_json(self) -> dict[str, Any]:
        """Return plain values, and milliseconds for each evaluation."""
        per_evaluation = 1000 * self.seconds / self.evaluations
        return {**asdict(self), "milliseconds_per_evaluation": per_evaluation}


def measure_searches(space: str, method: str, searches: int) -> TableSpeed:
    """Carry out searches on the protocol ``table_seconds``, and read the records back.

    Args:
        space: Name of a space whose results the table holds.
        method: Name of the method.
        searches: How many, each with a seed of its own.

    Raises:
        HarnessError: If there is no such space, method or table.
    """
    document = {
        "name": "bench",
        "space": space,
        "methods": [method],
        "pairs": [{"source": TASK, "target": TASK}],
        "seeds": searches,
        "arms": ["direct"],
        "protocol": PROTOCOL,
    }
    resolved = resolve_experiment(make_experiment(document))
    jobs = tuple(job for job in make_plan(resolved).jobs if isinstance(job.spec, SearchSpec))
    with tempfile.TemporaryDirectory() as path:
        folder = ExperimentFolder(Path(path))
        folder.write(resolved.facts, Plan(jobs=jobs, arms=()), space_document(resolved))
        began = time.perf_counter()
        run_jobs(jobs, folder, Settings())
        seconds = time.perf_counter() - began
        records = [ExperimentFolder(folder.path).job(job).record() for job in jobs]
        written = sum(file.stat().st_size for file in folder.path.glob("shards/*/*.jsonl"))
    finished = [one for one in records if one is not None and one.status is Status.DONE]
    return TableSpeed(
        method=method,
        budget=resolved.rules[method].budget.limits(),
        searches=len(finished),
        evaluations=sum(one.bill.evaluations for one in finished),
        seconds=seconds,
        recorded_bytes=written,
    )
