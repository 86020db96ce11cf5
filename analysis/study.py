"""A study: experiments under equal rules, and every answer about them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.answers.arms import arms_table, units
from analysis.answers.cells.changes import change_table, operation_table
from analysis.answers.cells.course import course_table, divergence_table
from analysis.answers.cells.lineage import Lineage, list_lineages
from analysis.answers.cells.searched import Collection, collect_found, group_table, stability_table
from analysis.answers.cells.shapes import shape_table
from analysis.answers.cells.trained import functional_table, mantel_table
from analysis.answers.comparisons.asked import list_declared
from analysis.answers.comparisons.family import Family, compare_family, compare_methods
from analysis.answers.comparisons.needed import (
    DIFFERENCE,
    Jobs,
    Needed,
    Total,
    add_up,
    find_hardest,
    find_needed,
    find_one,
)
from analysis.answers.comparisons.records import Comparison
from analysis.answers.costs import budget_table, cost_table, variance_table
from analysis.answers.published import published_table, read_published
from analysis.answers.published_figures import Figures, compare_figures
from analysis.answers.sizes import size_table
from analysis.answers.transfer.consistency import consistency_table
from analysis.answers.transfer.controls import control_table
from analysis.answers.transfer.equivalents import equivalent_table
from analysis.answers.transfer.further_images import crossed_table
from analysis.answers.transfer.gains import gain_table
from analysis.answers.transfer.gaps import gap_table
from analysis.answers.transfer.populations import find_populations
from analysis.answers.transfer.retention import retention_table
from analysis.answers.transfer.savings import saving_table
from analysis.answers.transfer.shared import rank_agreement_table, shared_table
from analysis.answers.undecided import agreement_table, list_undecided
from analysis.answers.warm_starts import process_tables
from analysis.architectures.chance import NOTHING, Chance, load_chance
from analysis.loading import external
from analysis.loading.load import Tables, load_tables
from harness.results.planned import ExperimentFacts

NOT_COMPARABLE = "NOT COMPARABLE"


class Study:
    """Experiments under equal rules; each answer is computed when it is first asked for.

    Args:
        tables: What was read of them.

    Attributes:
        tables: As given.
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    @property
    def name(self) -> str:
        """The names of the experiments, joined."""
        return self.tables.members.study

    @property
    def has_jobs(self) -> bool:
        """Whether jobs of ours made the runs; of others nothing but the runs is known."""
        return bool(self.tables.members.folders)

    @property
    def experiments(self) -> dict[str, ExperimentFacts]:
        """The resolved inputs of each experiment."""
        return self.tables.members.experiments

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """Source and target of every pair, in the order of the plans."""
        return list(dict.fromkeys(pair for its in self.experiments.values() for pair in its.pairs))

    @cached_property
    def methods(self) -> list[str]:
        """Titles of methods and given architectures, in the order of the plans.

        Colours go by it.
        """
        return list(dict.fromkeys(self.tables.members.titles.values()))

    @cached_property
    def given(self) -> dict[str, str]:
        """Where each given architecture is from, by its name among ``methods``."""
        return {
            self.tables.members.titles[name, one["name"]]: one.get("origin", "")
            for name, facts in self.experiments.items()
            for one in facts.experiment.get("architectures", [])
        }

    @cached_property
    def searchers(self) -> list[str]:
        """Those of ``methods`` that search."""
        return [title for title in self.methods if title not in self.given]

    @cached_property
    def labels(self) -> dict[str, str]:
        """What each task is printed as where the name alone would say too much: a subset."""
        names = {task: task for pair in self.pairs for task in pair}
        known = [facts.tasks.items() for facts in self.experiments.values()]
        return names | {title: task.label for tasks in known for title, task in tasks}

    @property
    def stamp(self) -> str:
        """What every figure says above it: labels that say more than a name, and force."""
        labels = [label for title, label in self.labels.items() if label != title]
        return ", ".join([NOT_COMPARABLE] * self.tables.members.forced + labels)

    @cached_property
    def units(self) -> pd.DataFrame:
        """Independent observations: a search, or a random architecture, each row."""
        found = units(self.tables.runs, self.tables.searches)
        return found.assign(rules=NOT_COMPARABLE) if self.tables.members.forced else found

    @cached_property
    def arms(self) -> pd.DataFrame:
        """n, mean, SD and values of each arm."""
        return arms_table(self.tables.runs, self.units)

    @cached_property
    def costs(self) -> pd.DataFrame:
        """The mean bill of each arm."""
        return cost_table(self.tables.runs, self.tables.searches)

    @cached_property
    def budgets(self) -> pd.DataFrame:
        """Whether methods spent alike."""
        limits = {
            self.tables.members.titles[name, title]: facts.search_budget(title)
            for name, facts in self.experiments.items()
            for title in facts.methods
        }
        return budget_table(self.tables.searches, limits)

    @cached_property
    def variances(self) -> pd.DataFrame:
        """The spread of searches and of trainings of each arm."""
        return variance_table(self.tables.runs, self.tables.searches)

    @cached_property
    def gaps(self) -> pd.DataFrame:
        """Differences between the arms of a method."""
        return gap_table(self.units, self.pairs)

    @cached_property
    def gains(self) -> pd.DataFrame:
        """Differences from random architectures."""
        return gain_table(self.units, self.tables.runs)

    @cached_property
    def papers(self) -> list[dict[str, Any]]:
        """Documents of published results."""
        return read_published()

    @cached_property
    def published(self) -> pd.DataFrame:
        """Published results beside ours, where there are any for what was run."""
        known = self.experiments if self.has_jobs else {}  # a file names no rules to compare
        return published_table(self.papers, known, self.tables.members.titles, self.units)

    @cached_property
    def figures(self) -> Figures:
        """Published figures of DARTS' space beside ours, and which are not set there, and why."""
        known = self.experiments if self.has_jobs else {}
        return compare_figures(known, self.tables.members.titles, self.units)

    @cached_property
    def transfer(self) -> dict[str, pd.DataFrame]:
        """Retention, savings and the like, by the name of the table."""
        tables, units, pairs = self.tables, self.units, self.pairs
        populations = find_populations(self.experiments, tables.runs)
        shared = shared_table(units, pairs)
        return {
            "retention": retention_table(units, pairs),
            "equivalents": equivalent_table(units, populations),
            "savings": saving_table(tables.runs, pairs),
            "consistency": consistency_table(units, pairs),
            "shared": shared,
            "agreement": rank_agreement_table(shared),
            "crossed": crossed_table(tables, units, pairs),
        }

    @cached_property
    def process(self) -> dict[str, pd.DataFrame]:
        """What warm starts are worth while a search runs, by the name of the table."""
        return process_tables(self.tables, self.pairs)

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """The declared family."""
        return compare_family(self.units, self._family)

    @cached_property
    def rivals(self) -> list[Comparison]:
        """Methods against each other, a family of their own."""
        return compare_methods(self.units, self._family)

    def find_needed(self, difference: float) -> list[Needed]:
        """Return what each declared comparison needs to find a difference of so many points."""
        crossed = self.transfer["crossed"]
        return find_needed(self.comparisons, difference, self._jobs, crossed)

    def add_up(self, needed: list[Needed]) -> Total | None:
        """Return what all comparisons need together."""
        return add_up(needed, self._jobs)

    @cached_property
    def hardest(self) -> Needed | None:
        """What the comparison that finds least needs, for the declared margin or 0.5 points."""
        one = find_hardest(self.comparisons)
        if one is None:
            return None
        difference = self._family.margin or DIFFERENCE
        return find_one(one, difference, self._jobs, self.transfer["crossed"])

    @cached_property
    def chance(self) -> Chance:
        """What random architectures of the space have in common; one space is searched."""
        folder = next(iter(self.tables.members.folders.values()), None)
        return load_chance(folder) if folder else NOTHING

    @cached_property
    def lineages(self) -> list[Lineage]:
        """Before and after the swap of data, of every seed, method and pair."""
        return list_lineages(self.tables)

    @cached_property
    def found(self) -> Collection:
        """The architectures that searches found, with all their distances."""
        return collect_found(self.tables)

    @cached_property
    def similarity(self) -> dict[str, pd.DataFrame]:
        """How alike what was found is, by the name of the table."""
        rng = np.random.default_rng(0)  # of relabellings, where not all can be tried
        return {
            "similarity_stability": stability_table(self.found, self.chance),
            "similarity_groups": group_table(self.found, rng),
            "similarity_mantel": mantel_table(self.tables, rng),
            "similarity_functional": functional_table(self.tables),
        }

    @cached_property
    def changes(self) -> dict[str, pd.DataFrame]:
        """What the swap of data changed, by the name of the table."""
        lineages, alphas = self.lineages, self.tables.alphas
        return {
            "changes": change_table(lineages, self.chance),
            "change_operations": operation_table(lineages, self.chance),
            "shapes": shape_table(self.tables, self.chance),
            "alpha_course": course_table(lineages, alphas),
            "alpha_divergence": divergence_table(lineages, alphas),
        }

    @cached_property
    def sizes(self) -> pd.DataFrame:
        """What the networks of each arm cost, beside the target."""
        return size_table(self.tables)

    @cached_property
    def agreement(self) -> pd.DataFrame:
        """How alike searches are that differ in their seed only."""
        return agreement_table(self.tables)

    @cached_property
    def undecided(self) -> dict[str, str]:
        """Searches that decided nothing, by job, and why."""
        return list_undecided(self.tables.searches, self.agreement)

    @property
    def _jobs(self) -> Jobs:
        return Jobs(self.tables.runs, self.tables.jobs)

    @cached_property
    def controls(self) -> pd.DataFrame:
        """What arms owe to the data of their source, where controls of it were searched."""
        return control_table(self.units, self.pairs, self._family.margin)

    @property
    def _family(self) -> Family:
        """What the protocol declares; of several, pooled by force, all that any declares.

        They hold against a margin only if they declare the same.
        """
        its = [facts.experiment for facts in self.experiments.values()]
        margins = {one["protocol"].get("margin") for one in its}
        margin = margins.pop() if len(margins) == 1 else None
        return Family(self.methods, self.pairs, list_declared(*its), margin)


def load(folders: Iterable[Path | str], *, force: bool = False) -> list[Study]:
    """Read experiments and return the studies that they make up, in the order given.

    Args:
        folders: Of the experiments, e.g. ``results/NAME``.
        force: Pool them into one study even where their rules differ; it is then stamped.

    Raises:
        ConfigError: If a folder holds no experiment or a file of it cannot be read.
    """
    return [Study(tables) for tables in load_tables(map(Path, folders), force=force)]


def load_external(path: Path | str, **how: Any) -> Study:
    """Read runs made elsewhere from a CSV; ``how`` as in ``analysis.loading.external``.

    Raises:
        ConfigError: If the file is not as described, or holds nothing to compare.
    """
    return Study(external.load_external(Path(path), **how))
