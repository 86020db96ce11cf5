"""What a reviewer asks for: deviations, failures, how to read, where it ran."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from analysis.loading.rows import Row
from analysis.numbers import joined, last_line, several
from analysis.report.document import Block, Fold, Grid, Section, Text, Verbatim
from analysis.report.exports import SOFTWARE
from analysis.report.gallery import Gallery
from analysis.report.sections.grids import Column, fields, grid
from analysis.study import Study
from harness.results.planned import MethodFacts

DIRTY = {True: "yes", False: "no"}


def deviations(study: Study, gallery: Gallery) -> Section:
    """List hyper-parameters that differ from the methods' own defaults."""
    rows = [
        (study.tables.members.titles[name, title], *row)
        for name, facts in study.experiments.items()
        for title, method in facts.methods.items()
        for row in changed(method)
    ]
    rows = list(dict.fromkeys(rows))
    summary = f"{several(len(rows), 'hyper-parameter')} set by protocol or user, not by default."
    columns = ("method", "parameter", "default", "used")
    blocks = (Grid("deviations", columns, tuple(rows)),) if rows else ()
    return Section("deviations", "Deviations from the methods' defaults", blocks, summary)


def changed(method: MethodFacts) -> list[tuple[str, str, str]]:
    """Return key, default and value of every hyper-parameter that is not the default."""
    used, defaults = dict(_flat(method.params)), dict(_flat(method.defaults))
    return [
        (key, _text(defaults.get(key, "none")), _text(used.get(key, "none")))
        for key in sorted(used.keys() | defaults.keys())
        if used.get(key) != defaults.get(key)
    ]


def missing_jobs(study: Study, gallery: Gallery) -> Section:
    """Name every job without a result, and why."""
    jobs = study.tables.jobs
    lost = jobs[jobs["status"] != "done"]
    if len(lost) == 0:
        return Section("losses", "Jobs without a result", ())
    rows = tuple(
        (str(row["name"]), str(row["status"]), last_line(str(row["reason"])))
        for row in lost.to_dict("records")
    )
    blocks: list[Block] = [Grid("jobs", ("job", "how it ended", "reason"), rows)]
    long = lost[[len(reason.splitlines()) > 1 for reason in lost["reason"]]]
    traces = tuple(
        block
        for row in long.to_dict("records")
        for block in (Text(str(row["name"])), Verbatim(str(row["reason"])))
    )
    if traces:
        blocks.append(Fold("Tracebacks", traces))
    summary = f"{len(lost):,} of {several(len(jobs), 'job')}, each with its reason."
    remark = f"{len(lost):,} without a result"
    return Section("losses", "Jobs without a result", tuple(blocks), summary, remark)


def stamp(study: Study, gallery: Gallery) -> Section:
    """Say where the numbers come from."""
    places = study.tables.environments
    columns: list[Column] = [
        ("jobs", lambda row: f"{row['jobs']:,}"),
        ("interrupted attempts", lambda row: f"{row['interrupted']:,}"),
        ("commit", _commit),
        ("code that no commit holds", lambda row: DIRTY.get(row["dirty"], "unknown")),
        ("code", lambda row: row["code"] or "unknown"),
        *fields("hardware", "device", "threads", "versions"),
    ]
    digest = fingerprint(study.tables.runs)
    software = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in SOFTWARE)
    blocks: list[Block] = [
        Text(f"SHA-256 of the runs table: {digest}"),
        Text(f"Counted with Python {platform.python_version()}, {software}."),
    ]
    hashes = study.tables.runs
    for column, title in (
        ("protocol_hash", "search rules and splits"),
        ("training_rules_hash", "training rules"),
    ):
        found = sorted({str(value) for value in hashes[column] if value})
        blocks.append(Text(f"Hashes of {title}: {joined(found)}"))
    if len(places):
        blocks.append(grid("environments", places, columns))
        blocks.append(_plugin_files(study.tables.plugins))
    else:
        blocks.append(Text("No job has a record yet, so nothing is known of where it would run."))
    summary = "Where jobs ran, on which code, and hashes of rules and results."
    return Section("stamp", "Reproducibility", tuple(blocks), summary)


def fingerprint(runs: pd.DataFrame) -> str:
    """Return a hash of the runs table as it is written."""
    return hashlib.sha256(runs.to_csv(index=False, lineterminator="\n").encode()).hexdigest()


def _commit(row: Row) -> str:
    return row["commit"][:12] if isinstance(row["commit"], str) else "unknown"


def _plugin_files(plugins: pd.DataFrame) -> Block:
    rows = tuple(tuple(map(str, row)) for row in plugins.itertuples(index=False))
    return Grid("plugins", tuple(plugins.columns), rows)


def _flat(params: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in params.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
