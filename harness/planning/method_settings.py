"""What a comparison gives each of its methods: hyper-parameters, and the rules of its searches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from harness.config.documents import merge
from harness.config.parameters import defaults
from harness.config.protocol import Protocol, SearchRules
from harness.config.tuning import MethodSetting
from harness.errors import ConfigError
from harness.planning.resolve_plugins import ResolvedMethod, looks_up, resolve_method


class MethodSetup(NamedTuple):
    """What a comparison gives a method.

    Attributes:
        method: With every hyper-parameter.
        rules: Of its searches.
    """

    method: ResolvedMethod
    rules: SearchRules


def set_up_method(setting: MethodSetting, protocol: Protocol, task: str = "") -> MethodSetup:
    """Write out a method's hyper-parameters, and find the rules of its searches.

    The experiment's own values lie over tuned ones, those over the protocol's for the method, and
    those over the protocol's for its kind of search.

    Args:
        setting: As the experiment has it.
        protocol: In the space that is searched.
        task: That is searched, by name; one that the protocol does not know stands for all others.

    Raises:
        HarnessError: If hyper-parameters are wrong, or the budget limits nothing that it spends.
    """
    tuned = {} if setting.tuning is None else setting.tuning.params
    own = merge(merge(protocol.method_params.get(setting.name, {}), tuned), setting.params)
    method = resolve_method(setting.model_copy(update={"params": own}))
    kind = method.kind
    if general := _common(protocol.kind_params.get(kind, {}), defaults(method.plugin)):
        params = merge(general, own)
        method = resolve_method(setting.model_copy(update={"params": params}))
    rules = protocol.search_rules(setting.name, kind, task)
    _refuse_other_units(method, rules)
    method.check(rules, None if protocol.costs is None else protocol.costs.target)
    return MethodSetup(method, rules)


def _common(general: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the ``general`` parameters that a method knows, group by group."""
    found = {}
    for name, value in general.items():
        if name not in known:
            continue
        both = isinstance(value, Mapping) and isinstance(known[name], Mapping)
        found[name] = _common(value, known[name]) if both else value
    return found


def _refuse_other_units(method: ResolvedMethod, rules: SearchRules) -> None:
    """Refuse a budget that limits nothing that the method spends."""
    name, currencies = method.setting.name, method.plugin.currencies
    limits = rules.budget.on(1).limits()
    if rules.budget.epochs and looks_up(rules.evaluator):
        raise ConfigError(
            f"the budget of method {name} counts epochs, but the evaluator "
            f"{rules.evaluator.name} trains on no images; count evaluations or seconds."
        )
    if not set(currencies) & set(limits):
        raise ConfigError(
            f"method {name} spends {' and '.join(currencies)}, but the budget limits only "
            f"{' and '.join(limits)}; state one of the former in the protocol's search.budget."
        )
