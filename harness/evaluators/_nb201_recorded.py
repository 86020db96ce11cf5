"""All that NAS-Bench-201's table holds of one cell."""

from __future__ import annotations

from typing import Any

from harness.api import Architecture, ConfigError
from harness.evaluators._nb201_table import (
    BENCHMARKS,
    CELLS,
    LONG,
    SHORT,
    has_latencies,
    list_devices,
    open_table,
    read_latencies,
)


def recorded(architecture: Architecture) -> dict[str, Any]:
    """Return accuracies in percent, seconds and milliseconds as plain containers.

    The milliseconds are empty where there is no file of latencies.

    Raises:
        ConfigError: If the table lacks the cell.
        DataError: If a file is damaged.
    """
    table = open_table()
    row = table.rows.get(architecture)
    if row is None:
        raise ConfigError(f"{table.file.path.name} does not hold this cell.")
    found: dict[str, Any] = {"index": row, "accuracies": {}}
    for name, facts in BENCHMARKS.items():
        first = next(iter(facts.long_tests))
        own = {
            f"validation after {SHORT} epochs": table.validation(name, SHORT, "mean")[row],
            f"test after {SHORT} epochs": table.test(name, SHORT, first, "mean")[row],
            f"validation after {LONG} epochs": table.validation(name, LONG, "mean")[row],
        }
        for split in facts.long_tests:
            own[f"{split} after {LONG} epochs"] = table.test(name, LONG, split, "mean")[row]
        found["accuracies"][name] = own
    found[f"seconds of {LONG} epochs"] = {
        name: table.seconds(name, LONG)[row] for name in BENCHMARKS
    }
    devices = list_devices() if has_latencies() else []
    found["milliseconds"] = {device: read_latencies(device)[row] for device in devices}
    return found


def at_index(text: str) -> Architecture:
    """Return the cell with a number of the benchmark, 0 to 15,624: its place in the table.

    Raises:
        ConfigError: If there is no such cell.
        DataError: If the table is damaged.
    """
    wanted = int(text)
    for cell, row in open_table().rows.items():
        if row == wanted:
            return cell
    raise ConfigError(f"There is no cell {text}; expected a number from 0 to {CELLS - 1:,}.")
