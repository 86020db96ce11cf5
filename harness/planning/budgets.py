"""A search budget has to buy a candidate at least, and should outlast a method's start-up."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import getitem
from pathlib import Path

from harness.api import Bench, SearchKind, SearchSpace, Split, Startup
from harness.config.parameters import construct
from harness.config.protocol import Plugin, Protocol, SearchRules
from harness.errors import ConfigError
from harness.planning.evaluators import looks_up
from harness.planning.method_settings import find_kind
from harness.planning.opening import open_evaluator, open_task
from harness.planning.partition import partition
from harness.plugins import METHODS
from harness.results.spec import TaskData


def check_budgets(
    methods: Mapping[str, tuple[Plugin, SearchRules]],
    protocol: Protocol,
    space: SearchSpace,
    tasks: Iterable[TaskData],
) -> tuple[str, ...]:
    """Refuse budgets smaller than one evaluation, and warn of those that a start-up uses up.

    Args:
        methods: With the rules of their searches, by title; those that cannot search here are
            skipped.
        protocol: With the evaluators' parameters written out.
        space: What is searched.
        tasks: That are searched.

    Returns:
        A line for each method that can learn nothing on some task.

    Raises:
        ConfigError: If a method's budget is spent before its first candidate is judged.
    """
    asked = {t: setting for t, setting in methods.items() if _can_search(*setting, space)}
    if not asked:
        return ()
    warnings: dict[str, str] = {}
    for data in tasks:
        prices = _Prices(data, protocol, space)
        for title, (choice, rules) in asked.items():
            if find_kind(choice) is SearchKind.CANDIDATES:
                _refuse_too_small(title, choice, rules, prices)
            if line := _warn_of_startup(title, choice, rules, prices):
                warnings.setdefault(title, line)
    return tuple(warnings.values())


class _Prices:
    """What candidates take at least on one task."""

    def __init__(self, data: TaskData, protocol: Protocol, space: SearchSpace) -> None:
        search, task = protocol.search, open_task(data)
        rows = {}
        if not looks_up(search.evaluator):
            rows = partition(task, data.title, protocol.splits, seed=0).rows
        self.task = data.title
        self.images = len(rows.get(Split.TRAIN, ()))
        self._recipe = search.candidate
        self._judge = open_evaluator(search.evaluator, Bench(space, task, rows, "cpu", Path()))

    def cheapest(self, *fidelities: int) -> Mapping[str, float]:
        """Return what a candidate takes at least, by unit, at the cheapest of some fidelities."""
        return self._judge.cheapest(self._recipe, fidelities)

    def total(self, startup: Startup) -> Mapping[str, float]:
        """Return what a start-up takes at least, by unit."""
        found = {
            "evaluations": float(len(startup.fidelities)),
            "examples": float(startup.epochs * self.images),
        }
        for fidelity, count in Counter(startup.fidelities).items():
            for unit, price in self.cheapest(fidelity).items():
                found[unit] = found.get(unit, 0) + count * price
        return found


def _refuse_too_small(title: str, choice: Plugin, rules: SearchRules, prices: _Prices) -> None:
    limits = rules.budget.on(prices.images).limits()
    for unit, cost in prices.cheapest(*rules.fidelities).items():
        if cost > limits.get(unit, math.inf):
            raise ConfigError(
                f"the search budget of method {title} is {limits[unit]:,g} {unit}, but the "
                f"cheapest candidate takes {cost:,.0f} on {prices.task}; raise "
                f"method_budgets.{choice.name} or kind_budgets.candidates in the protocol."
            )


def _warn_of_startup(title: str, choice: Plugin, rules: SearchRules, prices: _Prices) -> str | None:
    """Say that a search's budget is spent before the method can learn, or return None."""
    plugin = METHODS.load(choice.name)
    startup = plugin.startup(construct(plugin, choice.params), fidelities=rules.fidelities)
    limits = rules.budget.on(prices.images).limits()
    for unit, cost in prices.total(startup).items():
        if cost >= limits.get(unit, math.inf):
            value = reduce(getitem, startup.parameter.split("."), choice.params)
            return (
                f"{title} learns nothing: its start-up ({startup.parameter} {value}) takes at "
                f"least {cost:,.0f} {unit} on {prices.task}, and its budget is "
                f"{limits[unit]:,g}; lower {startup.parameter} or raise "
                f"method_budgets.{choice.name} in the protocol."
            )
    return None


def _can_search(choice: Plugin, rules: SearchRules, space: SearchSpace) -> bool:
    """Tell whether a method can search here; else its jobs are skipped."""
    method, has_images = METHODS.load(choice.name), not looks_up(rules.evaluator)
    return method.unsupported(space, has_images=has_images, fidelities=rules.fidelities) is None
