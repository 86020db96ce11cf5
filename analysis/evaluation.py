"""From tables of runs to tables of answers: everything that a report counts, in one place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.aggregate import arms_table, budget_table, cost_table, units
from analysis.anytime import process_tables
from analysis.comparisons import Comparison, compare_family
from analysis.load import Tables, load
from analysis.transfer import gain_table, gap_table, transfer_tables
from harness.results.record import ExperimentFacts


@dataclass(frozen=True)
class Results:
    """What a report is written from.

    Attributes:
        tables: As loaded.
        pairs: Sources and targets by study.
        methods: Titles by study.
        units: Independent observations.
        arms: n, mean, SD and values of each arm.
        costs: Mean bill of each arm.
        budgets: Whether methods spent alike.
        gaps: Differences between arms of a method.
        gains: Differences from random architectures.
        transfer: Retention, savings, asymmetry and the like, by the name of the table.
        process: What warm starts are worth while a search runs, likewise.
        comparisons: The declared families.
    """

    tables: Tables
    pairs: dict[str, list[tuple[str, str]]]
    methods: dict[str, list[str]]
    units: pd.DataFrame
    arms: pd.DataFrame
    costs: pd.DataFrame
    budgets: pd.DataFrame
    gaps: pd.DataFrame
    gains: pd.DataFrame
    transfer: dict[str, pd.DataFrame]
    process: dict[str, pd.DataFrame]
    comparisons: list[Comparison]

    @property
    def studies(self) -> list[str]:
        """Every study, in the order given."""
        return list(dict.fromkeys(self.tables.studies.values()))

    @property
    def all_methods(self) -> list[str]:
        """Every title once: what colours go by."""
        return list(dict.fromkeys(title for titles in self.methods.values() for title in titles))

    @property
    def labels(self) -> dict[str, str]:
        """What each task is printed as where the name alone would say too much: a subset."""
        return {
            title: task.label
            for facts in self.tables.experiments.values()
            for title, task in facts.tasks.items()
        }

    @property
    def stamp(self) -> str:
        """The labels that say more than a name; empty if there are none."""
        return ", ".join(label for title, label in self.labels.items() if label != title)

    def members(self, study: str) -> list[tuple[str, ExperimentFacts]]:
        """Return the experiments of a study."""
        experiments = self.tables.experiments
        return [
            (name, experiments[name]) for name, its in self.tables.studies.items() if its == study
        ]


def evaluate(folders: Iterable[Path]) -> Results:
    """Load experiments and count.

    Raises:
        ConfigError: If a folder holds no experiment or a file of it cannot be read.
    """
    tables = load(folders)
    pairs = _pairs(tables)
    methods = _methods(tables)
    found = units(tables.runs)
    return Results(
        tables=tables,
        pairs=pairs,
        methods=methods,
        units=found,
        arms=arms_table(tables.runs),
        costs=cost_table(tables.runs, tables.searches),
        budgets=budget_table(tables.searches),
        gaps=gap_table(found, pairs),
        gains=gain_table(found, tables.runs),
        transfer=transfer_tables(tables, found, pairs),
        process=process_tables(tables, pairs),
        comparisons=[
            comparison
            for study in pairs
            for comparison in compare_family(
                found, study, methods[study], pairs[study], _declared(tables, study)
            )
        ],
    )


def _pairs(tables: Tables) -> dict[str, list[tuple[str, str]]]:
    pairs: dict[str, list[tuple[str, str]]] = {}
    for name, facts in tables.experiments.items():
        known = pairs.setdefault(tables.studies[name], [])
        for pair in facts.pairs:
            if pair not in known:
                known.append(pair)
    return pairs


def _methods(tables: Tables) -> dict[str, list[str]]:
    methods: dict[str, list[str]] = {}
    for (name, _), title in tables.titles.items():
        known = methods.setdefault(tables.studies[name], [])
        if title not in known:
            known.append(title)
    return methods


def _declared(tables: Tables, study: str) -> list[tuple[str, str]]:
    """Return the comparisons that the study's protocol declares; its experiments share it."""
    name = next(name for name, its in tables.studies.items() if its == study)
    primary = tables.experiments[name].experiment["protocol"]["primary"]
    return [(comparison["arm"], comparison["against"]) for comparison in primary]
