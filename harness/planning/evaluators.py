"""Who judges a job's architectures, and on which data: images, or a table of results."""

from __future__ import annotations

from pathlib import Path

from harness.api import Bench, Evaluator, Recipe, Recorded, SearchSpace, Task
from harness.config.protocol import Plugin
from harness.planning.opening import open_evaluator
from harness.planning.partition import Partition, partition
from harness.plugins import EVALUATORS
from harness.results.spec import SearchSpec, TaskData, TrainSpec


def looks_up(evaluator: Plugin) -> bool:
    """Tell whether an evaluator looks results up, so that no images are needed."""
    return EVALUATORS.load(evaluator.name).is_simulated


def open_judge(
    spec: SearchSpec | TrainSpec, space: SearchSpace, task: Task, device: str, folder: Path
) -> tuple[Evaluator, Partition]:
    """Return the evaluator of a job and the data that it works on.

    Args:
        spec: Of the job.
        space: Its space, opened.
        task: Its task, opened.
        device: Where networks and batches live.
        folder: Where candidates' weights lie.
    """
    evaluator, recipe, fidelities = asked(spec)
    if looks_up(evaluator):
        judge = open_evaluator(evaluator, Bench(space, task, {}, device, folder))
        recorded = judge.recorded(recipe, fidelities)
        assert recorded is not None, f"the evaluator {evaluator.name} does not say what it knows"
        return judge, Partition(recorded_label(spec.task, recorded), None, {}, recorded)
    parts = partition(task, spec.task.title, spec.splits, spec.seed)
    return open_evaluator(evaluator, Bench(space, task, parts.rows, device, folder)), parts


def asked(spec: SearchSpec | TrainSpec) -> tuple[Plugin, Recipe, tuple[int, ...]]:
    """Return who judges, how networks are trained, and after which epochs they are judged."""
    if isinstance(spec, SearchSpec):
        return spec.rules.evaluator, spec.rules.candidate, spec.rules.fidelities
    return spec.rules.evaluator, spec.rules.recipe, (spec.rules.recipe.epochs,)


def recorded_label(task: TaskData, recorded: Recorded) -> str:
    """Return how reports print a task whose results are looked up."""
    return f"{task.title} ({recorded.title})"
