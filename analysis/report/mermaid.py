"""Cells as text that GitHub draws: Mermaid flow charts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from harness.api import BlockChain, CellGraph, Graphs

INPUTS = ("c(k-2)", "c(k-1)")
OUTPUT = "c(k)"


def flow_chart(graphs: Graphs) -> str:
    """Return one flow chart with a frame per cell or chain; operations stand on the edges."""
    lines = ["flowchart LR"]
    for place, (name, graph) in enumerate(graphs.items()):
        lines.append(f"  subgraph g{place}[{_quoted(name)}]")
        drawn = _cell(graph, place) if isinstance(graph, CellGraph) else _chain(graph, place)
        lines += [f"    {line}" for line in drawn]
        lines.append("  end")
    return "\n".join(lines)


def _cell(graph: CellGraph, place: int) -> Iterator[str]:
    inputs = INPUTS if graph.inputs == len(INPUTS) else ("in",) * graph.inputs
    for node in range(graph.inputs + graph.nodes):
        label = inputs[node] if node < graph.inputs else str(node)
        yield f"g{place}n{node}({_quoted(label)})"
    yield f"g{place}out({_quoted(OUTPUT)})"
    for source, target, operation in graph.edges:
        yield f"g{place}n{source} -- {_quoted(operation)} --> g{place}n{target}"
    for node in graph.outputs:
        yield f"g{place}n{node} -.-> g{place}out"


def _chain(graph: BlockChain, place: int) -> Iterator[str]:
    for number, block in enumerate(graph.blocks):
        yield f"g{place}n{number}[{_quoted(block)}]"
    for before, after in itertools.pairwise(range(len(graph.blocks))):
        yield f"g{place}n{before} --> g{place}n{after}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "'").replace("\n", " ") + '"'
