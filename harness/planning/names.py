"""The first look at what an experiment names, before anything slow is imported."""

from __future__ import annotations

from collections.abc import Iterable

from harness.config.experiment import Experiment
from harness.plugins import METHODS, SPACES, TASKS


def check_names(methods: Iterable[str], spaces: Iterable[str], tasks: Iterable[str]) -> None:
    """Refuse unknown names.

    Raises:
        UnknownNameError: If there is one.
    """
    for registry, names in ((METHODS, methods), (SPACES, spaces), (TASKS, tasks)):
        for name in names:
            registry.check(name)


def check_experiment_names(experiment: Experiment) -> None:
    """Refuse an experiment with unknown names.

    Raises:
        UnknownNameError: If there is one.
    """
    check_names(
        [method.name for method in experiment.methods],
        [experiment.space.name],
        [task.name for pair in experiment.pairs for task in (pair.source, pair.target)],
    )
