"""Which arms the experiments of a study make up, and whose random architectures are whose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analysis.arms import RANDOM
from harness.results.planned import Plan, PlannedArm
from harness.results.spec import TrainSpec

if TYPE_CHECKING:
    from analysis.loading.reading import Jobs


@dataclass(frozen=True)
class ArmRow:
    """A planned arm under the names that the analysis uses.

    Attributes:
        planned: Which jobs make it up.
        experiment: Where it was planned.
        study: The experiments it may be compared with.
        method: Title, or name of a given architecture, told apart where two experiments mean
            different things by one. Empty for random architectures that all methods share.
        source: Task of the first search; where nothing is searched, as planned.
        target: Task of the training.
    """

    planned: PlannedArm
    experiment: str
    study: str
    method: str
    source: str
    target: str


def list_arms(
    plans: Mapping[str, Plan],
    studies: Mapping[str, str],
    titles: Mapping[tuple[str, str], str],
    jobs: Jobs,
) -> tuple[ArmRow, ...]:
    """Return the arms, each once: a direct arm belongs to every pair with its target.

    Where a study pools random architectures that were trained by different rules, each experiment's
    belong to its own methods, so that no floor mixes them.
    """
    rows: dict[tuple[str, ...], ArmRow] = {}
    mixed = _mixed_targets(plans, studies, jobs)
    for name, plan in plans.items():
        methods = [title for (its, _), title in titles.items() if its == name]
        for arm in plan.arms:
            row = ArmRow(
                planned=arm,
                experiment=name,
                study=studies[name],
                method=titles.get((name, arm.method), arm.method),
                source=jobs[arm.searches[0]].task if arm.searches else arm.source,
                target=jobs[arm.train].task,
            )
            is_mixed = arm.arm == RANDOM and (row.study, row.target) in mixed
            for method in methods if is_mixed else [row.method]:
                key = (row.study, method, arm.arm, arm.train)
                rows.setdefault(key, replace(row, method=method))
    return tuple(rows.values())


def _mixed_targets(
    plans: Mapping[str, Plan], studies: Mapping[str, str], jobs: Jobs
) -> set[tuple[str, str]]:
    """Return study and target where random architectures were trained by more than one rule."""
    rules: dict[tuple[str, str], set[str]] = {}
    for name, plan in plans.items():
        for arm in plan.arms:
            spec = jobs[arm.train].planned.spec
            if arm.arm == RANDOM and isinstance(spec, TrainSpec):
                text = spec.rules.model_dump_json() + spec.task.fingerprint
                rules.setdefault((studies[name], jobs[arm.train].task), set()).add(text)
    return {place for place, found in rules.items() if len(found) > 1}
