"""Sentences of the report come from values: no number is written into a text."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "analysis"
FILES = sorted(
    [
        ROOT / "answers" / "comparisons" / "sentences.py",
        ROOT / "report" / "notices.py",
        *(ROOT / "report" / "sections").glob("*.py"),
        *(ROOT / "report" / "checklist").glob("*.py"),
    ]
)
# Levels of intervals, scales, and names that have digits.
NAMES = re.compile(
    r"9[05] % (CI|interval)|80 % power|A12|a12\w*|SHA-256|1 = uniform|1 is equal"
    r"|nb201|c100?|CIFAR-100?|utf-8"
)


def texts(source: str) -> Iterator[str]:
    """Yield the literal texts of a module, but for docstrings and formats."""
    tree = ast.parse(source)
    formats = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.FormattedValue) and node.format_spec
        for part in ast.walk(node.format_spec)
    }
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    for node in constants:
        if isinstance(node.value, str) and id(node) not in formats | docstrings:
            yield node.value


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_number_is_written_into_a_sentence(path):
    found = [
        text for text in texts(path.read_text("utf-8")) if re.search(r"\d", NAMES.sub("", text))
    ]
    assert found == []


def test_a_number_in_a_sentence_is_found_and_one_in_a_format_is_not():
    assert list(texts('"""Doc 1."""\nx = f"at most 1.2 of {y:.3f}"')) == ["at most 1.2 of "]
