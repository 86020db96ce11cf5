"""What a report is made of: one content, rendered as HTML and as Markdown by two templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


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
    """A table as text; the numbers in full lie in ``tables/<name>.csv``."""

    kind: ClassVar[str] = "grid"
    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


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
