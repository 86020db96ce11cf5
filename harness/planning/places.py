"""Where an experiment searches and trains: its tasks, each opened and checked once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from harness.api import (
    Bench,
    Recipe,
    Recorded,
    Scale,
    SearchSpace,
    Split,
    Task,
    Unsupported,
    WeightSharingSpace,
)
from harness.config.experiment import Experiment
from harness.config.parameters import defaults
from harness.config.protocol import Arm, Plugin, Protocol
from harness.errors import ConfigError
from harness.planning.evaluators import looks_up, recorded_label
from harness.planning.opening import open_evaluator, open_task, resolved
from harness.planning.partition import partition
from harness.plugins import TASKS
from harness.results.planned import TaskFacts
from harness.results.spec import TaskData


@dataclass(frozen=True)
class Place:
    """The data of a pair.

    Attributes:
        searched: What the source search sees: the source, or a proxy of it.
        source: What the source arm trains on: the source in full.
        target: What is trained on.
        searched_target: The same as the arms see it that search there: its images, where a table
            judges what is found, or the other way round; where no arm does, the target.
    """

    searched: TaskData
    source: TaskData
    target: TaskData
    searched_target: TaskData


class Side(StrEnum):
    """What a task is opened for."""

    SEARCH = "search"
    TRAIN = "train"


SEARCHING_THE_TARGET = {Arm.CONTINUED, Arm.DIRECT, Arm.DIRECT_LONG, Arm.RESUMED}


def find_places(
    experiment: Experiment, space: SearchSpace, protocol: Protocol
) -> tuple[tuple[Place, ...], dict[str, TaskFacts]]:
    """Open every task that the experiment needs, and check that batches and networks fit.

    Returns:
        The data of each pair, and what reports must know of each task, by title.

    Raises:
        HarnessError: If anything is wrong, in one line.
    """
    atlas = _Atlas(space, protocol)
    trains_source = Side.TRAIN if Arm.SOURCE in experiment.arms else Side.SEARCH
    searches_target = bool(SEARCHING_THE_TARGET.intersection(experiment.arms))
    places = tuple(
        Place(
            atlas.look_up(searched, Side.SEARCH),
            atlas.look_up(source, trains_source),
            atlas.look_up(target, Side.TRAIN),
            atlas.look_up(target, Side.SEARCH if searches_target else Side.TRAIN),
        )
        for searched, source, target in _choices(experiment)
    )
    return places, atlas.facts()


def list_searched(experiment: Experiment, places: Iterable[Place]) -> dict[str, TaskData]:
    """Return the data that some search of the experiment sees, by title."""
    searches_target = bool(SEARCHING_THE_TARGET.intersection(experiment.arms))
    found = {}
    for place in places:
        found[place.searched.title] = place.searched
        if searches_target:
            found[place.searched_target.title] = place.searched_target
    return found


class _Atlas:
    """Every task of an experiment, opened and checked once for images and once for a table."""

    def __init__(self, space: SearchSpace, protocol: Protocol) -> None:
        self._space, self._protocol = space, protocol
        self._evaluators = {
            Side.SEARCH: protocol.search.evaluator,
            Side.TRAIN: protocol.train.evaluator,
        }
        self._with_images = [side for side, one in self._evaluators.items() if not looks_up(one)]
        self._data: dict[tuple[str, bool], TaskData] = {}
        self._facts: dict[tuple[str, bool], TaskFacts] = {}

    def look_up(self, choice: Plugin, side: Side) -> TaskData:
        """Return a task's data as they are used on one side."""
        has_images = side in self._with_images
        blank = TaskData(**choice.model_dump(), fingerprint="", proxy=_proxy_of(choice))
        key = blank.title, has_images
        if key not in self._data:
            task = open_task(choice)
            if has_images:
                self._add_images(blank, task)
            else:
                self._add_recorded(blank, task)
        return self._data[key]

    def facts(self) -> dict[str, TaskFacts]:
        """Return what reports must know of each task, by title."""
        titles = dict.fromkeys(title for title, _ in self._data)
        return {title: self._merge(title) for title in titles}

    def _merge(self, title: str) -> TaskFacts:
        """Return the facts of the training; those of the search are named where they differ."""
        trains_on_images = Side.TRAIN in self._with_images
        searched = self._facts.get((title, not trains_on_images))
        trained = self._facts.get((title, trains_on_images), searched)
        assert trained is not None
        if searched is None or searched is trained:
            return trained
        notices = dict.fromkeys(filter(None, (searched.notice, trained.notice)))
        return trained.model_copy(
            update={
                "label": f"{trained.label}, searched as {searched.label}",
                "notice": " ".join(notices),
                "search_fingerprint": searched.fingerprint,
            }
        )

    def _add_images(self, data: TaskData, task: Task) -> None:
        if task.no_images:
            raise ConfigError(task.no_images)
        _check_sizes(data.title, task, self._space, self._protocol, self._with_images)
        data = data.model_copy(update={"fingerprint": task.fingerprint()})
        self._data[data.title, True] = data
        self._facts[data.title, True] = _facts(task, data, task.label, task.notice)

    def _add_recorded(self, data: TaskData, task: Task) -> None:
        if data.proxy:
            raise ConfigError(
                f"the proxy {data.title} has to be searched on its images, for a table holds "
                "whole tasks only; take a protocol whose search.evaluator trains."
            )
        recorded = [self._recorded(side, data, task) for side in self._evaluators]
        found = next(filter(None, recorded))
        data = data.model_copy(update={"fingerprint": found.fingerprint})
        self._data[data.title, False] = data
        notice = " ".join(dict.fromkeys(one.notice for one in recorded if one and one.notice))
        self._facts[data.title, False] = _facts(task, data, recorded_label(data, found), notice)

    def _recorded(self, side: Side, data: TaskData, task: Task) -> Recorded | None:
        """Return what a table knows of a task; None on a side that takes images."""
        if side in self._with_images:
            return None
        choice, (_, recipe, fidelities) = self._evaluators[side], _asked(self._protocol, side)
        try:
            judge = open_evaluator(choice, Bench(self._space, task, {}, "cpu", Path()))
        except Unsupported as reason:
            raise ConfigError(
                f"protocol key {side}.evaluator {choice.name} does not know {data.title}: {reason}"
            ) from reason
        return judge.recorded(recipe, fidelities)


