"""Results on disk -> tidy tables: the contract between the jobs and everything that counts them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.arms import RANDOM
from analysis.loading.arm_rows import ArmRow
from analysis.loading.collapse import collapse_flag
from analysis.loading.columns import JobRow, RunRow, SearchRow, TickRow
from analysis.loading.provenance import list_environments, list_plugins
from analysis.loading.reading import TABLE, Job, Jobs, Members, Reading, read
from analysis.loading.rows import frame
from analysis.loading.searches import alpha_table, search_rows, trace_rows
from harness.api import Graphs
from harness.results.spec import SearchSpec, TrainSpec


@dataclass(frozen=True)
class Tables:
    """What one study is made of: experiments under equal rules, as tables.

    Attributes:
        members: The experiments.
        runs: One row per planned arm: the columns of the specification, then ``reason`` (why there
            is no result), ``experiment`` and ``unit``
            (what is independent: a search, a random architecture, or the training of a given one).
        trace: One row per tick of every search.
        alphas: Raw architecture parameters at ticks, in long format.
        searches: One row per search job.
        jobs: One row per planned job, with how it ended.
        environments: Where jobs ran, one row per distinct answer.
        plugins: The files of plugins that jobs ran, one row per version of a file.
        graphs: What each finished search found, by job.
        start_graphs: What each search began from, before its first step, by job.
        networks: The architecture of each finished training, by job.
        probes: Where each finished training left its answers, by job; those that lie there.
    """

    members: Members
    runs: pd.DataFrame
    trace: pd.DataFrame
    alphas: pd.DataFrame
    searches: pd.DataFrame
    jobs: pd.DataFrame
    environments: pd.DataFrame
    plugins: pd.DataFrame
    graphs: dict[str, Graphs] = field(default_factory=dict)
    start_graphs: dict[str, Graphs] = field(default_factory=dict)
    networks: dict[str, Graphs] = field(default_factory=dict)
    probes: dict[str, Path] = field(default_factory=dict)


def load_tables(folders: Iterable[Path], *, force: bool = False) -> list[Tables]:
    """Read experiments, those under equal rules together; what is missing or failed is a row, too.

    Args:
        folders: Of the experiments.
        force: Pool them into one study even where their rules differ.

    Raises:
        HarnessError: If a folder holds no experiment or its plan cannot be read.
    """
    return [_tabulate(reading) for reading in read(folders, force=force)]


def _tabulate(reading: Reading) -> Tables:
    jobs = reading.jobs
    searches = {digest: job for digest, job in jobs.items() if job.is_search}
    return Tables(
        runs=frame(RunRow, (_run_row(row, jobs) for row in reading.arms)),
        trace=frame(TickRow, trace_rows(searches)),
        alphas=alpha_table(searches),
        searches=frame(SearchRow, search_rows(searches, reading.arms)),
        jobs=frame(JobRow, map(_job_row, jobs.values())),
        environments=list_environments(jobs.values()),
        plugins=list_plugins(jobs.values()),
        members=reading.members,
        graphs={digest: job.graphs for digest, job in searches.items() if job.graphs},
        start_graphs={
            digest: job.start_graphs for digest, job in searches.items() if job.start_graphs
        },
        networks={
            digest: job.graphs for digest, job in jobs.items() if not job.is_search and job.graphs
        },
        probes={
            digest: job.folder.probe for digest, job in jobs.items() if job.folder.probe.exists()
        },
    )


def _hash(*rules: Any) -> str:
    text = json.dumps(rules, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _run_row(row: ArmRow, jobs: Jobs) -> RunRow:
    """Describe a planned arm: its identity first, then what became of it."""
    arm = row.planned
    train, chain = jobs[arm.train], [jobs[digest] for digest in arm.searches]
    blame = next((job for job in (*chain, train) if not job.is_done), None)
    return RunRow(
        **_identity(row, train, chain),
        **_searched(chain),
        **_trained(train),
        status=blame.status if blame else "done",
        reason=f"{blame.planned.name}: {blame.reason}" if blame else "",
    )


def _identity(row: ArmRow, train: Job, chain: Sequence[Job]) -> dict[str, Any]:
    arm, spec = row.planned, train.planned.spec
    assert isinstance(spec, TrainSpec)
    return {
        "job": arm.train,
        "search_job": arm.searches[-1] if arm.searches else "",
        "ancestor_jobs": " ".join(arm.searches),
        "method": row.method,
        "space": spec.space.name,
        "arm": str(arm.arm),
        "source": row.source,
        "target": row.target,
        "search_seed": arm.seed,
        "train_seed": arm.repeat,
        "protocol_hash": _protocol_hash(chain),
        "training_rules_hash": _hash(spec.rules.model_dump(mode="json")),
        "data_fingerprint": spec.task.fingerprint,
        "budget_currency": _currency(chain),
        "cost_target": spec.costs.target if spec.costs else None,
        "cost_currency": spec.costs.currency if spec.costs else "",
        "experiment": row.experiment,
        "unit": arm.searches[-1] if arm.searches else _name_unit(row, spec),
    }


def _name_unit(row: ArmRow, spec: TrainSpec) -> str:
    """Return what is independent of others where nothing was searched.

    Of random architectures each one is; of a given one each seed of its training.
    """
    seed = row.planned.seed
    if row.planned.arm == RANDOM:
        return f"random {seed}: {spec.architecture}"
    return f"{row.method} on {row.target}, seed {seed}"


def _protocol_hash(chain: Sequence[Job]) -> str:
    """Return a hash of the last search's rules and splits; empty where nothing was searched."""
    if not chain:
        return ""
    spec = chain[-1].planned.spec
    assert isinstance(spec, SearchSpec)
    return _hash(spec.rules.model_dump(mode="json"), spec.splits.model_dump(mode="json"))


