"""Reads the texts in which the field writes cells down: DARTS' genotype; loads no torch.

``Genotype(normal=[('sep_conv_3x3', 0), ...], normal_concat=range(2, 6), reduce=[...],
reduce_concat=range(2, 6))``: per cell two (operation, predecessor) pairs for each node in turn;
the inputs are 0 and 1, the nodes 2, 3, ...; the concat lists the nodes that make up the output.
"""

from __future__ import annotations

import ast
import reprlib

from harness.errors import ConfigError
from harness.interfaces.graph import CellGraph, Edge

_FORM = "Genotype(normal=[(operation, predecessor), ...], normal_concat=..., reduce=..., ...)"
_FIELDS = ("normal", "normal_concat", "reduce", "reduce_concat")
_INPUTS = 2
_EDGES_PER_NODE = 2


def parse_genotype(text: str) -> dict[str, CellGraph]:
    """Return the cells ``normal`` and ``reduce`` of a genotype with any number of nodes.

    The order of the two pairs of a node carries no meaning and is lost. Whether a search space
    holds the cells is not asked here. Nothing in the text is executed.

    Raises:
        ConfigError: If the text is no genotype; the message says where.
    """
    try:
        fields = _read_call(ast.parse(text.strip(), mode="eval").body)
        return {
            name: _read_cell(name, fields[name], fields[f"{name}_concat"])
            for name in ("normal", "reduce")
        }
    except SyntaxError as error:
        place = f"line {error.lineno}, column {error.offset}"
        raise ConfigError(f"{_show(text)} at {place}: {error.msg}; expected {_FORM}.") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise ConfigError(f"{_show(text)} cannot be read: {error}; expected {_FORM}.") from None


def _read_call(tree: ast.expr) -> dict[str, ast.expr]:
    match tree:
        case ast.Call(func=ast.Name(id="Genotype"), args=[], keywords=keywords):
            fields = {keyword.arg or "**": keyword.value for keyword in keywords}
            if sorted(fields) != sorted(_FIELDS):
                raise _complaint(tree, f"fields {', '.join(_FIELDS)}")
            return fields
    raise _complaint(tree, _FORM)


def _read_cell(name: str, pairs: ast.expr, concat: ast.expr) -> CellGraph:
    items = _read_items(pairs, "a list of (operation, predecessor) pairs")
    if not items or len(items) % _EDGES_PER_NODE:
        raise _complaint(pairs, f"two pairs for each node of {name}, not {len(items)} in all")
    nodes = len(items) // _EDGES_PER_NODE
    edges = sorted(
        _read_edge(item, _INPUTS + position // _EDGES_PER_NODE)
        for position, item in enumerate(items)
    )
    return CellGraph(_INPUTS, nodes, tuple(edges), _read_concat(concat, nodes))


def _read_edge(pair: ast.expr, target: int) -> Edge:
    match pair:
        case (
            ast.Tuple(elts=[ast.Constant(value=str(operation)), source])
            | ast.List(elts=[ast.Constant(value=str(operation)), source])
        ):
            return _read_integer(source, 0, target - 1), target, operation
    raise _complaint(pair, f"an (operation, predecessor) pair of node {target}")


def _read_concat(concat: ast.expr, nodes: int) -> tuple[int, ...]:
    first, last = _INPUTS, _INPUTS + nodes - 1
    match concat:
        case ast.Call(func=ast.Name(id="range"), args=[start, stop], keywords=[]):
            bounds = _read_integer(start, first, last), _read_integer(stop, first, last + 1)
            outputs = list(range(*bounds))
        case _:
            items = _read_items(concat, "a list of nodes or range(a, b)")
            outputs = [_read_integer(item, first, last) for item in items]
    if not outputs or len(set(outputs)) < len(outputs):
        raise _complaint(concat, "at least one node, none of them twice")
    return tuple(sorted(outputs))


def _read_items(sequence: ast.expr, expected: str) -> list[ast.expr]:
    if isinstance(sequence, ast.List | ast.Tuple):
        return sequence.elts
    raise _complaint(sequence, expected)


def _read_integer(node: ast.expr, lowest: int, highest: int) -> int:
    if isinstance(node, ast.Constant) and type(node.value) is int:  # a bool is no integer here
        value = node.value
        if lowest <= value <= highest:
            return value
    raise _complaint(node, f"an integer from {lowest} to {highest}")


def _complaint(node: ast.expr, expected: str) -> ConfigError:
    given, place = _show(ast.unparse(node)), f"line {node.lineno}, column {node.col_offset + 1}"
    return ConfigError(f"{given} in the genotype at {place}: expected {expected}.")


def _show(text: str) -> str:
    """Return a text in one line, shortened."""
    shortener = reprlib.Repr()
    shortener.maxstring = 60
    return shortener.repr(text)
