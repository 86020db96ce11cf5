"""Hold a plugin, known by its name, against the contract of its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import torch

from harness.api import DataError, Method, SearchSpace, Task, WeightSharingSpace
from harness.errors import UnknownNameError
from harness.plugins import EVALUATORS, METHODS, REGISTRIES, SPACES, TASKS
from harness.registry import did_you_mean
from harness.testing.clauses import Check, Excepted, apply, describe, read_clause
from harness.testing.evaluator_checks import EVALUATOR_CHECKS
from harness.testing.method_checks import METHOD_CHECKS, check_takes_two_steps
from harness.testing.network_checks import NETWORK_CHECKS
from harness.testing.plugin_checks import PLUGIN_CHECKS
from harness.testing.space_checks import SPACE_CHECKS
from harness.testing.supernet_checks import SUPERNET_CHECKS
from harness.testing.task_checks import TASK_CHECKS

SEEDS = range(5)
FEW_SEEDS = range(2)  # where networks are built and run


@dataclass(frozen=True)
class Verdict:
    """How one plugin keeps one clause.

    Attributes:
        plugin: Its kind and name.
        clause: The sentence that it is held against.
        status: Whether it keeps the clause; ``excepted`` if the clause does not apply.
        message: What is wrong, or why it is excepted; empty if it passed.
    """

    plugin: str
    clause: str
    status: Literal["passed", "failed", "excepted"]
    message: str = ""

    def to_line(self) -> str:
        """Return one line for a person."""
        remark = f" [{self.message}]" if self.message else ""
        return f"{self.status:<9} {self.plugin}: {self.clause}{remark}"


def check_plugin(name: str, kind: str | None = None) -> list[Verdict]:
    """Check every plugin called ``name`` against the contract of its kind.

    Args:
        name: As it is registered.
        kind: ``method``, ``space``, ``task`` or ``evaluator``; None takes every kind that knows
            the name.

    Raises:
        UnknownNameError: If no plugin of the kind has the name.
        PluginError: If the plugin cannot be loaded.
        DataError: If a task's data are not on this machine.
    """
    registries = [registry for registry in REGISTRIES if kind in (None, registry.kind)]
    kinds = [registry.kind for registry in registries if name in registry.names()]
    if not kinds:
        known = {known for registry in registries for known in registry.names()}
        raise UnknownNameError(did_you_mean(kind or "plugin", name, known))
    torch.set_num_threads(1)  # as a job does: threads that spin make tiny networks slow
    return [verdict for kind in kinds for verdict in _CONTRACTS[kind](name)]


def run_check(plugin: str, check: Check, subject: Any, *arguments: object) -> Verdict:
    """Run one check on ``subject`` and say how it went; nothing that it does is raised."""
    sentence = read_clause(check)
    try:
        apply(check, subject, *arguments)
    except Excepted as reason:
        return Verdict(plugin, sentence, "excepted", str(reason))
    except AssertionError as failure:
        return Verdict(
            plugin, sentence, "failed", str(failure).partition("\n")[0] or describe(failure)
        )
    except Exception as error:  # noqa: BLE001 - whatever a plugin raises is a verdict
        return Verdict(plugin, sentence, "failed", describe(error))
    return Verdict(plugin, sentence, "passed")


def _check_method(name: str) -> Iterator[Verdict]:
    method: type[Method] = METHODS.load(name)
    for check in METHOD_CHECKS:
        yield run_check(f"method {name}", check, method)
    for space in SPACES.names():
        yield run_check(
            f"method {name} in {space}", check_takes_two_steps, method, SPACES.load(space)()
        )


def _check_space(name: str) -> Iterator[Verdict]:
    plugin: type[SearchSpace] = SPACES.load(name)
    for check in PLUGIN_CHECKS:
        yield run_check(f"space {name}", check, plugin)
    space = plugin()
    network_checks = [*NETWORK_CHECKS]
    if isinstance(space, WeightSharingSpace):
        network_checks += SUPERNET_CHECKS
    for checks, seeds in ((SPACE_CHECKS, SEEDS), (network_checks, FEW_SEEDS)):
        for check in checks:
            verdicts = [run_check(f"space {name}", check, space, seed) for seed in seeds]
            yield next((v for v in verdicts if v.status == "failed"), verdicts[0])


def _check_task(name: str) -> Iterator[Verdict]:
    plugin = TASKS.load(name)
    _require_data(plugin)
    for check in TASK_CHECKS:
        yield run_check(f"task {name}", check, plugin)


def _require_data(plugin: Callable[[], Task]) -> None:
    """Refuse a task whose data are missing; whatever else is wrong with it is for the verdicts."""
    try:
        task = plugin()
        task.development()
        task.test()
    except DataError:
        raise
    except Exception:  # noqa: BLE001
        return


def _check_evaluator(name: str) -> Iterator[Verdict]:
    for check in EVALUATOR_CHECKS:
        yield run_check(f"evaluator {name}", check, EVALUATORS.load(name))


_CONTRACTS: dict[str, Callable[[str], Iterator[Verdict]]] = {
    "method": _check_method,
    "space": _check_space,
    "task": _check_task,
    "evaluator": _check_evaluator,
}