def _currency(chain: Sequence[Job]) -> str:
    if not chain:
        return ""
    spec = chain[-1].planned.spec
    assert isinstance(spec, SearchSpec)
    return "+".join(sorted(spec.rules.budget.limits()))


def _searched(chain: Sequence[Job]) -> dict[str, Any]:
    """Add up the arm's own chain of searches; unknown while one of them has no record."""
    bills = [job.record.bill if job.record else None for job in chain]
    known = [bill for bill in bills if bill is not None]
    if len(known) < len(bills):
        return {}
    return {
        "search_seconds": sum(bill.seconds for bill in known),
        "search_overhead_seconds": sum(bill.overhead_seconds for bill in known),
        "search_examples": sum(bill.examples for bill in known),
        "search_evaluations": sum(bill.evaluations for bill in known),
    }


def _trained(train: Job) -> dict[str, Any]:
    record = train.record
    if record is None:
        return {}
    sizes = record.split_sizes
    where = record.environment
    return {
        "split_id": _hash(record.split_ids) if record.split_ids else "",
        "n_train_images": _trained_on(sizes),
        "n_test_images": sizes.get("test"),
        "selection_rule": record.selection_rule or "",
        "val_acc": record.validation_accuracy,
        "test_acc": record.test_accuracy,
        "train_seconds": record.bill.seconds,
        "params": record.parameters,
        "macs": record.multiply_adds,
        "latency_ms": record.latency_ms,
        "cost": record.cost,
        "architecture": record.architecture or "",
        "canonical": record.canonical or "",
        "collapse_flag": collapse_flag(train.graphs),
        "commit": (where.commit if where else None) or "",
        "dirty": where.dirty if where else None,
        "hardware": where.hardware if where else "",
        "threads": where.threads if where else None,
    }


def _trained_on(sizes: Mapping[str, int]) -> int | None:
    """Return the number of images a final training fits: all but selection and test."""
    fitted = [size for split, size in sizes.items() if split not in {"selection", "test"}]
    return sum(fitted) if fitted else None


def _job_row(job: Job) -> JobRow:
    return JobRow(
        job=job.planned.job,
        name=job.planned.name,
        kind=job.planned.spec.kind,
        task=job.planned.spec.task.title,
        images=_images(job),
        experiment=job.experiment,
        status=job.status,
        reason=job.reason,
        seconds=job.record.bill.seconds if job.record else None,
        is_looked_up=job.planned.spec.rules.evaluator.name == TABLE,
        schema_version=job.record.schema_version if job.record else None,
        fault=job.fault or ("trajectory.jsonl is gone or damaged" if job.is_damaged else ""),
    )


def _images(job: Job) -> str:
    """Return how many images of each split the job had, in words."""
    sizes = job.record.split_sizes if job.record else {}
    return ", ".join(f"{size:,} {split}" for split, size in sizes.items())
