"""Time the operations of a space on this machine, as a table that prices read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from harness.api import Architecture, Scale, SearchSpace, TaskShape
from harness.execution.environment import environment
from harness.execution.progress import Countdown
from harness.hardware.latency import Stopwatch, compare, measure_operations
from harness.hardware.prices import LatencyTable, NetworkSize
from harness.planning.seeding import generator


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
    space.require(shape, scale)
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
    check = _compare_networks(table, space, shape, scale, stopwatch, sampled) if sampled else None
    return table.model_copy(update={"check": check})


def _compare_networks(
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
