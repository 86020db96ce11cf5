"""What a comparison counts besides accuracy: from its rules to the prices that methods see."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from harness.api import (
    Architecture,
    ConfigError,
    Costs,
    SearchSpace,
    TaskShape,
    WeightSharingSpace,
)
from harness.config.costs import CostRules
from harness.evaluators._nb201_table import open_latencies
from harness.hardware.prices import multiply_adds
from harness.hardware.published import read_any_table
from harness.interfaces.costs import price
from harness.planning.seeding import generator

MILLISECONDS = "milliseconds"
SAMPLES = 200  # architectures that the range of costs is estimated from


def open_costs(rules: CostRules, name: str, space: SearchSpace, shape: TaskShape) -> Costs:
    """Return the prices of a comparison.

    Args:
        rules: Of the comparison.
        name: Of the space.
        space: Whose operations are priced.
        shape: Of the task.

    Raises:
        ConfigError: If the latency table is none, was made for something else, or has changed.
        Unsupported: If the space names no operations.
    """
    if rules.column is not None:
        return _open_column(rules, name, rules.column)
    assert rules.network is not None
    scale = rules.network.scale
    prices = multiply_adds(space)
    if rules.table is not None:
        table, fingerprint = read_any_table(Path(rules.table))
        if complaint := table.complaint(name, shape.inputs, scale.channels, scale.cells):
            raise ConfigError(f"{rules.table} does not fit: {complaint}.")
        if rules.fingerprint not in ("", fingerprint):
            raise ConfigError(f"{rules.table} has changed since the experiment was planned.")
        prices = table.price
        for key in space.operations(shape, scale):
            table.price(key)  # none may be missed by the job that needs it first
    edges = None
    if isinstance(space, WeightSharingSpace):
        edges = price(space.inventory(shape, scale), prices)

    @functools.cache
    def of(architecture: Architecture) -> float:
        return sum(map(prices, space.layers(architecture, shape, scale)))

    return Costs(rules.currency, rules.target, of, edges)


def _open_column(rules: CostRules, name: str, device: str) -> Costs:
    """Return the latencies of whole cells on a device; single operations have no price there."""
    if name != "nb201":
        raise ConfigError(
            f"{rules.table} holds latencies of the cells of nb201, not of the space {name}; "
            "measure a table with `python -m harness latency`."
        )
    of, fingerprint = open_latencies(device)
    if rules.fingerprint not in ("", fingerprint):
        raise ConfigError(f"{rules.table} has changed since the experiment was planned.")
    return Costs(rules.currency, rules.target, of, None)


def cost_fields(costs: Costs | None, architecture: Architecture) -> dict[str, float]:
    """Return a record's fields on what an architecture costs."""
    if costs is None:
        return {}
    cost = costs.of(architecture)
    return {"cost": cost, **({"latency_ms": cost} if costs.currency == MILLISECONDS else {})}


def add_fingerprint(rules: CostRules) -> CostRules:
    """Return the rules with the absolute path of the table and what it holds."""
    if rules.table is None:
        return rules
    if rules.column is not None:
        return rules.model_copy(update={"fingerprint": open_latencies(rules.column)[1]})
    path = Path(rules.table).absolute()
    return rules.model_copy(update={"table": str(path), "fingerprint": read_any_table(path)[1]})


def warn_about_target(costs: Costs, space: SearchSpace) -> str | None:
    """Say that no network reaches the target, and what they cost; or return None.

    The range is that of random architectures and, where the target is outside, of the cheapest
    and the dearest that single changes of them lead to.
    """
    target = costs.target
    if target is None:
        return None
    rng = generator(0, "range of costs")
    samples = sorted((space.sample(rng) for _ in range(SAMPLES)), key=costs.of)
    low, high = costs.of(samples[0]), costs.of(samples[-1])
    if low <= target <= high:
        return None
    low = _descend(space, costs.of, samples[0])
    high = -_descend(space, lambda architecture: -costs.of(architecture), samples[-1])
    if low <= target <= high:
        return None
    return (
        f"no network reaches the target of {target:g} {costs.currency}: they cost {low:.4g} to "
        f"{high:.4g}."
    )


def _descend(
    space: SearchSpace, cost: Callable[[Architecture], float], start: Architecture
) -> float:
    """Return the least cost that the best single changes, one after another, lead to."""
    best = start
    while (rival := min(space.neighbours(best), key=cost)) and cost(rival) < cost(best):
        best = rival
    return cost(best)
