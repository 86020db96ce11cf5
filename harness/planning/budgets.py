"""A search budget has to buy a candidate at least, and should outlast a method's start-up."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from functools import reduce
from operator import getitem
from pathlib import Path

from harness.api import EvaluatorContext, SearchKind, SearchSpace, Split, Startup
from harness.config.protocol import SearchRules
from harness.errors import ConfigError
from harness.planning.method_settings import MethodSetup
from harness.planning.resolve_plugins import ResolvedMethod, open_evaluator
from harness.planning.tasks import OpenTask, TaskMap


def check_budgets(
    methods: Mapping[str, MethodSetup],
    space: SearchSpace,
    tasks: TaskMap,
) -> tuple[str, ...]:
    """Refuse budgets smaller than one evaluation, and warn of those that a start-up uses up.

    Args:
        methods: By title; those that cannot search here are skipped, as their jobs are.
        space: What is searched.
        tasks: Those that each method searches.

    Returns:
        A line for each method that can learn nothing on some task.

    Raises:
        ConfigError: If a method's budget is spent before its first candidate is evaluated.
    """
    warnings: dict[str, str] = {}
    for title, (method, rules) in methods.items():
        if method.unsupported(space, rules) is not None:
            continue
        for task in tasks.list_searched(title):
            prices = _Prices(task, rules, space)
            if method.kind is SearchKind.CANDIDATES:
                _refuse_too_small(title, method, rules, prices)
            if line := _warn_of_startup(title, method, rules, prices):
                warnings.setdefault(title, line)
    return tuple(warnings.values())


class _Prices:
    """What candidates take at least on one task."""

    def __init__(self, opened: OpenTask, rules: SearchRules, space: SearchSpace) -> None:
        rows = {} if opened.parts is None else opened.parts.rows
        self.task = opened.data.title
        self.images = len(rows.get(Split.TRAIN, ()))
        self._recipe = rules.candidate
        self._evaluator = opened.evaluator or open_evaluator(
            rules.evaluator, EvaluatorContext(space, opened.task, rows, "cpu", Path())
        )

    def cheapest(self, *fidelities: int) -> Mapping[str, float]:
        """Return what a candidate takes at least, by unit, at the cheapest of some fidelities."""
        return self._evaluator.cheapest(self._recipe, fidelities)

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


def _refuse_too_small(
    title: str, method: ResolvedMethod, rules: SearchRules, prices: _Prices
) -> None:
    limits = rules.budget.on(prices.images).limits()
    for unit, cost in prices.cheapest(*rules.fidelities).items():
        if cost > limits.get(unit, math.inf):
            raise ConfigError(
                f"the search budget of method {title} is {limits[unit]:,g} {unit}, but the "
                f"cheapest candidate takes {cost:,.0f} on {prices.task}; raise "
                f"method_budgets.{method.setting.name} or kind_budgets.candidates in the protocol."
            )


def _warn_of_startup(
    title: str, method: ResolvedMethod, rules: SearchRules, prices: _Prices
) -> str | None:
    """Say that a search's budget is spent before the method can learn, or return None."""
    startup = method.startup(rules)
    limits = rules.budget.on(prices.images).limits()
    for unit, cost in prices.total(startup).items():
        if cost >= limits.get(unit, math.inf):
            value = reduce(getitem, startup.parameter.split("."), method.setting.params)
            return (
                f"{title} learns nothing: its start-up ({startup.parameter} {value}) takes at "
                f"least {cost:,.0f} {unit} on {prices.task}, and its budget is "
                f"{limits[unit]:,g}; lower {startup.parameter} or raise "
                f"method_budgets.{method.setting.name} in the protocol."
            )
    return None
