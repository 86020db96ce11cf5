"""Where jobs ran and which code: environments, and the files of plugins."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pandas as pd

from analysis.loading.columns import ENVIRONMENT_COLUMNS, PLUGIN_COLUMNS
from analysis.loading.reading import Job


def list_environments(jobs: Iterable[Job]) -> pd.DataFrame:
    """Count the jobs that ended, and the attempts that were interrupted, in each environment."""
    rows: dict[str, dict[str, Any]] = {}
    for record in (job.record for job in jobs if job.record is not None):
        last = [record.environment] if record.environment else []
        for where in (*record.earlier_environments, *last):
            facts = where.model_dump(exclude={"plugins"})
            key = json.dumps(facts, sort_keys=True)
            versions = ", ".join(f"{name} {text}" for name, text in sorted(where.versions.items()))
            row = rows.setdefault(key, {**facts, "versions": versions, "jobs": 0, "interrupted": 0})
            row["jobs" if where is record.environment else "interrupted"] += 1
    return pd.DataFrame([rows[key] for key in sorted(rows)], columns=ENVIRONMENT_COLUMNS)


def list_plugins(jobs: Iterable[Job]) -> pd.DataFrame:
    """Count the jobs that each version of a plugin's file worked in, interrupted attempts too."""
    counts: Counter[tuple[Any, ...]] = Counter()
    for record in (job.record for job in jobs if job.record is not None):
        last = [record.environment] if record.environment else []
        counts.update(
            {
                (name, its.file, its.distribution, its.state, its.sha256)
                for where in (*record.earlier_environments, *last)
                for name, its in where.plugins.items()
            }
        )
    rows = [dict(zip(PLUGIN_COLUMNS, (*key, n), strict=True)) for key, n in sorted(counts.items())]
    return pd.DataFrame(rows, columns=PLUGIN_COLUMNS)


def changed_plugins(plugins: pd.DataFrame) -> list[str]:
    """Return the plugins of which jobs ran more than one version, as ``method darts``."""
    versions = plugins.groupby("plugin")["sha256"].nunique()
    return sorted(versions.index[versions > 1])
