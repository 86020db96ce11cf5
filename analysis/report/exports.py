"""Every number of a report as files for machines: CSV, Parquet and the JSON document."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.answers.comparisons.rows import comparison_table
from analysis.loading.side_files import SideFiles
from analysis.report.checklist import checklist
from analysis.study import Study
from harness.results.files import replacing
from harness.results.store import write_atomically

SCHEMA = 1
# Files of their own only: too long for one document.
LONG = ("alphas", "trace")
MOST_ROWS = 5000
# Rows that several studies may have in common.
SHARED = ("environments", "jobs", "plugins")
SOFTWARE = ("numpy", "scipy", "pandas", "matplotlib")


def tables_of(studies: Sequence[Study]) -> dict[str, pd.DataFrame]:
    """Return every table of numbers by the name of its file, all studies below each other."""
    made = [_tables_of(study) for study in studies]
    names = [study.name for study in studies]
    return {name: _stack(name, names, [one[name] for one in made]) for name in made[0]}


def _stack(name: str, studies: Sequence[str], tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put tables under each other; rows say of which study, or are there once if shared."""
    if name not in SHARED:
        tables = [_name_study(table, study) for study, table in zip(studies, tables, strict=True)]
    filled = [table for table in tables if len(table)]
    whole = pd.concat(filled, ignore_index=True) if filled else tables[0]
    return whole.drop_duplicates(ignore_index=True) if name in SHARED else whole


def _name_study(table: pd.DataFrame, study: str) -> pd.DataFrame:
    named = table.copy()
    named.insert(0, "study", study)
    return named


def _tables_of(study: Study) -> dict[str, pd.DataFrame]:
    tables = study.tables
    outcome = {
        "arms": study.arms,
        "comparisons": comparison_table(study.comparisons),
        "gains": study.gains,
        "gaps": study.gaps,
        "rivals": comparison_table(study.rivals),
        "runs": tables.runs,
        **study.transfer,
        "controls": study.controls,
    }
    if not study.has_jobs:
        return outcome
    return {
        "alphas": tables.alphas,
        "budgets": study.budgets,
        "checklist": checklist(study),
        "costs": study.costs,
        "environments": tables.environments,
        "jobs": tables.jobs,
        "plugins": tables.plugins,
        "published": study.published,
        "published_figures": study.figures.table,
        **study.similarity,
        **study.changes,
        **study.process,
        "search_agreement": study.agreement,
        "searches": tables.searches,
        "sizes": study.sizes,
        "trace": tables.trace,
        "variances": study.variances,
        **outcome,
    }


def write_tables(tables: Mapping[str, pd.DataFrame], out: Path, files: SideFiles) -> None:
    """Write each table as CSV, and the tidy ones as Parquet where pyarrow is installed."""
    (out / "tables").mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        path = out / "tables" / f"{name}.csv"
        files.write(path, partial(_write_csv, table, path))
    if importlib.util.find_spec("pyarrow") is not None:
        places = {"runs": out / "results.parquet"}
        places |= {name: out / "tables" / f"{name}.parquet" for name in LONG}
        for name in places.keys() & tables.keys():
            path = places[name]
            files.write(path, partial(_write_parquet, tables[name], path))


def _write_parquet(table: pd.DataFrame, path: Path) -> None:
    with replacing(path) as file:  # pyarrow opens no path that is no UTF-8
        table.to_parquet(file, index=False)


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    write_atomically(path, _flat(table).to_csv(index=False, lineterminator="\n"))


def document(tables: Mapping[str, pd.DataFrame], facts: Mapping[str, Any]) -> str:
    """Return all numbers as JSON: what continuous integration may rely on.

    Traces, and tables of thousands of rows, are in their CSV only: ``tables_only_as_csv``.
    """
    left = sorted(n for n, table in tables.items() if n in LONG or len(table) > MOST_ROWS)
    whole = {
        "tables_only_as_csv": left,
        "schema_version": SCHEMA,
        "software": {name: importlib.metadata.version(name) for name in SOFTWARE},
        **facts,
        **{name: table.to_dict("records") for name, table in tables.items() if name not in left},
    }
    return json.dumps(_plain(whole), indent=1, sort_keys=True, allow_nan=False) + "\n"


def _flat(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with lists of numbers as texts that read back exactly."""
    lists = [name for name in table if len(table) and isinstance(table[name].iloc[0], list)]
    texts = {
        str(name): [" ".join(f"{x!r}" for x in found) for found in table[name]] for name in lists
    }
    return table.assign(**texts)


def _plain(value: Any) -> Any:
    """Return JSON's own types; what is no number becomes null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value