def _asked(protocol: Protocol, side: Side) -> tuple[str, Recipe, tuple[int, ...]]:
    """Return the recipe of a side with its key, and the epochs after which it judges."""
    search, recipe = protocol.search, protocol.train.recipe
    if side is Side.SEARCH:
        return "search.candidate", search.candidate, search.fidelities
    return "train.recipe", recipe, (recipe.epochs,)


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
                    f"task {full.name} is in the experiment with different parameters; "
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


def _check_sizes(
    title: str, task: Task, space: SearchSpace, protocol: Protocol, sides: Collection[Side]
) -> None:
    """Refuse batches larger than a split and networks that the task's images do not fit.

    Args:
        title: Of the task.
        task: Opened.
        space: What is searched.
        protocol: Whose sizes are checked.
        sides: Those that take images.
    """
    sizes = partition(task, title, protocol.splits, seed=0).sizes()  # the same for every seed
    search, recipe = protocol.search, protocol.train.recipe
    train, validation = (sizes.get(str(split), 0) for split in (Split.TRAIN, Split.VALIDATION))
    for where, batch_size, split, have in (
        ("search.batch_size", search.batch_size, "train", train),
        ("search.batch_size", search.batch_size, "validation", validation),
        ("search.candidate.batch_size", search.candidate.batch_size, "train", train),
        ("train.recipe.batch_size", recipe.batch_size, "train + validation", train + validation),
    ):
        if batch_size > have and where.partition(".")[0] in sides:
            advice = f"ask for at most {have}" if have else "take more of the task's images"
            raise ConfigError(
                f"protocol key {where} asks for {batch_size} images at a time, but the {split} "
                f"split of {title} has {have}; {advice}."
            )
    for where, scale in _scales(space, protocol):
        if where.partition(".")[0] not in sides:
            continue
        if reason := space.unsupported(task.shape, scale):
            raise ConfigError(f"protocol {protocol.name}, {where}, on {title}: {reason}")


def _scales(space: SearchSpace, protocol: Protocol) -> Iterator[tuple[str, Scale]]:
    if isinstance(space, WeightSharingSpace):
        yield "search.supernet", protocol.search.supernet.scale
    yield "search.candidate", protocol.search.candidate.scale
    yield "train.recipe", protocol.train.recipe.scale


def _facts(task: Task, data: TaskData, label: str, notice: str) -> TaskFacts:
    return TaskFacts(
        label=label,
        notice=notice,
        inputs=task.shape.inputs,
        classes=task.shape.classes,
        fingerprint=data.fingerprint,
    )
