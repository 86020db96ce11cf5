"""What is around a genotype in a log or a file; loads no torch."""

from __future__ import annotations

import re

_BEGIN = re.compile(r"(\w+\.)*\bGenotype\(")
_ASSIGNED = re.compile(r"\s*(\w+\s*=\s*)?")


def uncover(text: str) -> str:
    """Return a text with blanks in place of what is before and behind its genotype.

    Places stay what they are. A text that is itself an expression or an assignment is left alone.
    """
    found = _BEGIN.search(text)
    if found is None or _ASSIGNED.fullmatch(text[: found.start()]):
        return text
    end = _find_end(text, found.end())
    return _blank(text[: found.start()]) + text[found.start() : end] + _behind(text[end:])


def _find_end(text: str, start: int) -> int:
    """Return the place behind the parenthesis that closes the one before ``start``."""
    depth = 1
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place + 1
    return len(text)


def _behind(text: str) -> str:
    """Return what follows a genotype, blank unless there is another one."""
    return text if _BEGIN.search(text) else _blank(text)


def _blank(text: str) -> str:
    return re.sub(r"[^\r\n]", " ", text)
