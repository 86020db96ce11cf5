"""Paths in YAML files: each is relative to the file that says it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

COLUMN = "nb201:"  # begins what names a column of NAS-Bench-201's latencies, not a file


def relative_to(home: Path, path: str) -> Path:
    """Return where a path leads that a file in the folder ``home`` says."""
    return Path(os.path.normpath(home / path))


def with_tables(protocol: Any, home: Path) -> Any:
    """Return a protocol's document with the whole paths of its latency tables.

    Args:
        protocol: As a file says it; what is no protocol is returned as it is.
        home: Folder of that file.
    """
    if not isinstance(protocol, Mapping):
        return protocol
    found = _with_table(protocol, home)
    spaces = found.get("spaces")
    if isinstance(spaces, Mapping):
        found["spaces"] = {name: _with_table(rules, home) for name, rules in spaces.items()}
    return found


def _with_table(rules: Any, home: Path) -> Any:
    """Return rules, of a protocol or of a space, with the table of their costs so."""
    if not isinstance(rules, Mapping):
        return rules
    costs = rules.get("costs")
    if not isinstance(costs, Mapping):
        return dict(rules)
    table = costs.get("table")
    if not isinstance(table, str) or table.startswith(COLUMN):
        return dict(rules)
    return {**rules, "costs": {**costs, "table": str(relative_to(home.absolute(), table))}}
