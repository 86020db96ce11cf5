"""From an experiment to a graph of jobs, and what each arm is made of.

A job's digest is its identity: a job that several arms need is planned once.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from harness.api import Architecture
from harness.config.protocol import Arm
from harness.planning.resolve import Resolved
from harness.planning.resolve_plugins import looks_up
from harness.planning.seeding import generator
from harness.planning.space_graphs import draw_graphs
from harness.planning.tasks import PairData
from harness.results.planned import Plan, PlannedArm, PlannedJob
from harness.results.spec import SearchSpec, TaskData, TrainSpec, digest


def make_plan(resolved: Resolved) -> Plan:
    """Return every job, ancestors first, seeds outermost so that partial results compare."""
    return _Planner(resolved).plan()


def space_document(resolved: Resolved) -> dict[str, Any]:
    """Return random graphs of the space; ``space.json``."""
    space = resolved.space
    samples = draw_graphs(space, resolved.space_choice.name)
    return {
        "name": resolved.space_choice.name,
        "size": str(space.size),
        "graphs": [{name: graph.to_json() for name, graph in cell.items()} for cell in samples],
    }


class _Planner:
    """The jobs of an experiment so far."""

    def __init__(self, resolved: Resolved) -> None:
        self._resolved = resolved
        self._jobs: dict[str, PlannedJob] = {}

    def plan(self) -> Plan:
        experiment, resolved = self._resolved.experiment, self._resolved
        arms = [
            row
            for seed, pair, title in itertools.product(
                experiment.seeds, resolved.pairs, resolved.methods
            )
            if title in pair.methods
            for arm in experiment.method_arms(title)
            for row in self._plan_arm(arm, title, pair, seed)
        ]
        arms += dict.fromkeys(self._plan_given())  # pairs with one target share them
        if Arm.RANDOM in experiment.arms:
            arms += self._plan_random_arm()
        return Plan(jobs=tuple(self._jobs.values()), arms=tuple(arms))

    def _plan_arm(self, arm: Arm, title: str, pair: PairData, seed: int) -> Iterator[PlannedArm]:
        """Plan one method's arm for one pair and seed."""
        begins_at_source = arm in (Arm.SOURCE, Arm.TRANSFERRED, Arm.CONTINUED)
        first = pair.searched if begins_at_source else pair.searched_target
        times = 2 if arm is Arm.DIRECT_LONG else 1
        chain = [self._search(title, first, seed, times=times)]
        if arm in (Arm.CONTINUED, Arm.RESUMED):
            chain.append(self._search(title, pair.searched_target, seed, after=chain[0]))
        trained_on = pair.source if arm is Arm.SOURCE else pair.target
        for repeat in range(self._resolved.experiment.train_seeds):
            yield PlannedArm(
                arm=arm,
                method=title,
                source=pair.searched.title,
                target=pair.target.title,
                seed=seed,
                repeat=repeat,
                train=self._train(
                    trained_on,
                    seed,
                    repeat,
                    search=chain[-1],
                    found=self._jobs[chain[-1]].name.removeprefix("search-"),
                ),
                searches=tuple(chain),
            )

    def _plan_given(self) -> Iterator[PlannedArm]:
        """Plan the trainings of given architectures; one of each where its accuracy is looked up.

        A training of another seed has other initial weights, another order of images, and another
        split.
        """
        experiment = self._resolved.experiment
        is_looked_up = looks_up(self._resolved.protocol.train.evaluator)
        for seed, one, pair, arm in itertools.product(
            (0,) if is_looked_up else experiment.seeds,
            experiment.architectures,
            self._resolved.pairs,
            [arm for arm in (Arm.SOURCE, Arm.GIVEN) if arm in experiment.arms],
        ):
            is_on_source = arm is Arm.SOURCE
            for repeat in range(experiment.train_seeds):
                yield PlannedArm(
                    arm=arm,
                    method=one.name,
                    source=pair.searched.title if is_on_source else "",
                    target=pair.target.title,
                    seed=seed,
                    repeat=repeat,
                    train=self._train(
                        pair.source if is_on_source else pair.target,
                        seed,
                        repeat,
                        architecture=one.text,
                        found=f"{one.name}-s{seed}",
                    ),
                    searches=(),
                )

    def _plan_random_arm(self) -> list[PlannedArm]:
        """Plan R architectures per target, disjoint between targets, shared by all methods."""
        targets = {pair.target.title: pair.target for pair in self._resolved.pairs}
        taken: set[Architecture] = set()
        return [
            PlannedArm(
                arm=Arm.RANDOM,
                method="",
                source="",
                target=title,
                seed=number,
                repeat=0,
                train=self._train(
                    targets[title], number, 0, architecture=text, found=f"random{number}"
                ),
                searches=(),
            )
            for title in sorted(targets)
            for number, text in enumerate(self._draw(title, taken))
        ]

    def _draw(self, target: str, taken: set[Architecture]) -> Iterator[str]:
        space = self._resolved.space
        rng = generator(0, "random arm", self._resolved.space_choice.name, target)
        for _ in range(self._resolved.protocol.random_architectures):
            architecture = space.sample(rng)
            while architecture in taken:
                architecture = space.sample(rng)
            taken.add(architecture)
            yield space.to_text(architecture)

    def _search(
        self, title: str, task: TaskData, seed: int, *, after: str | None = None, times: int = 1
    ) -> str:
        rules = self._resolved.rules[title]
        spec = SearchSpec(
            method=self._resolved.methods[title],
            space=self._resolved.space_choice,
            task=task,
            splits=self._resolved.protocol.splits,
            rules=rules.model_copy(update={"budget": rules.budget.times(times)}),
            seed=seed,
            warm_start=after,
            costs=self._resolved.protocol.costs,
        )
        source = "" if after is None else f"{self._jobs[after].spec.task.title}-"
        return self._add(spec, f"search-{title}-{source}{task.title}-s{seed}")

    def _train(
        self,
        task: TaskData,
        seed: int,
        repeat: int,
        *,
        found: str,
        search: str | None = None,
        architecture: str | None = None,
    ) -> str:
        spec = TrainSpec(
            search=search,
            architecture=architecture,
            space=self._resolved.space_choice,
            task=task,
            splits=self._resolved.protocol.splits,
            rules=self._resolved.protocol.train,
            seed=seed,
            repeat=repeat,
            costs=self._resolved.protocol.costs,
        )
        return self._add(spec, f"train-{task.title}-{found}" + (f"-r{repeat}" if repeat else ""))

    def _add(self, spec: SearchSpec | TrainSpec, name: str) -> str:
        job = PlannedJob(job=digest(spec), name=name, spec=spec)
        self._jobs.setdefault(job.job, job)
        return job.job
