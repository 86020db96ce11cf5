"""What a comparison counts besides accuracy: from its rules to the prices that methods see."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from harness.api import (
    Architecture,
    ConfigError,
    Costs,
    Scale,
    SearchSpace,
    TaskShape,
    Unsupported,
    WeightSharingSpace,
)
from harness.config.protocol import CostRules
from harness.evaluators._nb201_table import open_latencies
from harness.execution.environment import environment
from harness.execution.progress import Countdown
from harness.execution.seeding import generator
from harness.hardware.latency import Stopwatch, compare, measure_operations
from harness.hardware.prices import LatencyTable, NetworkSize, multiply_adds
from harness.hardware.published import read_any_table
from harness.interfaces.costs import price

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


def fingerprinted(rules: CostRules) -> CostRules:
    """Return the rules with the absolute path of the table and what it holds."""
    if rules.table is None:
        return rules
    if rules.column is not None:
        return rules.model_copy(update={"fingerprint": open_latencies(rules.column)[1]})
    path = Path(rules.table).absolute()
    return rules.model_copy(update={"table": str(path), "fingerprint": read_any_table(path)[1]})


def warn_about_target(costs: Costs, space: SearchSpace) -> str | None:
    """Say that no network reaches the target, and what they cost; or return None.

    The range is that of random architectures and, where the target lies outside, of the cheapest
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


def measure_table(
    name: str,
    space: SearchSpace,
    shapes: Sequence[TaskShape],
    scale: Scale,
    stopwatch: Stopwatch,
    networks: int,
) -> LatencyTable:
    """Time every operation of a space on this machine, and whole networks to compare with.

    Args:
        name: Of the space.
        space: What is timed.
        shapes: Of tasks with images of one size; the last one's networks are compared with.
        scale: Of the networks.
        stopwatch: How.
        networks: How many random architectures are timed as a whole.

    Raises:
        Unsupported: If the space lists no operations.
    """
    shape = shapes[-1]
    if reason := space.unsupported(shape, scale):
        raise Unsupported(reason)
    rng = generator(0, "latency", name)
    sampled = [space.sample(rng) for _ in range(networks)]
    keys = sorted({key for one in shapes for key in space.operations(one, scale)})
    countdown = Countdown("operations", len(keys))
    milliseconds = measure_operations(keys, space, stopwatch, countdown.tell)
    where = environment(stopwatch.device)
    table = LatencyTable(
        space=name,
        image=shape.inputs,
        network=NetworkSize(channels=scale.channels, cells=scale.cells),
        provenance={
            "hardware": where.hardware,
            "device": where.device,
            "threads": where.threads,
            "platform": where.platform,
            "versions": where.versions,
            "batch_size": stopwatch.batch_size,
            "warm_up": stopwatch.warm_up,
            "repeats": stopwatch.repeats,
            "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        },
        milliseconds=milliseconds,
    )
    check = _check(table, space, shape, scale, stopwatch, sampled) if sampled else None
    return table.model_copy(update={"check": check})


def _check(
    table: LatencyTable,
    space: SearchSpace,
    shape: TaskShape,
    scale: Scale,
    stopwatch: Stopwatch,
    sampled: list[Architecture],
) -> dict[str, object]:
    countdown = Countdown("networks", len(sampled))
    predicted, measured = [], []
    for number, one in enumerate(sampled, 1):
        predicted.append(sum(map(table.price, space.layers(one, shape, scale))))
        network = space.build(one, shape, scale)
        measured.append(float(np.median(stopwatch.time(network, shape.inputs))))
        countdown.tell(number)
    return compare(predicted, measured)
