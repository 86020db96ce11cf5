"""The evaluator of a job and the data that it works on: images, or a table of results."""

from __future__ import annotations

from pathlib import Path

from harness.api import Evaluator, EvaluatorContext, Recorded, SearchSpace, Task
from harness.planning.partition import Partition, partition
from harness.planning.resolve_plugins import looks_up, open_evaluator
from harness.results.spec import SearchSpec, TaskData, TrainSpec


def prepare_evaluator(
    spec: SearchSpec | TrainSpec, space: SearchSpace, task: Task, device: str, folder: Path
) -> tuple[Evaluator, Partition]:
    """Return the evaluator of a job and the data that it works on.

    Args:
        spec: Of the job.
        space: Its space, opened.
        task: Its task, opened.
        device: Where networks and batches are.
        folder: Where candidates' weights are kept.
    """
    choice = spec.rules.evaluator
    if not looks_up(choice):
        parts = partition(task, spec.task.title, spec.splits, spec.seed)
        return open_evaluator(
            choice, EvaluatorContext(space, task, parts.rows, device, folder)
        ), parts
    evaluator = open_evaluator(choice, EvaluatorContext(space, task, {}, device, folder))
    if isinstance(spec, SearchSpec):
        known = evaluator.recorded(spec.rules.candidate, spec.rules.fidelities)
    else:
        known = evaluator.recorded(spec.rules.recipe, (spec.rules.recipe.epochs,))
    assert known is not None, f"the evaluator {choice.name} does not say what it knows"
    return evaluator, Partition(describe_recorded(spec.task, known), None, {}, known)


def describe_recorded(task: TaskData, recorded: Recorded) -> str:
    """Return how reports print a task whose results are looked up."""
    return f"{task.title} ({recorded.title})"
