"""From names and parameters to plugin objects."""

from __future__ import annotations

from harness.api import Bench, Evaluator, Method, Problem, SearchSpace, Task
from harness.config.parameters import construct, resolve
from harness.config.protocol import Plugin
from harness.errors import PluginError
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


def open_method(choice: Plugin, problem: Problem) -> Method:
    """Return the method, ready for its first step."""
    plugin = METHODS.load(choice.name)
    try:
        return plugin(problem, **construct(plugin, choice.params))
    except TypeError as error:
        raise PluginError(f"The method {choice.name!r} cannot be built: {error}.") from error
