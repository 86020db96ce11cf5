"""The tasks that an experiment searches and trains on, each opened and checked once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from harness.api import (
    Evaluator,
    EvaluatorContext,
    Recorded,
    Scale,
    SearchSpace,
    Split,
    Task,
    Unsupported,
    WeightSharingSpace,
)
from harness.config.experiment import Experiment
from harness.config.protocol import Arm, Plugin, Protocol, SearchRules
from harness.errors import ConfigError
from harness.planning.evaluators import describe_recorded
from harness.planning.pair_choices import list_choices, name_proxy
from harness.planning.partition import Partition, partition
from harness.planning.resolve_plugins import looks_up, open_evaluator, open_task
from harness.results.planned import TaskFacts
from harness.results.spec import TaskData


@dataclass(frozen=True)
class PairData:
    """The data of a pair.

    Attributes:
        searched: What the source search sees: the source, or a proxy of it. Without a method only
            its name is known, for nothing is run on it.
        source: What the source arm trains on: the source in full.
        target: What is trained on.
        searched_target: The same as the arms see it that search there: its images, where a table
            evaluates what is found, or the other way round; where no arm does, the target.
        methods: Titles of those that search it.
    """

    searched: TaskData
    source: TaskData
    target: TaskData
    searched_target: TaskData
    methods: tuple[str, ...]


class Side(StrEnum):
    """What a task is opened for."""

    SEARCH = "search"
    TRAIN = "train"


@dataclass(frozen=True)
class OpenTask:
    """A task that is opened.

    Attributes:
        data: As jobs hold them.
        task: The plugin.
        parts: The splits of seed 0, as large as those of any seed; None where results are looked
            up.
        facts: What reports must know of it.
        evaluator: Of the search, where it looks results up.
    """

    data: TaskData
    task: Task
    parts: Partition | None
    facts: TaskFacts
    evaluator: Evaluator | None = None


SEARCHING_THE_TARGET = {Arm.CONTINUED, Arm.DIRECT, Arm.DIRECT_LONG, Arm.RESUMED}


class TaskMap:
    """Every task of an experiment, opened and checked once for images and once for a table.

    Batches and networks are checked to fit.

    Attributes:
        pairs: The data of each pair.

    Args:
        experiment: Whose tasks.
        space: What is searched.
        protocol: With the evaluators' parameters written out.

    Raises:
        HarnessError: If anything is wrong, in one line.
    """

    def __init__(self, experiment: Experiment, space: SearchSpace, protocol: Protocol) -> None:
        self._experiment, self._space, self._protocol = experiment, space, protocol
        self._sides = tuple(Side) if experiment.methods else (Side.TRAIN,)
        self._opened: dict[tuple[str, bool], OpenTask] = {}
        searches_target = bool(SEARCHING_THE_TARGET.intersection(experiment.arms))
        titles = [method.title for method in experiment.methods]
        trains_source = Side.TRAIN if Arm.SOURCE in experiment.arms else Side.SEARCH
        self.pairs = tuple(
            PairData(
                self._open(searched, Side.SEARCH),
                self._open(source, trains_source),
                self._open(target, Side.TRAIN),
                self._open(target, Side.SEARCH if searches_target else Side.TRAIN),
                tuple(t for t in titles if pair in experiment.method_pairs(t)),
            )
            for pair, (searched, source, target) in zip(
                experiment.pairs, list_choices(experiment), strict=True
            )
        )

    def list_searched(self, title: str) -> list[OpenTask]:
        """Return what the searches of one method see."""
        arms = self._experiment.method_arms(title)
        searches_target = bool(SEARCHING_THE_TARGET.intersection(arms))
        searched = {
            data.title: data.name
            for pair in self.pairs
            if title in pair.methods
            for data in (pair.searched, pair.searched_target)[: 1 + searches_target]
        }
        return [
            self._opened[task, self._has_images(Side.SEARCH, name)]
            for task, name in searched.items()
        ]

    def list_tasks(self) -> dict[str, Task]:
        """Return every task, by title."""
        return {title: opened.task for (title, _), opened in self._opened.items()}

    def list_facts(self) -> dict[str, TaskFacts]:
        """Return what reports must know of each task, by title."""
        titles = dict.fromkeys(title for title, _ in self._opened)
        return {title: self._merge_facts(title) for title in titles}

    def _open(self, choice: Plugin, side: Side) -> TaskData:
        """Return a task's data as they are used on one side."""
        has_images = self._has_images(side, choice.name)
        blank = TaskData(**choice.model_dump(), fingerprint="", proxy=name_proxy(choice))
        if side not in self._sides:
            return blank
        key = blank.title, has_images
        if key not in self._opened:
            task = open_task(choice)
            opened = self._take_images if has_images else self._take_recorded
            self._opened[key] = opened(blank, task)
        return self._opened[key].data

    def _merge_facts(self, title: str) -> TaskFacts:
        """Return the facts of the training; those of the search are named where they differ."""
        trains_on_images = self._has_images(Side.TRAIN)
        searched = self._opened.get((title, not trains_on_images))
        trained = self._opened.get((title, trains_on_images), searched)
        assert trained is not None
        if searched is None or searched is trained:
            return trained.facts
        notices = dict.fromkeys(filter(None, (searched.facts.notice, trained.facts.notice)))
        return trained.facts.model_copy(
            update={
                "label": f"{trained.facts.label}, searched as {searched.facts.label}",
                "notice": " ".join(notices),
                "search_fingerprint": searched.facts.fingerprint,
            }
        )

    def _take_images(self, data: TaskData, task: Task) -> OpenTask:
        if task.no_images:
            raise ConfigError(task.no_images)
        parts = partition(task, data.title, self._protocol.splits, seed=0)
        self._check_sizes(data, task, parts.sizes())
        data = data.model_copy(update={"fingerprint": task.fingerprint()})
        return OpenTask(data, task, parts, _facts(task, data, task.label, task.notice))

    def _take_recorded(self, data: TaskData, task: Task) -> OpenTask:
        if data.proxy:
            raise ConfigError(
                f"the proxy {data.title} has to be searched on its images, for a table holds "
                "whole tasks only; take a protocol whose search.evaluator trains."
            )
        opened = {
            side: self._open_table(side, data, task)
            for side in self._sides
            if not self._has_images(side, data.name)
        }
        recorded = [known for _, known in opened.values()]
        data = data.model_copy(update={"fingerprint": recorded[0].fingerprint})
        notice = " ".join(dict.fromkeys(one.notice for one in recorded if one.notice))
        facts = _facts(task, data, describe_recorded(data, recorded[0]), notice)
        evaluator, _ = opened.get(Side.SEARCH, (None, None))
        return OpenTask(data, task, None, facts, evaluator)

    def _open_table(self, side: Side, data: TaskData, task: Task) -> tuple[Evaluator, Recorded]:
        """Return a side's evaluator, and what it knows of a task."""
        choice = self._evaluator(side, data.name)
        search, recipe = self._protocol.search_on(data.name), self._protocol.train.recipe
        try:
            evaluator = open_evaluator(
                choice, EvaluatorContext(self._space, task, {}, "cpu", Path())
            )
        except Unsupported as reason:
            raise ConfigError(
                f"protocol key {side}.evaluator {choice.name} does not know {data.title}: {reason}"
            ) from reason
        if side is Side.SEARCH:
            known = evaluator.recorded(search.candidate, search.fidelities)
        else:
            known = evaluator.recorded(recipe, (recipe.epochs,))
        assert known is not None, f"the evaluator {choice.name} does not say what it knows"
        return evaluator, known

    def _check_sizes(self, data: TaskData, task: Task, sizes: Mapping[str, int]) -> None:
        """Refuse batches larger than a split and networks that the task's images do not fit."""
        search, recipe = self._protocol.search_on(data.name), self._protocol.train.recipe
        title = data.title
        train, validation = (sizes.get(str(split), 0) for split in (Split.TRAIN, Split.VALIDATION))
        for where, batch_size, split, have in (
            ("search.batch_size", search.batch_size, "train", train),
            ("search.batch_size", search.batch_size, "validation", validation),
            ("search.candidate.batch_size", search.candidate.batch_size, "train", train),
            (
                "train.recipe.batch_size",
                recipe.batch_size,
                "train + validation",
                train + validation,
            ),
        ):
            if batch_size > have and self._takes_images(where, data.name):
                advice = f"ask for at most {have}" if have else "take more of the task's images"
                raise ConfigError(
                    f"protocol key {where} asks for {batch_size} images at a time, but the {split} "
                    f"split of {title} has {have}; {advice}."
                )
        for where, scale in self._list_scales(search):
            reason = self._takes_images(where, data.name) and self._space.unsupported(
                task.shape, scale
            )
            if reason:
                raise ConfigError(f"protocol {self._protocol.name}, {where}, on {title}: {reason}")

    def _takes_images(self, key: str, task: str) -> bool:
        """Tell whether the side that a key of the protocol belongs to trains on a task's images."""
        return self._has_images(Side(key.partition(".")[0]), task)

    def _has_images(self, side: Side, task: str = "") -> bool:
        return side in self._sides and not looks_up(self._evaluator(side, task))

    def _evaluator(self, side: Side, task: str) -> Plugin:
        rules = self._protocol.search_on(task) if side is Side.SEARCH else self._protocol.train
        return rules.evaluator

    def _list_scales(self, search: SearchRules) -> Iterator[tuple[str, Scale]]:
        if isinstance(self._space, WeightSharingSpace):
            yield "search.supernet", search.supernet.scale
        yield "search.candidate", search.candidate.scale
        yield "train.recipe", self._protocol.train.recipe.scale


def _facts(task: Task, data: TaskData, label: str, notice: str) -> TaskFacts:
    return TaskFacts(
        label=label,
        notice=notice,
        inputs=task.shape.inputs,
        classes=task.shape.classes,
        fingerprint=data.fingerprint,
    )
