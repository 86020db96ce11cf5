"""Where an experiment searches and trains: its tasks, each opened and checked once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.api import Scale, SearchSpace, Split, Task, WeightSharingSpace
from harness.config.experiment import Experiment
from harness.config.parameters import defaults
from harness.config.protocol import Arm, Plugin, Protocol
from harness.errors import ConfigError
from harness.execution.opening import open_task, resolved
from harness.execution.partition import partition
from harness.plugins import TASKS
from harness.results.record import TaskData, TaskFacts


@dataclass(frozen=True)
class Place:
    """The data of a pair.

    Attributes:
        searched: What the source search sees: the source, or a proxy of it.
        source: What the source arm trains on: the source in full.
        target: What is trained on, and searched by the arms that search there.
    """

    searched: TaskData
    source: TaskData
    target: TaskData


def find_places(
    experiment: Experiment, space: SearchSpace, protocol: Protocol
) -> tuple[tuple[Place, ...], dict[str, TaskFacts]]:
    """Open every task that the experiment needs, and check that batches and networks fit.

    Returns:
        The data of each pair, and what reports must know of each task, by title.

    Raises:
        HarnessError: If anything is wrong, in one line.
    """
    known: dict[str, TaskData] = {}
    facts: dict[str, TaskFacts] = {}

    def look_up(choice: Plugin) -> TaskData:
        proxy = _proxy_of(choice)
        title = TaskData(name=choice.name, fingerprint="", proxy=proxy).title
        if title not in known:
            task = open_task(choice)
            _check_sizes(title, task, space, protocol)
            known[title] = TaskData(
                **choice.model_dump(), fingerprint=task.fingerprint(), proxy=proxy
            )
            facts[title] = _facts(task, known[title])
        return known[title]

    places = tuple(Place(*map(look_up, choices)) for choices in _choices(experiment))
    return places, facts


def _choices(experiment: Experiment) -> Iterator[tuple[Plugin, Plugin, Plugin]]:
    """Yield the choices for each pair's place, parameters written out."""
    settings: dict[str, Plugin] = {}
    for pair in experiment.pairs:
        searched, target = resolved(TASKS, pair.source), resolved(TASKS, pair.target)
        if proxy := _proxy_of(target):
            raise ConfigError(
                f"the target {target.name} was given {proxy}, but a proxy cheapens the source "
                "search only; leave the target's parameters out."
            )
        for full in (_in_full(searched), target):
            if settings.setdefault(full.name, full) != full:
                raise ConfigError(
                    f"task {full.name} stands in the experiment with different parameters; "
                    "use one setting of a task in an experiment."
                )
        # Without a source arm the source in full is not used, so no report should list it.
        yield searched, _in_full(searched) if Arm.SOURCE in experiment.arms else searched, target


def _proxy_of(choice: Plugin) -> str:
    """Return what makes ``choice`` a proxy of its task, e.g. ``images=0.1``; or nothing."""
    plugin = TASKS.load(choice.name)
    usual = defaults(plugin)
    changed = [name for name in plugin.proxies if choice.params[name] != usual[name]]
    return "-".join(f"{name}={choice.params[name]}" for name in changed)


def _in_full(choice: Plugin) -> Plugin:
    """Return the task that ``choice`` may be a proxy of."""
    plugin = TASKS.load(choice.name)
    usual = defaults(plugin)
    params = {**choice.params, **{name: usual[name] for name in plugin.proxies}}
    return Plugin(name=choice.name, params=params)


def _check_sizes(title: str, task: Task, space: SearchSpace, protocol: Protocol) -> None:
    """Refuse batches larger than a split and networks that the task's images do not fit."""
    sizes = partition(task, title, protocol.splits, seed=0).sizes()  # the same for every seed
    search, recipe = protocol.search, protocol.train.recipe
    train, validation = (sizes.get(str(split), 0) for split in (Split.TRAIN, Split.VALIDATION))
    for where, batch_size, split, have in (
        ("search.batch_size", search.batch_size, "train", train),
        ("search.batch_size", search.batch_size, "validation", validation),
        ("search.candidate.batch_size", search.candidate.batch_size, "train", train),
        ("train.recipe.batch_size", recipe.batch_size, "train + validation", train + validation),
    ):
        if batch_size > have:
            advice = f"ask for at most {have}" if have else "take more of the task's images"
            raise ConfigError(
                f"protocol key {where} asks for {batch_size} images at a time, but the {split} "
                f"split of {title} has {have}; {advice}."
            )
    for where, of in (("search.candidate", search.candidate), ("train.recipe", recipe)):
        if of.drop_path and not space.has_drop_path:
            raise ConfigError(
                f"protocol key {where}.drop_path is {of.drop_path:g}, but networks of this space "
                "drop no paths; set it to 0."
            )
    for where, scale in _scales(space, protocol):
        if reason := space.unsupported(task.shape, scale):
            raise ConfigError(f"protocol {protocol.name}, {where}, on {title}: {reason}")


def _scales(space: SearchSpace, protocol: Protocol) -> Iterator[tuple[str, Scale]]:
    if isinstance(space, WeightSharingSpace):
        yield "search.supernet", protocol.search.supernet.scale
    yield "search.candidate", protocol.search.candidate.scale
    yield "train.recipe", protocol.train.recipe.scale


def _facts(task: Task, data: TaskData) -> TaskFacts:
    return TaskFacts(
        label=task.label,
        notice=task.notice,
        inputs=task.shape.inputs,
        classes=task.shape.classes,
        fingerprint=data.fingerprint,
    )
