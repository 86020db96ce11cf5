"""What a report is made of: one content, rendered as HTML and as Markdown by two templates."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

# Of a longer table a page shows so many rows, unless only a few more would be left out.
MOST_ROWS, FEW_ROWS = 60, 20
# What a cell of a column of numbers looks like: a number with its limits, n + n, or a dash.
_NUMBER = re.compile(r"[\d\s.,+%\N{MINUS SIGN}\N{EN DASH}<>≤±e[\]*-]*( pp| s)?")


@dataclass(frozen=True)
class Text:
    """A paragraph; ``tone`` is empty, ``notice`` (must be read) or ``stamp`` (limits a claim)."""

    kind: ClassVar[str] = "text"
    text: str
    tone: str = ""


@dataclass(frozen=True)
class Listing:
    """A list of sentences; ``tone`` is empty, or ``answer`` for those that a reader came for."""

    kind: ClassVar[str] = "listing"
    items: tuple[str, ...]
    tone: str = ""


@dataclass(frozen=True)
class Grid:
    """A table as text; the numbers in full are in ``tables/<name>.csv``.

    Of hundreds of rows a page shows the first, and says how many more the file has.
    """

    kind: ClassVar[str] = "grid"
    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def shown(self) -> tuple[tuple[str, ...], ...]:
        """The rows of the page."""
        return self.rows[:MOST_ROWS] if self.left_out else self.rows

    @property
    def left_out(self) -> int:
        """How many rows only the file has."""
        return len(self.rows) - MOST_ROWS if len(self.rows) > MOST_ROWS + FEW_ROWS else 0

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns hold nothing but numbers."""
        return tuple(
            bool(self.rows) and all(_NUMBER.fullmatch(row[place]) for row in self.rows)
            for place in range(len(self.columns))
        )


@dataclass(frozen=True)
class Picture:
    """A figure, by the name of its files; ``file`` is the one that Markdown shows."""

    kind: ClassVar[str] = "picture"
    name: str
    caption: str
    file: str


@dataclass(frozen=True)
class Verbatim:
    """Text as it is, such as an architecture or a traceback."""

    kind: ClassVar[str] = "verbatim"
    text: str


@dataclass(frozen=True)
class Diagram:
    """A Mermaid diagram: Markdown viewers draw it, the page leaves it out."""

    kind: ClassVar[str] = "diagram"
    text: str


@dataclass(frozen=True)
class Fold:
    """Blocks that open on demand."""

    kind: ClassVar[str] = "fold"
    title: str
    blocks: tuple[Block, ...]


Block = Text | Listing | Grid | Picture | Verbatim | Diagram | Fold


@dataclass(frozen=True)
class Section:
    """A headed part of the report.

    Attributes:
        key: What links name it by.
        title: Its heading; empty for the answer, which needs none.
        blocks: What it shows.
        summary: One line for readers who do not open it: what it shows.
        remark: What is remarkable about it; empty if nothing is.
    """

    key: str
    title: str
    blocks: tuple[Block, ...]
    summary: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Part:
    """What a report says of one study.

    Attributes:
        title: Names of its experiments.
        lead: Sections that are read first, open.
        evidence: Sections that are folded.
    """

    title: str
    lead: tuple[Section, ...]
    evidence: tuple[Section, ...]


def list_cells(part: Part) -> Iterator[str]:
    """Yield the columns and cells of all tables, folded ones included."""
    blocks = [block for section in (*part.lead, *part.evidence) for block in section.blocks]
    while blocks:
        block = blocks.pop()
        if isinstance(block, Fold):
            blocks += block.blocks
        elif isinstance(block, Grid):
            yield from itertools.chain(block.columns, *block.rows)


@dataclass(frozen=True)
class Page:
    """A whole report.

    Attributes:
        title: Of the page.
        notices: What concerns all of it.
        parts: One for each study.
        glossary: Terms and what they mean.
    """

    title: str
    notices: tuple[str, ...]
    parts: tuple[Part, ...]
    glossary: tuple[tuple[str, str], ...]
