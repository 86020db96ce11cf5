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
        method: Title, or name of a given architecture, told apart where two experiments mean
            different things by one. Empty for random architectures that all methods share.
        source: Task of the first search; where nothing is searched, as planned.
        target: Task of the training.
    """

    planned: PlannedArm
    experiment: str
    method: str
    source: str
    target: str


def list_arms(
    plans: Mapping[str, Plan], titles: Mapping[tuple[str, str], str], jobs: Jobs
) -> tuple[ArmRow, ...]:
    """Return the arms, each once: a direct arm belongs to every pair with its target.

    Where a study pools random architectures that were trained by different rules, each experiment's
    belong to its own methods, so that no floor mixes them.
    """
    rows: dict[tuple[str, ...], ArmRow] = {}
    mixed = _mixed_targets(plans, jobs)
    for name, plan in plans.items():
        methods = [title for (its, _), title in titles.items() if its == name]
        for arm in plan.arms:
            row = ArmRow(
                planned=arm,
                experiment=name,
                method=titles.get((name, arm.method), arm.method),
                source=jobs[arm.searches[0]].task if arm.searches else arm.source,
                target=jobs[arm.train].task,
            )
            is_mixed = arm.arm == RANDOM and row.target in mixed
            for method in methods if is_mixed else [row.method]:
                key = (method, arm.arm, arm.train)
                rows.setdefault(key, replace(row, method=method))
    return tuple(rows.values())


def _mixed_targets(plans: Mapping[str, Plan], jobs: Jobs) -> set[str]:
    """Return the targets on which random architectures were trained by more than one rule."""
    rules: dict[str, set[str]] = {}
    for plan in plans.values():
        for arm in plan.arms:
            spec = jobs[arm.train].planned.spec
            if arm.arm == RANDOM and isinstance(spec, TrainSpec):
                text = spec.rules.model_dump_json() + spec.task.fingerprint
                rules.setdefault(jobs[arm.train].task, set()).add(text)
    return {target for target, found in rules.items() if len(found) > 1}
