"""Python notation given by a user: its tree, and what is wrong with it where; loads no torch."""

from __future__ import annotations

import ast
import re
import reprlib
import warnings

from harness.errors import ConfigError

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


class Mistake(Exception):  # noqa: N818 - part of a text, not of the program
    """Something in a text that is not as expected.

    Args:
        node: The part of the tree that is wrong.
        complaint: What is wrong with it or what was expected, without a full stop.
    """

    def __init__(self, node: ast.expr | ast.stmt | ast.keyword, complaint: str) -> None:
        super().__init__(complaint)
        self.node = node
        self.given = show(ast.unparse(node))

    def describe(self, text: str, title: str) -> str:
        """Return the complaint with its place in ``text``, which is called ``title``."""
        line, offset = self.node.lineno, self.node.col_offset
        before = _LINE_BREAK.split(text.strip())[line - 1].encode()[:offset]
        place = _locate(text, line, len(before.decode()) + 1)
        return f"{self.given} in {title} at {place}: {self}."


def parse_source(text: str, expected: str) -> list[ast.stmt]:
    """Return the statements of a text without the white space around it.

    Raises:
        ConfigError: If it cannot be parsed; the message says where, and what was expected.
    """
    try:
        # Python warns of strange escapes in more than one line.
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(text.strip()).body
    except SyntaxError as error:
        place = f" at {_locate(text, error.lineno, error.offset or 1)}" if error.lineno else ""
        raise ConfigError(f"{show(text)}{place}: {error.msg}; expected {expected}.") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise ConfigError(f"{show(text)} cannot be read: {error}; expected {expected}.") from None


def show(text: str) -> str:
    """Return a text in one line, shortened."""
    shortener = reprlib.Repr()
    shortener.maxstring = 60
    return shortener.repr(text)


def _locate(text: str, line: int, column: int) -> str:
    """Return where a place of the stripped text, counted from 1, is in ``text`` itself."""
    blank = _LINE_BREAK.split(text[: len(text) - len(text.lstrip())])
    column += len(blank[-1]) if line == 1 else 0
    return f"line {line + len(blank) - 1}, column {column}"
