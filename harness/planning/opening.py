"""From names and parameters to plugin objects."""

from __future__ import annotations

from harness.api import Bench, Evaluator, Method, Problem, SearchSpace, Task
from harness.config.parameters import construct, resolve
from harness.config.protocol import Plugin, SearchRules
from harness.errors import ConfigError, PluginError
from harness.plugins import EVALUATORS, METHODS, SPACES, TASKS
from harness.registry import Registry, T


def resolved(registry: Registry[T], choice: Plugin) -> Plugin:
    """Return ``choice`` with every parameter written out.

    Raises:
        UnknownNameError: If there is no such plugin.
        ConfigError: If a parameter is unknown or ill-typed.
    """
    plugin = registry.load(choice.name)
    params = resolve(registry.kind, choice.name, plugin, choice.params)
    return Plugin(name=choice.name, params=params)


def open_space(choice: Plugin) -> SearchSpace:
    """Return the search space."""
    plugin = SPACES.load(choice.name)
    return plugin(**construct(plugin, choice.params))


def open_task(choice: Plugin) -> Task:
    """Return the task."""
    plugin = TASKS.load(choice.name)
    return plugin(**construct(plugin, choice.params))


def open_evaluator(choice: Plugin, bench: Bench) -> Evaluator:
    """Return an evaluator that works on ``bench``."""
    plugin = EVALUATORS.load(choice.name)
    return plugin(bench, **construct(plugin, choice.params))


def check_method(choice: Plugin, rules: SearchRules, target: float | None) -> None:
    """Refuse hyper-parameters that cannot go together under a comparison's rules.

    Args:
        choice: The method, with every parameter.
        rules: Of its searches.
        target: What a network should cost; None asks for nothing.

    Raises:
        ConfigError: If the method complains.
    """
    plugin = METHODS.load(choice.name)
    params = construct(plugin, choice.params)
    complaint = plugin.complaint(
        params, fidelities=rules.fidelities, target=target, budget=rules.budget.limits()
    )
    if complaint:
        raise ConfigError(f"method {choice.name}: {complaint}")


def open_method(choice: Plugin, problem: Problem, rules: SearchRules) -> Method:
    """Return the method, ready for its first step under the ``rules`` of its search."""
    plugin = METHODS.load(choice.name)
    target = None if problem.costs is None else problem.costs.target
    check_method(choice, rules, target)
    try:
        return plugin(problem, **construct(plugin, choice.params))
    except TypeError as error:
        raise PluginError(f"The method {choice.name!r} cannot be built: {error}.") from error
