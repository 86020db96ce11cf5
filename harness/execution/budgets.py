"""A search budget has to buy one candidate at least, of methods that cannot do without any."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.api import Bench, SearchKind, SearchSpace, Split
from harness.config.protocol import Plugin, Protocol, SearchRules
from harness.errors import ConfigError
from harness.execution.judging import looks_up
from harness.execution.method_settings import find_kind
from harness.execution.opening import open_evaluator, open_task
from harness.execution.partition import partition
from harness.execution.places import Place
from harness.plugins import METHODS
from harness.results.record import TaskData


def refuse_small_budgets(
    methods: Mapping[str, tuple[Plugin, SearchRules]],
    protocol: Protocol,
    space: SearchSpace,
    places: Iterable[Place],
) -> None:
    """Refuse budgets smaller than one evaluation.

    Args:
        methods: With the rules of their searches, by title; those that train a super-network are
            not asked.
        protocol: With the evaluators' parameters written out.
        space: What is searched.
        places: Where.

    Raises:
        ConfigError: If a method's budget is spent before its first candidate is judged.
    """
    judging = {
        title: (choice, rules)
        for title, (choice, rules) in methods.items()
        if _judges_candidates(choice, space, rules)
    }
    if not judging:
        return
    searched = {data.title: data for place in places for data in _searched(place)}
    for task, data in searched.items():
        least, images = _cheapest(data, protocol, space)
        for title, (choice, rules) in judging.items():
            limits = rules.budget.on(images).limits()
            for unit, cost in least.items():
                if cost > limits.get(unit, math.inf):
                    raise ConfigError(
                        f"the search budget of method {title} is {limits[unit]:,g} {unit}, but the "
                        f"cheapest candidate takes {cost:,.0f} on {task}; raise "
                        f"method_budgets.{choice.name} or kind_budgets.candidates in the protocol."
                    )


def _judges_candidates(choice: Plugin, space: SearchSpace, rules: SearchRules) -> bool:
    """Tell whether a method judges candidates here; one that cannot search here is skipped."""
    method, has_images = METHODS.load(choice.name), not looks_up(rules.evaluator)
    if find_kind(choice) is not SearchKind.CANDIDATES:
        return False
    return method.unsupported(space, has_images=has_images, fidelities=rules.fidelities) is None


def _searched(place: Place) -> tuple[TaskData, TaskData]:
    return place.searched, place.searched_target


def _cheapest(
    data: TaskData, protocol: Protocol, space: SearchSpace
) -> tuple[Mapping[str, float], int]:
    """Return what the cheapest candidate takes, and the number of images it is trained on."""
    search, task = protocol.search, open_task(data)
    rows = {}
    if not looks_up(search.evaluator):
        rows = partition(task, data.title, protocol.splits, seed=0).rows
    judge = open_evaluator(search.evaluator, Bench(space, task, rows, "cpu", Path()))
    return judge.cheapest(search.candidate, search.fidelities), len(rows.get(Split.TRAIN, ()))
