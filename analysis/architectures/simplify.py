"""What a cell computes, whatever it is written as: dead edges dropped, equal functions equal texts.

Each simplification is a step of its own, so that a comparison says which it made. None renumbers a
node: ``CellGraph.canonical`` of the result takes care of that.
"""

from __future__ import annotations

import dataclasses
from graphlib import TopologicalSorter

from analysis.architectures.structure import NONE, SKIP
from harness.api import CellGraph

_ZERO = "#"


def drop_none(cell: CellGraph) -> CellGraph:
    """Return the cell without the edges that carry nothing."""
    return _with_edges(cell, {edge for edge in cell.edges if edge[2] != NONE})


def drop_dead(cell: CellGraph) -> CellGraph:
    """Return the cell without the edges that lie on no path from an input to the output.

    The nodes between such edges keep their numbers, alone. ``none`` counts as an operation here:
    drop it first.
    """
    forward = [(source, target) for source, target, _ in cell.edges]
    backward = [(target, source) for source, target in forward]
    reached = _reach(range(cell.inputs), forward) & _reach(cell.outputs, backward)
    return _with_edges(cell, {edge for edge in cell.edges if {*edge[:2]} <= reached})


def expression(
    cell: CellGraph, *, zero: bool = True, identity: bool = True, flatten: bool = True
) -> str:
    """Return a text that is equal for cells that compute the same sums of the same operations.

    An input is its number, a zero ``#``, an operation ``(sum)@name``; several outputs are sorted
    and joined by ``|``. Without ``flatten`` this is the unique string of NATS-Bench (Dong et al.,
    TPAMI 2021): there a sum of two zeros is no zero, and whether a sum within a sum is equal to
    its terms depends on their alphabetical order.

    Args:
        cell: Its graph.
        zero: Take ``none``, and whatever follows a zero, for zero.
        identity: Take ``skip_connect`` for the identity, which it is not in a reduction cell.
        flatten: Take a sum within a sum for its terms, and leave zeros out of sums.
    """
    incoming: dict[int, list[tuple[int, str]]] = {
        node: [] for node in range(cell.inputs + cell.nodes)
    }
    for source, target, operation in cell.edges:
        incoming[target].append((source, operation))
    order = TopologicalSorter({node: [s for s, _ in edges] for node, edges in incoming.items()})
    terms: dict[int, list[str]] = {}
    for node in order.static_order():
        if node < cell.inputs:
            terms[node] = [str(node)]
            continue
        sums = [
            _apply(operation, terms[source], zero=zero, identity=identity)
            for source, operation in sorted(incoming[node])
        ]
        if flatten:
            terms[node] = sorted(term for found in sums for term in found if term != _ZERO)
        else:
            terms[node] = sorted("+".join(found) for found in sums)
    return " | ".join(sorted("+".join(terms[node]) or _ZERO for node in cell.outputs))


def _apply(operation: str, value: list[str], *, zero: bool, identity: bool) -> list[str]:
    """Return the terms of an operation of a sum."""
    if zero and (operation == NONE or value in ([_ZERO], [])):
        return [_ZERO]
    if identity and operation == SKIP:
        return value
    return [f"({'+'.join(value)})@{operation}"]


def _reach(start: range | tuple[int, ...], links: list[tuple[int, int]]) -> set[int]:
    reached, news = set(start), set(start)
    while news:
        news = {end for begin, end in links if begin in news} - reached
        reached |= news
    return reached


def _with_edges(cell: CellGraph, kept: set[tuple[int, int, str]]) -> CellGraph:
    return dataclasses.replace(cell, edges=tuple(edge for edge in cell.edges if edge in kept))
