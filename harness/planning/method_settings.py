"""What a comparison gives each of its methods: hyper-parameters, and the rules of its searches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.api import SearchKind
from harness.config.documents import merged
from harness.config.parameters import construct, defaults
from harness.config.protocol import Plugin, Protocol, SearchRules
from harness.config.tuning import MethodSetting
from harness.errors import ConfigError
from harness.planning.evaluators import looks_up
from harness.planning.opening import check_method, resolved
from harness.plugins import METHODS


def resolve_method(method: MethodSetting, protocol: Protocol) -> tuple[MethodSetting, SearchRules]:
    """Write out a method's hyper-parameters, and find the rules of its searches.

    The experiment's own values lie over tuned ones, those over the protocol's for the method, and
    those over the protocol's for its kind of search.

    Args:
        method: As the experiment has it.
        protocol: In the space that is searched.

    Raises:
        HarnessError: If hyper-parameters are wrong, or the budget limits nothing that it spends.
    """
    tuned = {} if method.tuning is None else method.tuning.params
    own = merged(merged(protocol.method_params.get(method.name, {}), tuned), method.params)
    kind = find_kind(resolved(METHODS, Plugin(name=method.name, params=own)))
    known = defaults(METHODS.load(method.name))
    params = merged(_common(protocol.kind_params.get(kind, {}), known), own)
    choice = resolved(METHODS, Plugin(name=method.name, params=params))
    rules = protocol.search_rules(method.name, kind)
    _refuse_other_units(method.name, rules)
    target = None if protocol.costs is None else protocol.costs.target
    check_method(choice, rules, target)
    return MethodSetting(**choice.model_dump(), tuning=method.tuning), rules


def find_kind(choice: Plugin) -> SearchKind:
    """Return what searches by a method with these hyper-parameters train."""
    plugin = METHODS.load(choice.name)
    return plugin.kind(construct(plugin, choice.params))


def _common(general: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the ``general`` parameters that a method knows, group by group."""
    found = {}
    for name, value in general.items():
        if name not in known:
            continue
        both = isinstance(value, Mapping) and isinstance(known[name], Mapping)
        found[name] = _common(value, known[name]) if both else value
    return found


def _refuse_other_units(name: str, rules: SearchRules) -> None:
    """Refuse a budget that limits nothing that the method spends."""
    limits = rules.budget.on(1).limits()
    if rules.budget.epochs and looks_up(rules.evaluator):
        raise ConfigError(
            f"the budget of method {name} counts epochs, but the evaluator "
            f"{rules.evaluator.name} trains on no images; count evaluations or seconds."
        )
    currencies = METHODS.load(name).currencies
    if not set(currencies) & set(limits):
        raise ConfigError(
            f"method {name} spends {' and '.join(currencies)}, but the budget limits only "
            f"{' and '.join(limits)}; state one of the former in the protocol's search.budget."
        )
