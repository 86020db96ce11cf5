"""The registries, one for each kind of plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.registry import Registry

if TYPE_CHECKING:
    from harness.api import Evaluator, Method, SearchSpace, Task

METHODS: Registry[Method] = Registry("method", "harness.api:Method", package="methods")
SPACES: Registry[SearchSpace] = Registry(
    "space", "harness.api:SearchSpace", package="harness.spaces"
)
TASKS: Registry[Task] = Registry("task", "harness.api:Task", package="harness.tasks")
EVALUATORS: Registry[Evaluator] = Registry(
    "evaluator", "harness.api:Evaluator", package="harness.evaluators"
)

REGISTRIES: tuple[
    Registry[Method] | Registry[SearchSpace] | Registry[Task] | Registry[Evaluator], ...
] = (
    METHODS,
    SPACES,
    TASKS,
    EVALUATORS,
)
