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
from harness.planning.seeding import generator
from harness.planning.space_graphs import draw_graphs
from harness.planning.tasks import PairData
from harness.results.planned import Plan, PlannedArm, PlannedJob
from harness.results.spec import SearchSpec, TaskData, TrainSpec, digest

Jobs = dict[str, PlannedJob]


def make_plan(resolved: Resolved) -> Plan:
    """Return every job, ancestors first, seeds outermost so that partial results compare."""
    jobs: Jobs = {}
    experiment = resolved.experiment
    arms = [
        row
        for seed, pair, title in itertools.product(
            experiment.seeds, resolved.pairs, resolved.methods
        )
        for arm in experiment.method_arms(title)
        for row in _method_arm(resolved, jobs, arm, title, pair, seed)
    ]
    if Arm.RANDOM in experiment.arms:
        arms += _random_arm(resolved, jobs)
    return Plan(jobs=tuple(jobs.values()), arms=tuple(arms))


def space_document(resolved: Resolved) -> dict[str, Any]:
    """Return random graphs of the space; ``space.json``."""
    space = resolved.space
    samples = draw_graphs(space, resolved.space_choice.name)
    return {
        "name": resolved.space_choice.name,
        "size": str(space.size),
        "graphs": [{name: graph.to_json() for name, graph in cell.items()} for cell in samples],
    }


def _method_arm(
    resolved: Resolved, jobs: Jobs, arm: Arm, title: str, pair: PairData, seed: int
) -> Iterator[PlannedArm]:
    """Plan one method's arm for one pair and seed."""
    source, target, searched_target = pair.searched, pair.target, pair.searched_target

    def search(task: TaskData, *, after: str | None = None, times: int = 1) -> str:
        return _search(resolved, jobs, title, task, seed, after=after, times=times)

    chain: tuple[str, ...]
    if arm is Arm.SOURCE:
        chain, trained_on = (search(source),), pair.source
    elif arm is Arm.TRANSFERRED:
        chain, trained_on = (search(source),), target
    elif arm is Arm.CONTINUED:
        first = search(source)
        chain, trained_on = (first, search(searched_target, after=first)), target
    elif arm is Arm.DIRECT:
        chain, trained_on = (search(searched_target),), target
    elif arm is Arm.DIRECT_LONG:
        chain, trained_on = (search(searched_target, times=2),), target
    else:
        first = search(searched_target)
        chain, trained_on = (first, search(searched_target, after=first)), target
    for repeat in range(resolved.experiment.train_seeds):
        yield PlannedArm(
            arm=arm,
            method=title,
            source=source.title,
            target=target.title,
            seed=seed,
            repeat=repeat,
            train=_train(resolved, jobs, trained_on, seed, repeat, search=chain[-1]),
            searches=chain,
        )


def _random_arm(resolved: Resolved, jobs: Jobs) -> list[PlannedArm]:
    """Plan R architectures per target, disjoint between targets, shared by all methods."""
    targets = {pair.target.title: pair.target for pair in resolved.pairs}
    taken: set[Architecture] = set()
    return [
        PlannedArm(
            arm=Arm.RANDOM,
            method="",
            source="",
            target=title,
            seed=number,
            repeat=0,
            train=_train(resolved, jobs, targets[title], number, 0, architecture=text),
            searches=(),
        )
        for title in sorted(targets)
        for number, text in enumerate(_draw(resolved, title, taken))
    ]


def _draw(resolved: Resolved, target: str, taken: set[Architecture]) -> Iterator[str]:
    space = resolved.space
    rng = generator(0, "random arm", resolved.space_choice.name, target)
    for _ in range(resolved.protocol.random_architectures):
        architecture = space.sample(rng)
        while architecture in taken:
            architecture = space.sample(rng)
        taken.add(architecture)
        yield space.to_text(architecture)


def _search(
    resolved: Resolved,
    jobs: Jobs,
    title: str,
    task: TaskData,
    seed: int,
    *,
    after: str | None,
    times: int,
) -> str:
    method = resolved.methods[title]
    rules = resolved.rules[title]
    spec = SearchSpec(
        method=method,
        space=resolved.space_choice,
        task=task,
        splits=resolved.protocol.splits,
        rules=rules.model_copy(update={"budget": rules.budget.times(times)}),
        seed=seed,
        warm_start=after,
        costs=resolved.protocol.costs,
    )
    name = f"search-{title}-{task.title}-s{seed}"
    if after is not None:
        name = f"search-{title}-{jobs[after].spec.task.title}-{task.title}-s{seed}"
    return _add(jobs, PlannedJob(job=digest(spec), name=name, spec=spec))


def _train(
    resolved: Resolved,
    jobs: Jobs,
    task: TaskData,
    seed: int,
    repeat: int,
    *,
    search: str | None = None,
    architecture: str | None = None,
) -> str:
    spec = TrainSpec(
        search=search,
        architecture=architecture,
        space=resolved.space_choice,
        task=task,
        splits=resolved.protocol.splits,
        rules=resolved.protocol.train,
        seed=seed,
        repeat=repeat,
        costs=resolved.protocol.costs,
    )
    of = f"random{seed}" if search is None else jobs[search].name.removeprefix("search-")
    name = f"train-{task.title}-{of}" + (f"-r{repeat}" if repeat else "")
    return _add(jobs, PlannedJob(job=digest(spec), name=name, spec=spec))


def _add(jobs: Jobs, job: PlannedJob) -> str:
    jobs.setdefault(job.job, job)
    return job.job
