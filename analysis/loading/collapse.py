"""Whether a cell has collapsed: skip connections and poolings are most of what is left of it."""

from __future__ import annotations

import math

from harness.api import CellGraph, Graphs

# Share of operations without weights among a cell's edges: four and five of the eight in a normal
# cell of DARTS; DARTS_V1 has three.
FREE_WARN, FREE_COLLAPSE = 1 / 2, 5 / 8


def collapse_flag(graphs: Graphs) -> str:
    """Return ``warn`` or ``collapse`` if operations without weights rule a cell, else nothing.

    Judged is the normal, or the only, cell.
    """
    cell = graphs.get("normal", next(iter(graphs.values()), None) if len(graphs) == 1 else None)
    if not isinstance(cell, CellGraph) or not cell.edges:
        return ""
    share = sum(is_parameter_free(op) for _, _, op in cell.edges) / len(cell.edges)
    if share >= FREE_COLLAPSE:
        return "collapse"
    return "warn" if share >= FREE_WARN else ""


def is_parameter_free(operation: str) -> bool:
    """Tell whether an operation has no weights: a skip connection, a pooling, or none at all."""
    return operation.startswith(("skip", "none", "zero", "identity")) or "_pool_" in operation


def skip_share(graphs: Graphs) -> float:
    """Return the share of skip connections in the normal, or the only, cell; NaN without one."""
    cell = graphs.get("normal", next(iter(graphs.values()), None))
    if not isinstance(cell, CellGraph) or not cell.edges:
        return math.nan
    return sum(operation.startswith("skip") for _, _, operation in cell.edges) / len(cell.edges)
