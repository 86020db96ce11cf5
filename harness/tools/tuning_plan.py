"""What is tuned: which hyper-parameters of a method, on which task, under which rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness.api import Tunable
from harness.config.documents import merge
from harness.config.experiment import make_experiment
from harness.config.parameters import nest, ranges
from harness.config.tuning import MethodSetting
from harness.errors import ConfigError
from harness.planning.resolve import Resolved, resolve_experiment
from harness.planning.resolve_plugins import resolve_method
from harness.planning.seeding import derive_seed
from harness.plugins import METHODS
from harness.results.spec import SearchSpec


@dataclass(frozen=True)
class TuningPlan:
    """What is tuned, where, and under which rules.

    Attributes:
        method: With the protocol's values.
        ranges: Of what is tuned, by dotted name.
        resolved: An experiment that searches the task with the method.
        seed: Root of everything random; no search of an experiment has it.
    """

    method: MethodSetting
    ranges: Mapping[str, Tunable]
    resolved: Resolved
    seed: int

    def spec(self, values: Mapping[str, Any], number: int) -> SearchSpec:
        """Return the search of one trial; each has a seed, and so a split, of its own."""
        name, protocol = self.method.name, self.resolved.protocol
        params = merge(self.method.params, nest(values))
        return SearchSpec(
            method=resolve_method(MethodSetting(name=name, params=params)).setting,
            space=self.resolved.space_choice,
            task=self.resolved.pairs[0].searched,
            splits=protocol.splits,
            rules=self.resolved.rules[name],
            seed=derive_seed(self.seed, "tuning", name, str(number)),
            costs=protocol.costs,
        )

    def inputs(self) -> dict[str, Any]:
        """Return all that determines the study, as plain containers."""
        listed = {name: [r.low, r.high, r.log] for name, r in self.ranges.items()}
        return {"first": self.spec({}, 0).model_dump(mode="json"), "ranges": listed}


def make_plan(
    method: str,
    source: str,
    space: str,
    protocol: str,
    *,
    wanted: Mapping[str, tuple[float, float] | None],
    seed: int = 0,
    name: str = "tuning",
) -> TuningPlan:
    """Check everything and say what would be tuned.

    Args:
        method: Whose hyper-parameters.
        source: The task that is searched, the only one that is opened.
        space: What is searched.
        protocol: A shipped name or a file.
        wanted: Names of what is tuned, with other bounds or None; empty tunes all that is declared.
        seed: Of the study.
        name: Of its folder.

    Raises:
        HarnessError: If anything is wrong, in one line.
    """
    document = {
        "name": name,
        "space": {"name": space},
        "methods": [{"name": method}],
        "pairs": [{"source": {"name": source}, "target": {"name": source}}],
        "seeds": [0],
        "arms": ["source"],
        "protocol": protocol,
    }
    found = resolve_experiment(make_experiment(document))
    if not found.protocol.search.fidelities:
        raise ConfigError(
            f"protocol {found.protocol.name} offers no fidelity at which a trial's architecture "
            "could be evaluated; state one in search.fidelities."
        )
    chosen = _choose(method, ranges(METHODS.load(method)), wanted)
    return TuningPlan(found.methods[method], chosen, found, seed)


def _choose(
    method: str,
    declared: Mapping[str, Tunable],
    wanted: Mapping[str, tuple[float, float] | None],
) -> dict[str, Tunable]:
    """Return the ranges that are tuned."""
    listed = ", ".join(declared) or "none"
    if not declared:
        raise ConfigError(f"The method {method} declares no ranges; there is nothing to tune.")
    for name in wanted:
        if name not in declared:
            raise ConfigError(
                f"The method {method} declares no range for {name!r}; it declares {listed}."
            )
    chosen = {}
    for name in wanted or declared:
        usual, bounds = declared[name], wanted.get(name)
        try:
            chosen[name] = usual if bounds is None else _narrow(usual, bounds)
        except ValueError as error:
            raise ConfigError(f"--range {name}: {error}.") from error
    return chosen


def _narrow(usual: Tunable, bounds: tuple[float, float]) -> Tunable:
    low, high = map(round, bounds) if usual.is_whole else bounds
    return replace(usual, low=low, high=high)
