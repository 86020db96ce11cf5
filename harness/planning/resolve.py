"""An experiment with every name looked up and every value written out.

Everything that can be wrong with an experiment is found here, before its first job starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.api import SearchKind, SearchSpace, Task
from harness.config.costs import CostRules
from harness.config.experiment import Experiment
from harness.config.parameters import defaults
from harness.config.protocol import Arm, Judged, Plugin, Protocol, SearchRules
from harness.config.tuning import MethodSetting
from harness.errors import ConfigError, UnknownNameError
from harness.planning.budgets import check_budgets
from harness.planning.given import read_given
from harness.planning.method_settings import MethodSetup, set_up_method
from harness.planning.pricing import add_fingerprint, open_costs, warn_about_target
from harness.planning.protocol_sizes import warn_about_sizes
from harness.planning.recipes import fit_recipes
from harness.planning.resolve_plugins import looks_up, open_space, resolve_plugin
from harness.planning.tasks import SEARCHING_THE_TARGET, PairData, TaskMap
from harness.plugins import EVALUATORS, METHODS, SPACES, TASKS
from harness.registry import did_you_mean
from harness.results.planned import ExperimentFacts, MethodFacts


@dataclass(frozen=True)
class Resolved:
    """What a plan is made from.

    Attributes:
        experiment: As given.
        protocol: With the evaluators' parameters written out.
        space_choice: With every parameter.
        space: The same, opened.
        methods: By title, with every hyper-parameter.
        rules: Of each method's searches, by title.
        pairs: Where each pair searches and trains.
        facts: What goes into ``experiment.json``.
        warnings: What a user should know before anything runs, a line each.
    """

    experiment: Experiment
    protocol: Protocol
    space_choice: Plugin
    space: SearchSpace
    methods: dict[str, MethodSetting]
    rules: dict[str, SearchRules]
    pairs: tuple[PairData, ...]
    facts: ExperimentFacts
    warnings: tuple[str, ...]


def resolve_experiment(experiment: Experiment) -> Resolved:
    """Look up every plugin, check every parameter and every combination of sizes.

    Raises:
        HarnessError: If anything is wrong, in one line.
    """
    _refuse_unknown(experiment.protocol)
    space_choice = resolve_plugin(SPACES, experiment.space)
    space = open_space(space_choice)
    given = read_given(experiment.architectures, space_choice, space)
    experiment = experiment.model_copy(update={"architectures": given})
    experiment, left_out = _in_its_space(experiment, space)
    protocol = _resolved_protocol(experiment.protocol)
    _refuse_unfair_sizes(experiment, space)
    _refuse_repeated_look_ups(experiment, protocol)
    setups = {
        m.title: set_up_method(m, protocol, _searched_by(m.title, experiment, protocol))
        for m in experiment.methods
    }
    methods = {title: method.setting for title, (method, _) in setups.items()}
    tasks = TaskMap(experiment, space, protocol)
    for title, method in methods.items():
        _refuse_foreign_tuning(title, method, tasks.pairs)
    too_small = check_budgets(setups, space, tasks)
    protocol, out_of_reach = _priced(protocol, space_choice.name, space, tasks.list_tasks())
    other_sizes = warn_about_sizes(protocol, tasks.list_facts())
    facts = {title: _method_facts(setup, protocol.costs) for title, setup in setups.items()}
    aimless = _name_aimless(protocol, facts)
    unmoved = _name_unmoved(experiment, tasks.pairs)
    warnings = (*unmoved, *other_sizes, *left_out, *too_small, *out_of_reach, *aimless)
    return Resolved(
        experiment=experiment,
        protocol=protocol,
        space_choice=space_choice,
        space=space,
        methods=methods,
        rules={title: rules for title, (_, rules) in setups.items()},
        pairs=tasks.pairs,
        facts=ExperimentFacts(
            experiment=experiment.model_dump(mode="json"),
            pairs=tuple((pair.searched.title, pair.target.title) for pair in tasks.pairs),
            methods=facts,
            tasks=tasks.list_facts(),
            notices=warnings,
        ),
        warnings=warnings,
    )


def _refuse_unknown(protocol: Protocol) -> None:
    """Refuse a method, space or task that a protocol names and nobody has."""
    own = [name for rules in protocol.spaces.values() for name in rules.method_budgets]
    for registry, names in (
        (METHODS, [*protocol.method_params, *protocol.method_budgets, *own]),
        (SPACES, [*protocol.spaces]),
        (TASKS, [*protocol.tasks]),
    ):
        known = registry.names()
        for name in names:
            if name not in known:
                raise UnknownNameError(
                    f"protocol {protocol.name}: {did_you_mean(registry.kind, name, known)}"
                )


def _in_its_space(experiment: Experiment, space: SearchSpace) -> tuple[Experiment, tuple[str, ...]]:
    """Write what the protocol says of the space into its rules, without what the space cannot do.

    Returns:
        The experiment, and a sentence for everything that was left out.
    """
    name = experiment.space.name
    protocol, left_out = fit_recipes(experiment.protocol.in_space(name), name, space)
    return experiment.model_copy(update={"protocol": protocol}), left_out


def _refuse_repeated_look_ups(experiment: Experiment, protocol: Protocol) -> None:
    """Refuse to train an architecture several times where its accuracy is looked up."""
    evaluator, count = protocol.train.evaluator, experiment.train_seeds
    if count > 1 and looks_up(evaluator):
        raise ConfigError(
            f"train_seeds {count}: the evaluator {evaluator.name} looks one accuracy of an "
            "architecture up, which is the same each time; leave train_seeds at 1 (a single "
            "recorded training is asked for by the evaluator's trial)."
        )


def _refuse_unfair_sizes(experiment: Experiment, space: SearchSpace) -> None:
    """Refuse to compare methods without a target where they may answer with any size."""
    names = {method.name for method in experiment.methods}
    costs = experiment.protocol.costs
    if not space.needs_target or len(names) < 2 or (costs is not None and costs.target):
        return
    raise ConfigError(
        f"{' and '.join(sorted(names))} are compared in the space {experiment.space.name}, whose "
        "networks may have any size; set a target for them in the protocol, as in costs: "
        "{currency: multiply-adds, network: {channels: 8, cells: 5}, target: 2e6}."
    )


def _resolved_protocol(protocol: Protocol) -> Protocol:
    return protocol.model_copy(
        update={
            "search": _with_evaluator(protocol.search),
            "train": _with_evaluator(protocol.train),
            "tasks": {name: _with_evaluator(rules) for name, rules in protocol.tasks.items()},
        }
    )


def _with_evaluator(rules: Judged) -> Judged:
    return rules.model_copy(update={"evaluator": resolve_plugin(EVALUATORS, rules.evaluator)})


def _searched_by(title: str, experiment: Experiment, protocol: Protocol) -> str:
    """Return a task that a method searches, whose rules are those of all it searches."""
    tasks = [pair.source.name for pair in experiment.method_pairs(title)]
    if SEARCHING_THE_TARGET.intersection(experiment.method_arms(title)):
        tasks += [pair.target.name for pair in experiment.method_pairs(title)]
    others = [task for task in tasks if protocol.search_on(task) != protocol.search_on(tasks[0])]
    if others:
        raise ConfigError(
            f"method {title} would search {tasks[0]} and {others[0]} by different rules (protocol "
            f"key tasks.{others[0] if others[0] in protocol.tasks else tasks[0]}); list it twice, "
            "with a label, sources and arms of its own each time."
        )
    return tasks[0]


def _priced(
    protocol: Protocol, name: str, space: SearchSpace, tasks: Mapping[str, Task]
) -> tuple[Protocol, tuple[str, ...]]:
    """Check that everything has a price, and warn of a target that nothing reaches."""
    if protocol.costs is None:
        return protocol, ()
    rules = add_fingerprint(protocol.costs)
    warnings = []
    for title, task in tasks.items():
        costs = open_costs(rules, name, space, task.shape)
        if warning := warn_about_target(costs, space):
            warnings.append(f"{title}: {warning}")
    return protocol.model_copy(update={"costs": rules}), tuple(warnings)


def _name_aimless(protocol: Protocol, methods: Mapping[str, MethodFacts]) -> Iterator[str]:
    """Yield a line if some methods do not aim at the target that the protocol sets."""
    costs = protocol.costs
    aimless = [title for title, facts in methods.items() if not facts.heeds_target]
    if costs is not None and costs.target is not None and aimless:
        yield (
            f"{' and '.join(aimless)} aim{'s' if len(aimless) == 1 else ''} at no target of cost: "
            f"networks found may be far from the {costs.target:g} {costs.currency} asked for."
        )


def _name_unmoved(experiment: Experiment, pairs: Iterable[PairData]) -> Iterator[str]:
    """Yield a line for each pair whose arms transfer from a task to itself."""
    moving = [arm for arm in experiment.arms if arm in (Arm.TRANSFERRED, Arm.CONTINUED)]
    for pair in pairs:
        if moving and pair.searched.title == pair.target.title:
            yield (
                f"{pair.target.title} is both source and target: nothing is transferred, so "
                f"{' and '.join(moving)} answer no question; name another target, or search a "
                "proxy of it (--set pairs.0.source.params.images=0.1)."
            )


def _refuse_foreign_tuning(title: str, method: MethodSetting, pairs: Iterable[PairData]) -> None:
    """Refuse tuned values where the source is not the task that they were tuned on."""
    tuning = method.tuning
    if tuning is None:
        return
    for searched in (pair.searched for pair in pairs):
        if searched.title != tuning.task:
            raise ConfigError(
                f"method {title} was tuned on {tuning.task}, but a pair's source is "
                f"{searched.title}; tuned values apply to pairs from {tuning.task} only."
            )
        if searched.fingerprint != tuning.fingerprint:
            raise ConfigError(
                f"method {title} was tuned on other data of {tuning.task} (fingerprint "
                f"{tuning.fingerprint[:12]}, here {searched.fingerprint[:12]}); tune it on these."
            )


def _method_facts(setup: MethodSetup, costs: CostRules | None) -> MethodFacts:
    method, rules = setup
    # Gradients need prices of single operations, and a column has those of whole cells.
    is_blind = costs is not None and costs.column and method.kind is SearchKind.SUPERNET
    return MethodFacts(
        summary=METHODS.summary(method.setting.name),
        params=method.setting.params,
        defaults=defaults(method.plugin),
        budget=rules.budget.limits(),
        heeds_target=not is_blind and method.heeds_target,
    )
