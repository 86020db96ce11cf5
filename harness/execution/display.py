"""What long work shows: lines, and on a terminal one below them that is drawn over.

Own code, for rich and tqdm both draw a bar for one loop, and what is shown here is several jobs at
once, whose lines a log file gets, too.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from typing import TextIO

USUAL_COLUMNS = 80


class Display:
    """Lines on a stream, by default standard error, and a last one that is drawn over.

    A terminal or pipe may go away while jobs run for hours. That ends what is shown, not the work:
    no error of the stream is passed on.

    Args:
        out: The stream.
    """

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._is_drawn = False

    @property
    def is_live(self) -> bool:
        """Whether a line can be drawn over."""
        try:
            return self._out.isatty()
        except (OSError, ValueError):  # closed
            return False

    def say(self, line: str) -> None:
        """Print a line that stays."""
        self.clear()
        self._write(f"{line}\n")

    def draw(self, line: str) -> None:
        """Draw the last line, cut to the terminal's width; nothing where none can be drawn over."""
        if self.is_live:
            self._write(f"\r\x1b[K{fit(line, self._columns() - 1)}")
            self._is_drawn = True

    def clear(self) -> None:
        """Take the last line away, so that whoever prints next begins on an empty one."""
        if self._is_drawn:
            self._write("\r\x1b[K")
            self._is_drawn = False

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._out.fileno()).columns or USUAL_COLUMNS
        except (OSError, ValueError):
            return USUAL_COLUMNS

    def _write(self, text: str) -> None:
        try:
            self._out.write(text)
            self._out.flush()
        except (OSError, ValueError):
            return


def fit(line: str, columns: int) -> str:
    """Return the beginning of a line that fits; an ellipsis tells that there was more."""
    if _columns_of(line) <= columns:
        return line
    while line and _columns_of(line) > columns - 1:
        line = line[:-1]
    return f"{line}…" if columns > 0 else ""


def _columns_of(text: str) -> int:
    """Return how many columns a terminal needs for a text."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide
