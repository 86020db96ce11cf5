"""What a report is made of: one content, rendered as HTML and as Markdown by two templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

# Of a longer table a page shows so many rows, unless only a few more would be left out.
MOST_ROWS, FEW_ROWS = 300, 100


@dataclass(frozen=True)
class Text:
    """A paragraph; ``tone`` is empty, ``notice`` (must be read) or ``stamp`` (limits a claim)."""

    kind: ClassVar[str] = "text"
    text: str
    tone: str = ""


@dataclass(frozen=True)
class Listing:
    """A list of sentences."""

    kind: ClassVar[str] = "listing"
    items: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """A table as text; the numbers in full lie in ``tables/<name>.csv``.

    Of thousands of rows a page shows the first, and says how many more the file has.
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
        """How many rows stand in the file only."""
        return len(self.rows) - MOST_ROWS if len(self.rows) > MOST_ROWS + FEW_ROWS else 0


@dataclass(frozen=True)
class Picture:
    """A figure, by the name of its files; ``file`` is the one that Markdown shows."""

    kind: ClassVar[str] = "picture"
    name: str
    caption: str
    file: str


@dataclass(frozen=True)
class Verbatim:
    """Text as it is, such as a traceback."""

    kind: ClassVar[str] = "verbatim"
    text: str


@dataclass(frozen=True)
class Diagram:
    """A Mermaid diagram: Markdown viewers draw it, the page shows its text."""

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
    """A headed part of the report."""

    key: str
    title: str
    blocks: tuple[Block, ...]
