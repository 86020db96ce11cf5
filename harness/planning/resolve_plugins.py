"""From names and parameters to plugin objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.api import (
    Evaluator,
    EvaluatorContext,
    Method,
    Problem,
    SearchKind,
    SearchSpace,
    Startup,
    Task,
)
from harness.config.parameters import construct, defaults, resolve
from harness.config.protocol import Plugin, SearchRules
from harness.config.tuning import MethodSetting
from harness.errors import ConfigError, PluginError
from harness.planning.controls import CONTROLS, Controlled, part_controls
from harness.plugins import EVALUATORS, METHODS, SPACES, TASKS
from harness.registry import Registry, T


def resolve_plugin(registry: Registry[T], choice: Plugin) -> Plugin:
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


def resolve_task(choice: Plugin) -> Plugin:
    """Return a task with every parameter written out, its controls as they are.

    Raises:
        UnknownNameError: If there is no such task.
        ConfigError: If a parameter is unknown or ill-typed.
    """
    plain, controls = part_controls(choice)
    known = defaults(TASKS.load(plain.name))
    for key, value in CONTROLS:
        if key in plain.params and key not in known:
            raise ConfigError(
                f"task {plain.name}: {key} {plain.params[key]!r}: expected {value}, which makes a "
                "control of a source; or leave it out."
            )
    full = resolve_plugin(TASKS, plain)
    return Plugin(name=full.name, params={**full.params, **controls})


def open_task(choice: Plugin) -> Task:
    """Return the task, or a control of it."""
    plain, controls = part_controls(choice)
    plugin = TASKS.load(plain.name)
    task = plugin(**construct(plugin, plain.params))
    return Controlled(task, controls) if controls else task


def looks_up(evaluator: Plugin) -> bool:
    """Tell whether an evaluator looks results up, so that no images are needed."""
    return EVALUATORS.load(evaluator.name).is_simulated


def open_evaluator(choice: Plugin, context: EvaluatorContext) -> Evaluator:
    """Return an evaluator that works in ``context``."""
    plugin = EVALUATORS.load(choice.name)
    return plugin(context, **construct(plugin, choice.params))


@dataclass(frozen=True)
class ResolvedMethod:
    """A method and its hyper-parameters, looked up once and asked what a search needs to know.

    Attributes:
        setting: With every hyper-parameter written out.
        plugin: Its class.
        arguments: Of the class, typed.
    """

    setting: MethodSetting
    plugin: type[Method]
    arguments: Mapping[str, Any]

    @property
    def kind(self) -> SearchKind:
        """What its searches train."""
        return self.plugin.kind(self.arguments)

    @property
    def heeds_target(self) -> bool:
        """Whether it aims at a cost that is asked for."""
        return self.plugin.heeds_target(self.arguments)

    def startup(self, rules: SearchRules) -> Startup:
        """Return what it does before it can learn, under the ``rules`` of its search."""
        return self.plugin.startup(self.arguments, fidelities=rules.fidelities)

    def unsupported(self, space: SearchSpace, rules: SearchRules) -> str | None:
        """Say why it cannot search a space under some rules, or return None."""
        return self.plugin.unsupported(
            space, has_images=not looks_up(rules.evaluator), fidelities=rules.fidelities
        )

    def check(self, rules: SearchRules, target: float | None) -> None:
        """Refuse hyper-parameters that cannot go together under a comparison's rules.

        Args:
            rules: Of its searches.
            target: What a network should cost; None asks for nothing.

        Raises:
            ConfigError: If the method complains.
        """
        complaint = self.plugin.complaint(
            self.arguments,
            fidelities=rules.fidelities,
            target=target,
            budget=rules.budget.limits(),
        )
        if complaint:
            raise ConfigError(f"method {self.setting.name}: {complaint}")

    def open(self, problem: Problem, rules: SearchRules) -> Method:
        """Return the method, ready for its first step under the ``rules`` of its search."""
        self.check(rules, None if problem.costs is None else problem.costs.target)
        try:
            return self.plugin(problem, **self.arguments)
        except TypeError as error:
            name = self.setting.name
            raise PluginError(f"The method {name!r} cannot be built: {error}.") from error


def resolve_method(setting: MethodSetting) -> ResolvedMethod:
    """Return a method with every hyper-parameter.

    Raises:
        UnknownNameError: If there is no such method.
        ConfigError: If a hyper-parameter is unknown or ill-typed.
    """
    plugin = METHODS.load(setting.name)
    params = resolve(METHODS.kind, setting.name, plugin, setting.params)
    full = MethodSetting(name=setting.name, params=params, tuning=setting.tuning)
    return ResolvedMethod(full, plugin, construct(plugin, params))
