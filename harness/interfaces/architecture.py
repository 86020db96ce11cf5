"""An architecture is a point of a search space: one option chosen for each decision."""

from __future__ import annotations

from dataclasses import dataclass

# A tuple, not a class: hashable, comparable, JSON-ready, and safe inside a checkpoint.
Architecture = tuple[int, ...]


@dataclass(frozen=True)
class Decision:
    """One categorical choice, e.g. the operation on an edge of a cell."""

    name: str
    options: tuple[str, ...]
