"""An experiment with every name looked up and every value written out.

Everything that can be wrong with an experiment is found here, before its first job starts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.api import Recipe, Scale, SearchSpace, Split, Task, WeightSharingSpace
from harness.config.documents import merged
from harness.config.experiment import Experiment
from harness.config.parameters import defaults
from harness.config.protocol import Plugin, Protocol
from harness.errors import ConfigError, UnknownNameError
from harness.execution.opening import open_space, open_task, resolved
from harness.execution.partition import partition
from harness.plugins import EVALUATORS, METHODS, SPACES, TASKS
from harness.registry import did_you_mean
from harness.results.record import ExperimentFacts, MethodFacts, TaskData, TaskFacts


@dataclass(frozen=True)
class Resolved:
    """What a plan is made from.

    Attributes:
        experiment: As given.
        protocol: With the evaluators' parameters written out.
        space_choice: With every parameter.
        space: The same, opened.
        methods: By title, with every hyper-parameter.
        tasks: By name, with the fingerprints of their data.
        facts: What goes into ``experiment.json``.
    """

    experiment: Experiment
    protocol: Protocol
    space_choice: Plugin
    space: SearchSpace
    methods: dict[str, Plugin]
    tasks: dict[str, TaskData]
    facts: ExperimentFacts


def resolve_experiment(experiment: Experiment) -> Resolved:
    """Look up every plugin, check every parameter and every combination of sizes.

    Raises:
        HarnessError: If anything is wrong, in one line.
    """
    protocol = _resolved_protocol(experiment.protocol)
    space_choice = resolved(SPACES, experiment.space)
    space = open_space(space_choice)
    methods = {method.title: _resolved_method(method, protocol) for method in experiment.methods}
    choices = _task_choices(experiment)
    tasks: dict[str, TaskData] = {}
    facts: dict[str, TaskFacts] = {}
    for name, choice in choices.items():
        task = open_task(choice)
        _check_sizes(name, task, space, protocol, experiment.seeds[0])
        tasks[name] = TaskData(**choice.model_dump(), fingerprint=task.fingerprint())
        facts[name] = _task_facts(task, tasks[name])
    return Resolved(
        experiment=experiment,
        protocol=protocol,
        space_choice=space_choice,
        space=space,
        methods=methods,
        tasks=tasks,
        facts=ExperimentFacts(
            experiment=experiment.model_dump(mode="json"),
            methods={title: _method_facts(choice) for title, choice in methods.items()},
            tasks=facts,
        ),
    )


def _resolved_protocol(protocol: Protocol) -> Protocol:
    for name in (*protocol.method_params, *protocol.method_budgets):
        if name not in METHODS.names():
            raise UnknownNameError(
                f"protocol {protocol.name}: {did_you_mean('method', name, METHODS.names())}"
            )
    search = protocol.search.model_copy(
        update={"evaluator": resolved(EVALUATORS, protocol.search.evaluator)}
    )
    train = protocol.train.model_copy(
        update={"evaluator": resolved(EVALUATORS, protocol.train.evaluator)}
    )
    return protocol.model_copy(update={"search": search, "train": train})


def _resolved_method(method: Plugin, protocol: Protocol) -> Plugin:
    """Lay the experiment's parameters over the protocol's over the method's own defaults."""
    params = merged(protocol.method_params.get(method.name, {}), method.params)
    choice = resolved(METHODS, Plugin(name=method.name, params=params))
    currencies = METHODS.load(method.name).currencies
    limits = protocol.search_rules(method.name).budget.limits()
    if not set(currencies) & set(limits):
        raise ConfigError(
            f"method {method.name} spends {' and '.join(currencies)}, but the budget limits only "
            f"{' and '.join(limits)}; state one of the former in the protocol's search.budget."
        )
    return choice


def _task_choices(experiment: Experiment) -> dict[str, Plugin]:
    """Return every task of the experiment, parameters written out."""
    choices: dict[str, Plugin] = {}
    for pair in experiment.pairs:
        for given in (pair.source, pair.target):
            choice = resolved(TASKS, given)
            if choices.setdefault(choice.name, choice) != choice:
                raise ConfigError(
                    f"task {choice.name} stands in the experiment with different parameters; "
                    "use one setting of a task in an experiment."
                )
    return choices


def _check_sizes(name: str, task: Task, space: SearchSpace, protocol: Protocol, seed: int) -> None:
    """Refuse batches larger than a split and networks that the task's images do not fit."""
    sizes = partition(task, name, protocol.splits, seed).sizes()
    search, recipe = protocol.search, protocol.train.recipe
    for split in (Split.TRAIN, Split.VALIDATION):
        have = sizes.get(str(split), 0)
        _check_batch("search.batch_size", search.batch_size, name, split, have)
    _check_batch(
        "search.candidate.batch_size",
        search.candidate.batch_size,
        name,
        Split.TRAIN,
        sizes["train"],
    )
    both = sizes["train"] + sizes.get("validation", 0)
    _check_batch("train.recipe.batch_size", recipe.batch_size, name, "train + validation", both)
    for where, scale in _scales(search.candidate, recipe, space, protocol):
        if reason := space.unsupported(task.shape, scale):
            raise ConfigError(f"protocol {protocol.name}, {where}, on {name}: {reason}")


def _check_batch(where: str, batch_size: int, task: str, split: str, have: int) -> None:
    if batch_size > have:
        raise ConfigError(
            f"protocol key {where} asks for {batch_size} images at a time, but the {split} split "
            f"of {task} has {have}; ask for at most {have}."
        )


def _scales(
    candidate: Recipe, recipe: Recipe, space: SearchSpace, protocol: Protocol
) -> Iterable[tuple[str, Scale]]:
    if isinstance(space, WeightSharingSpace):
        yield "search.supernet", protocol.search.supernet.scale
    yield "search.candidate", candidate.scale
    yield "train.recipe", recipe.scale


def _task_facts(task: Task, data: TaskData) -> TaskFacts:
    return TaskFacts(
        label=task.label,
        notice=task.notice,
        inputs=task.shape.inputs,
        classes=task.shape.classes,
        fingerprint=data.fingerprint,
    )


def _method_facts(choice: Plugin) -> MethodFacts:
    return MethodFacts(
        summary=METHODS.summary(choice.name),
        params=choice.params,
        defaults=defaults(METHODS.load(choice.name)),
    )
