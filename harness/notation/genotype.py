"""Reads and prints the field's notation of cells, the genotype of DARTS; loads no torch.

``Genotype(normal=[...], normal_concat=range(2, 6), reduce=[...], reduce_concat=range(2, 6))``. The
inputs of a cell are 0 and 1, its nodes 2, 3, ...; a concat lists the nodes that make up the
output. The edges of a cell come in one of three dialects:

* pairs: ``('sep_conv_3x3', 0)``, an operation and a predecessor, two for each node in turn;
* nested: for each node in turn a list of such pairs, any number of them;
* triples: ``('sep_conv_3x3', 2, 0)``, an operation, a node and its predecessor, in any order
  (FairDARTS); the last node is the last one that has an edge or is in the concat.

Lists and tuples are the same, and so are ``2`` and ``np.int64(2)``. What is around the genotype, as
in the line of a log, is passed over, and so are the fields ``connectN`` and ``connects`` of
AutoDL-Projects where they are None. Nothing is executed.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from harness.errors import ConfigError
from harness.interfaces.graph import BlockChain, CellGraph, Graphs
from harness.interfaces.source import Mistake, parse_source, show
from harness.interfaces.surroundings import uncover

_CELLS = ("normal", "reduce")
_FIELDS = tuple(field for name in _CELLS for field in (name, f"{name}_concat"))
_EMPTY_FIELDS = ("connectN", "connects")  # of AutoDL-Projects, where they are None
_FORM = "Genotype(normal=[(operation, predecessor), ...], normal_concat=..., reduce=..., ...)"
_PAIR = "an (operation, predecessor) pair"
_TRIPLE = "an (operation, node, predecessor) triple"
_NESTED = "a list of a node's pairs"
_DIALECTS = {2: _PAIR, 3: _TRIPLE}
_INPUTS = 2
_EDGES_PER_NODE = 2  # where there are pairs
_HIGHEST = 999  # so that a slip in a concat does not fill the memory
_A_NODE = f"a node, an integer from {_INPUTS}"


class _Link(NamedTuple):
    """An edge, and where the text names its predecessor."""

    source: int
    target: int
    operation: str
    place: ast.expr


def parse_genotype(text: str) -> dict[str, CellGraph]:
    """Return the cells ``normal`` and ``reduce`` of a genotype with any number of nodes.

    The order of the edges of a node carries no meaning and is lost. Whether a search space holds
    the cells is not asked here.

    Raises:
        ConfigError: If the text is no genotype; the message says where.
    """
    text = uncover(text)
    statements = parse_source(text, _FORM)
    try:
        fields = _read_fields(_read_call(text, statements))
        return {name: _read_cell(fields[name], fields[f"{name}_concat"]) for name in _CELLS}
    except Mistake as mistake:
        raise ConfigError(mistake.describe(text, "the genotype")) from None
    except (ValueError, RecursionError) as error:  # a part that cannot even be shown
        raise ConfigError(f"{show(text)} cannot be read: {error}; expected {_FORM}.") from None


def format_genotype(cells: Graphs) -> str:
    """Return the text, in one line, that ``parse_genotype`` reads as ``cells``.

    It has pairs if every node of both cells has exactly two edges, else triples.

    Raises:
        ConfigError: If the notation cannot express the cells; the message says why.
    """
    if set(cells) != set(_CELLS):
        given = ", ".join(cells) or "none"
        raise ConfigError(f"A genotype holds the cells {' and '.join(_CELLS)}, not {given}.")
    graphs = {name: _require_expressible(name, cells[name]) for name in _CELLS}
    list_edges = _list_pairs if all(map(_is_regular, graphs.values())) else _list_triples
    fields = (
        f"{name}={list_edges(graph)}, {name}_concat={_format_concat(graph.outputs)}"
        for name, graph in graphs.items()
    )
    return f"Genotype({', '.join(fields)})"


def _read_call(text: str, statements: list[ast.stmt]) -> ast.Call:
    if not statements:
        raise ConfigError(f"{show(text)} holds no genotype; expected {_FORM}.")
    if len(statements) > 1:
        raise Mistake(statements[1], f"expected nothing after the one {_FORM}")
    match statements[0]:
        case ast.Expr(value=value) | ast.Assign(targets=[ast.Name()], value=value):
            match value:
                case ast.Call(func=ast.Name(id="Genotype") | ast.Attribute(attr="Genotype")):
                    return value
            raise Mistake(value, f"expected {_FORM}")
    raise Mistake(statements[0], f"expected {_FORM}")


def _read_fields(call: ast.Call) -> Mapping[str, ast.expr]:
    expected = f"expected {', '.join(_FIELDS)}"
    known = (*_FIELDS, *_EMPTY_FIELDS)
    strange = [value for value in call.args[len(_FIELDS) :] if not _is_none(value)]
    if strange := strange or call.args[len(known) :]:
        raise Mistake(strange[0], f"a value too many; {expected}")
    fields = dict(zip(known, call.args, strict=False))
    for keyword in call.keywords:
        if keyword.arg not in known:
            raise Mistake(keyword, f"no field of a genotype; {expected}")
        if keyword.arg in fields:
            raise Mistake(keyword, f"the field {keyword.arg} is given twice; {expected}")
        fields[keyword.arg] = keyword.value
    for name in _EMPTY_FIELDS:
        if name in fields and not _is_none(fields[name]):
            raise Mistake(fields[name], f"{name} is more than this notation can say; expected None")
    if missing := [field for field in _FIELDS if field not in fields]:
        raise Mistake(call, f"{' and '.join(missing)} missing; {expected}")
    return fields


def _read_cell(edges: ast.expr, concat: ast.expr) -> CellGraph:
    items = _read_items(edges, "a list of edges")
    outputs = _read_concat(concat)
    dialect = _tell_dialect(items)
    if dialect == _PAIR:
        if len(items) % _EDGES_PER_NODE:
            raise Mistake(edges, f"expected two pairs for each node in turn, not {len(items)}")
        links = [_read_pair(item, _INPUTS + i // _EDGES_PER_NODE) for i, item in enumerate(items)]
        last = _INPUTS + len(items) // _EDGES_PER_NODE - 1
    elif dialect == _NESTED:
        lists = enumerate((_read_items(item, _NESTED) for item in items), _INPUTS)
        links = [_read_pair(pair, target) for target, pairs in lists for pair in pairs]
        last = _INPUTS + len(items) - 1
    else:
        links = [_read_triple(item) for item in items]
        last = max(_INPUTS, *outputs, *(link.target for link in links))
    for link in links:
        _check_link(link, last)
    for node, place in outputs.items():
        _check_output(node, place, last)
    triples = sorted((link.source, link.target, link.operation) for link in links)
    return CellGraph(_INPUTS, last - _INPUTS + 1, tuple(triples), tuple(sorted(outputs)))


def _tell_dialect(items: list[ast.expr]) -> str:
    """Return how the edges of a cell are written; those of an empty list are triples."""
    dialects = [_tell_one(item) for item in items] or [_TRIPLE]
    for item, dialect in zip(items, dialects, strict=False):
        if dialect != dialects[0]:
            begin = f"{dialect} in a list that begins with {dialects[0]}"
            raise Mistake(item, f"{begin}; expected all alike")
    return dialects[0]


def _tell_one(item: ast.expr) -> str:
    expected = f"{_PAIR}, {_TRIPLE} or {_NESTED}"
    parts = _read_items(item, expected)
    if all(isinstance(part, ast.List | ast.Tuple) for part in parts):
        return _NESTED
    if len(parts) in _DIALECTS:
        return _DIALECTS[len(parts)]
    raise Mistake(item, f"expected {expected}")


def _read_pair(pair: ast.expr, target: int) -> _Link:
    expected = f"{_PAIR} of node {target}"
    match _read_items(pair, expected):
        case [ast.Constant(value=str(operation)), source]:
            return _read_link(source, target, operation)
    raise Mistake(pair, f"expected {expected}")


def _read_triple(triple: ast.expr) -> _Link:
    match _read_items(triple, _TRIPLE):
        case [ast.Constant(value=str(operation)), node, source]:
            return _read_link(source, _read_number(node, _INPUTS, _A_NODE), operation)
    raise Mistake(triple, f"expected {_TRIPLE}")


def _read_link(source: ast.expr, target: int, operation: str) -> _Link:
    expected = f"a predecessor of node {target}, an integer from 0 to {target - 1}"
    return _Link(_read_number(source, 0, expected), target, operation, source)


def _check_link(link: _Link, last: int) -> None:
    if link.source < link.target:
        return
    if link.source == link.target:
        what = "itself"
    elif link.source <= last:
        what = f"node {link.source}, which comes later"
    else:
        what = f"node {link.source}, but the last node is {last}"
    expected = f"expected a predecessor from 0 to {link.target - 1}"
    raise Mistake(link.place, f"node {link.target} is fed by {what}; {expected}")


def _check_output(node: int, place: ast.expr, last: int) -> None:
    if not _INPUTS <= node <= last:
        what = "is an input of the cell" if node < _INPUTS else "does not exist"
        raise Mistake(place, f"node {node} {what}; expected nodes from {_INPUTS} to {last}")


def _read_concat(concat: ast.expr) -> dict[int, ast.expr]:
    """Return the nodes of a concat with the place of each."""
    outputs: dict[int, ast.expr] = {}
    match concat:
        case ast.Call(func=ast.Name(id="list" | "tuple"), args=[inner], keywords=[]):
            return _read_concat(inner)
        case ast.Call(func=ast.Name(id="range"), args=[start, stop], keywords=[]):
            bounds = (_read_number(bound, 0, _A_NODE) for bound in (start, stop))
            outputs = dict.fromkeys(range(*bounds), concat)
        case _:
            for item in _read_items(concat, "a list of nodes or range(a, b)"):
                node = _read_number(item, 0, _A_NODE)
                if node in outputs:
                    raise Mistake(item, f"node {node} is listed twice; expected each node once")
                outputs[node] = item
    if not outputs:
        raise Mistake(concat, "expected at least one node")
    return outputs


def _read_items(sequence: ast.expr, expected: str) -> list[ast.expr]:
    if isinstance(sequence, ast.List | ast.Tuple):
        return sequence.elts
    raise Mistake(sequence, f"expected {expected}")


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _read_number(node: ast.expr, lowest: int, expected: str) -> int:
    match node:  # numpy prints np.int64(2)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[inner], keywords=[]):
            if re.fullmatch(r"u?int\d*", name):
                return _read_number(inner, lowest, expected)
    if isinstance(node, ast.Constant) and type(node.value) is int:  # a bool is no integer here
        value = node.value
        if lowest <= value <= _HIGHEST:
            return value
    raise Mistake(node, f"expected {expected}")


def _require_expressible(name: str, graph: CellGraph | BlockChain) -> CellGraph:
    reason = "it is a chain of blocks"
    if isinstance(graph, CellGraph):
        reason = next(_list_obstacles(graph), "")
        if not reason:
            return graph
    raise ConfigError(f"The {name} cell cannot be printed as a genotype: {reason}.")


def _list_obstacles(graph: CellGraph) -> Iterator[str]:
    """Yield what a genotype cannot express."""
    last = graph.inputs + graph.nodes - 1
    nodes = range(_INPUTS, last + 1)
    if graph.inputs != _INPUTS:
        yield f"it has {graph.inputs} inputs, not {_INPUTS}"
    if last >= _HIGHEST:
        yield f"its last node {last} is not below {_HIGHEST}"
    if not graph.outputs or list(graph.outputs) != [n for n in nodes if n in graph.outputs]:
        yield f"its outputs {graph.outputs} are not nodes from {_INPUTS} to {last} in order"
    if list(graph.edges) != sorted(graph.edges):
        yield "its edges are not sorted"
    for source, target, _ in graph.edges:
        if not 0 <= source < target or target not in nodes:
            yield f"its edge from {source} to {target} leads to no later node"
    if last not in {*graph.outputs, *(target for _, target, _ in graph.edges)}:
        yield f"its last node {last} has no edge and is no output"


def _is_regular(graph: CellGraph) -> bool:
    """Tell whether every node has as many edges as there are pairs for it."""
    fan_in = Counter(target for _, target, _ in graph.edges)
    nodes = range(_INPUTS, _INPUTS + graph.nodes)
    return all(fan_in[node] == _EDGES_PER_NODE for node in nodes)


def _list_pairs(graph: CellGraph) -> list[tuple[str, int]]:
    return [(operation, source) for operation, _, source in _list_triples(graph)]


def _list_triples(graph: CellGraph) -> list[tuple[str, int, int]]:
    """Return operation, node and predecessor of each edge, by node and then by predecessor."""
    by_node = sorted(graph.edges, key=lambda edge: edge[1])
    return [(operation, target, source) for source, target, operation in by_node]


def _format_concat(outputs: tuple[int, ...]) -> str:
    consecutive = range(outputs[0], outputs[-1] + 1)
    return str(consecutive if outputs == tuple(consecutive) else list(outputs))
