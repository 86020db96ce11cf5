"""A search budget has to buy one candidate at least, of methods that cannot do without any."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.api import Bench, SearchSpace, Split
from harness.config.protocol import Protocol, SearchRules
from harness.errors import ConfigError
from harness.execution.judging import looks_up
from harness.execution.opening import open_evaluator, open_task
from harness.execution.partition import partition
from harness.execution.places import Place
from harness.plugins import METHODS
from harness.results.record import TaskData


def refuse_small_budgets(
    methods: Iterable[str], protocol: Protocol, space: SearchSpace, places: Iterable[Place]
) -> None:
    """Refuse budgets smaller than one evaluation.

    Args:
        methods: Names; those that can search without candidates are not asked.
        protocol: With the evaluators' parameters written out.
        space: What is searched.
        places: Where.

    Raises:
        ConfigError: If a method's budget is spent before its first candidate is judged.
    """
    judging = [name for name in methods if _needs_candidates(name, space, protocol.search)]
    if not judging:
        return
    searched = {data.title: data for place in places for data in _searched(place)}
    for title, data in searched.items():
        least, images = _cheapest(data, protocol, space)
        for name in judging:
            limits = protocol.search_rules(name).budget.on(images).limits()
            for unit, cost in least.items():
                if cost > limits.get(unit, math.inf):
                    raise ConfigError(
                        f"the search budget of method {name} is {limits[unit]:,g} {unit}, but the "
                        f"cheapest candidate takes {cost:,.0f} on {title}; raise search.budget or "
                        f"method_budgets.{name} in the protocol."
                    )


def _needs_candidates(name: str, space: SearchSpace, search: SearchRules) -> bool:
    """Tell whether a method can search here, but not if no candidate could be judged."""
    method, has_images = METHODS.load(name), not looks_up(search.evaluator)
    without, with_candidates = (
        method.unsupported(space, has_images=has_images, fidelities=fidelities)
        for fidelities in ((), search.fidelities)
    )
    return without is not None and with_candidates is None


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
