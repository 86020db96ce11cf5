"""Nothing in the analysis is there for its tests alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Where a name is looked up by its spelling: figures, sections, the public face.
ENTRIES = {"collect", "draw", "name_points", "section", "Study", "load", "write_report"}


def definitions(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            parts = (part for target in targets for part in ast.walk(target))
            yield from ((part.id, node) for part in parts if isinstance(part, ast.Name))


def uses(node: ast.AST) -> set[str]:
    """Return the names that some code reads; importing one is not using it."""
    found = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return found | {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}


def unreached(trees: dict[Path, ast.Module], entries: set[str]) -> list[str]:
    """Return what no entry leads to, as file and name."""
    known: dict[str, list[ast.stmt]] = {}
    todo = set(entries)
    for tree in trees.values():
        for name, node in definitions(tree):
            known.setdefault(name, []).append(node)
        for node in tree.body:
            if isinstance(node, ast.Expr | ast.If | ast.For):
                todo |= uses(node)
    reached: set[str] = set()
    while todo:
        reached |= todo
        todo = {use for name in todo for node in known.get(name, ()) for use in uses(node)}
        todo -= reached
    return [
        f"{path}: {name}"
        for path, tree in trees.items()
        for name, _ in definitions(tree)
        if name not in reached and not name.startswith("__")
    ]


def test_the_report_or_a_command_reaches_every_name():
    trees = {path: ast.parse(path.read_text("utf-8")) for path in (ROOT / "analysis").rglob("*.py")}
    commands = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "harness").rglob("*.py")]
    imported = {
        alias.name
        for tree in commands
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("analysis")
        for alias in node.names
    }
    entries = ENTRIES | imported | set().union(*map(uses, commands))
    assert unreached(trees, entries) == []


@pytest.mark.parametrize(("body", "lost"), [("return 1", ["b"]), ("return b()", [])])
def test_a_name_that_only_an_import_mentions_is_found(body, lost):
    tree = ast.parse(f"from x import b\ndef a():\n    {body}\ndef b(): pass")
    assert unreached({Path("m"): tree}, {"a"}) == [f"m: {name}" for name in lost]
