"""Where jobs ran and which code: environments, and the files of plugins."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, NamedTuple

import pandas as pd

from analysis.loading.reading import Job
from analysis.loading.rows import frame
from harness.results.record import Environment, JobRecord


class EnvironmentRow(NamedTuple):
    """Where jobs ran, and on which code; one row for each that differs."""

    commit: Annotated[str | None, "Of the harness' checkout; nothing outside one."]
    dirty: Annotated[bool | None, "Whether the checkout had code that no commit holds."]
    code: Annotated[str, "First 16 hex digits of a hash of the harness' own code, without plugins."]
    hardware: Annotated[str, "Processor or accelerator."]
    device: Annotated[str, "As torch names it."]
    threads: Annotated[int, "Of the process."]
    platform: Annotated[str, "Operating system and processor architecture."]
    versions: Annotated[str, "Of python and the libraries that jobs compute with."]
    jobs: Annotated[int, "Jobs that ended there."] = 0
    interrupted: Annotated[int, "Attempts that were broken off there."] = 0


class PluginRow(NamedTuple):
    """A version of the file of a plugin that jobs ran."""

    plugin: Annotated[str, "Kind and name, as `method darts`."]
    file: Annotated[str, "Path below the harness' folder, or as Python found it."]
    distribution: Annotated[str, "That it came with, and which version."]
    state: Annotated[str, "`committed`, `changed` or `untracked` in a checkout; else empty."]
    sha256: Annotated[str, "First 16 hex digits of the hash of its content."]
    jobs: Annotated[int, "Jobs that it worked in, interrupted attempts included."] = 0


def list_environments(jobs: Iterable[Job]) -> pd.DataFrame:
    """Count the jobs that ended, and the attempts that were interrupted, in each environment."""
    ended: Counter[EnvironmentRow] = Counter()
    interrupted: Counter[EnvironmentRow] = Counter()
    for record in _records(jobs):
        ended.update(_environment(where) for where in [record.environment] if where)
        interrupted.update(map(_environment, record.earlier_environments))
    texts = {json.dumps(row._asdict(), sort_keys=True): row for row in (ended | interrupted)}
    rows = (texts[text] for text in sorted(texts))
    counted = (row._replace(jobs=ended[row], interrupted=interrupted[row]) for row in rows)
    return frame(EnvironmentRow, counted)


def list_plugins(jobs: Iterable[Job]) -> pd.DataFrame:
    """Count the jobs that each version of a plugin's file worked in, interrupted attempts too."""
    counts: Counter[PluginRow] = Counter()
    for record in _records(jobs):
        last = [record.environment] if record.environment else []
        counts.update(
            {
                PluginRow(name, its.file, its.distribution, its.state, its.sha256)
                for where in (*record.earlier_environments, *last)
                for name, its in where.plugins.items()
            }
        )
    return frame(PluginRow, (row._replace(jobs=n) for row, n in sorted(counts.items())))


def changed_plugins(plugins: pd.DataFrame) -> list[str]:
    """Return the plugins of which jobs ran more than one version, as ``method darts``."""
    versions = plugins.groupby("plugin")["sha256"].nunique()
    return sorted(versions.index[versions > 1])


def _records(jobs: Iterable[Job]) -> Iterator[JobRecord]:
    return (job.record for job in jobs if job.record is not None)


def _environment(where: Environment) -> EnvironmentRow:
    facts = where.model_dump(exclude={"plugins", "versions"})
    versions = ", ".join(f"{name} {text}" for name, text in sorted(where.versions.items()))
    return EnvironmentRow(**facts, versions=versions)
