"""From tables of runs to tables of answers: everything that a report counts, in one place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.answers.arms import arms_table, budget_table, cost_table, units, variance_table
from analysis.answers.cells.changes import change_tables
from analysis.answers.cells.tables import similarity_tables
from analysis.answers.comparisons.comparisons import (
    Comparison,
    Family,
    compare_family,
    compare_methods,
)
from analysis.answers.sizes import size_table
from analysis.answers.transfer.gains import gain_table
from analysis.answers.transfer.gaps import gap_table
from analysis.answers.transfer.tables import transfer_tables
from analysis.answers.undecided import agreement_table, list_undecided
from analysis.answers.warm_starts import process_tables
from analysis.architectures.chance import Chance, load_chance
from analysis.loading.load import Tables, load
from harness.results.record import ExperimentFacts

NOT_COMPARABLE = "NOT COMPARABLE"


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
        variances: Spread of searches and of trainings of each arm.
        gaps: Differences between arms of a method.
        gains: Differences from random architectures.
        transfer: Retention, savings, asymmetry and the like, by the name of the table.
        process: What warm starts are worth while a search runs, likewise.
        comparisons: The declared families.
        rivals: Methods against each other, families of their own.
        chances: What random architectures of the space have in common, by study.
        similarity: How alike what was found is, by name of the table.
        changes: What the swap of data changed, by name of the table.
        sizes: What the networks of each arm cost, beside the target.
        agreement: How alike searches are that differ in their seed only.
        undecided: Searches that decided nothing, by job, and why.
    """

    tables: Tables
    pairs: dict[str, list[tuple[str, str]]]
    methods: dict[str, list[str]]
    units: pd.DataFrame
    arms: pd.DataFrame
    costs: pd.DataFrame
    budgets: pd.DataFrame
    variances: pd.DataFrame
    gaps: pd.DataFrame
    gains: pd.DataFrame
    transfer: dict[str, pd.DataFrame]
    process: dict[str, pd.DataFrame]
    comparisons: list[Comparison]
    rivals: list[Comparison]
    chances: dict[str, Chance]
    similarity: dict[str, pd.DataFrame]
    changes: dict[str, pd.DataFrame]
    agreement: pd.DataFrame
    sizes: pd.DataFrame
    undecided: dict[str, str]

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
        """What stands above every figure: labels that say more than a name, and force."""
        labels = [label for title, label in self.labels.items() if label != title]
        return ", ".join([NOT_COMPARABLE] * self.tables.forced + labels)

    def members(self, study: str) -> list[tuple[str, ExperimentFacts]]:
        """Return the experiments of a study."""
        experiments = self.tables.experiments
        return [
            (name, experiments[name]) for name, its in self.tables.studies.items() if its == study
        ]


def evaluate(folders: Iterable[Path], *, force: bool = False) -> Results:
    """Load experiments and count.

    Args:
        folders: Of the experiments.
        force: Compare them even where their rules differ; everything is then stamped.

    Raises:
        ConfigError: If a folder holds no experiment or a file of it cannot be read.
    """
    tables = load(folders, force=force)
    pairs = _pairs(tables)
    methods = _methods(tables)
    found = units(tables.runs)
    families = [_family(tables, study, methods[study], pairs[study]) for study in pairs]
    if tables.forced:
        found = found.assign(rules=NOT_COMPARABLE)
    agreement = agreement_table(tables)
    chances = {study: load_chance(tables.folders[name]) for name, study in _firsts(tables)}
    return Results(
        tables=tables,
        pairs=pairs,
        methods=methods,
        units=found,
        arms=arms_table(tables.runs),
        costs=cost_table(tables.runs, tables.searches),
        budgets=budget_table(tables.searches),
        variances=variance_table(tables.runs, tables.searches),
        gaps=gap_table(found, pairs),
        gains=gain_table(found, tables.runs),
        transfer=transfer_tables(tables, found, pairs),
        process=process_tables(tables, pairs),
        comparisons=[one for family in families for one in compare_family(found, family)],
        rivals=[one for family in families for one in compare_methods(found, family)],
        chances=chances,
        similarity=similarity_tables(tables, chances),
        changes=change_tables(tables, chances),
        agreement=agreement,
        sizes=size_table(tables),
        undecided=list_undecided(tables.searches, agreement),
    )


def _firsts(tables: Tables) -> list[tuple[str, str]]:
    """Return the first experiment of each study; all of a study search the same space."""
    firsts: dict[str, str] = {}
    for name, study in tables.studies.items():
        firsts.setdefault(study, name)
    return [(name, study) for study, name in firsts.items()]


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


def _family(tables: Tables, study: str, methods: list[str], pairs: list[tuple[str, str]]) -> Family:
    """Return what the study's protocol declares; its experiments share it."""
    names = [name for name, its in tables.studies.items() if its == study]
    protocol = tables.experiments[names[0]].experiment["protocol"]
    declared = [(one["arm"], one["against"]) for one in protocol["primary"]]
    left_out = _left_out(tables, names)
    return Family(study, methods, pairs, declared, protocol.get("margin"), left_out)


def _left_out(tables: Tables, names: list[str]) -> set[tuple[str, str]]:
    """Return methods with the arms that they take no part in, in any of a study's experiments."""
    left_out: set[tuple[str, str]] = set()
    taken: set[tuple[str, str]] = set()
    for name in names:
        planned = tables.experiments[name].experiment
        for choice in planned["methods"]:
            title = tables.titles[name, choice.get("label") or choice["name"]]
            own = planned["arms"] if choice.get("arms") is None else choice["arms"]
            # Every method is held against random architectures, which belong to none.
            taken |= {(title, arm) for arm in (*own, "random")}
            left_out |= {(title, arm) for arm in planned["arms"]}
    return left_out - taken
