"""What a command prints: one JSON document or lines, whatever letters the reader takes."""

from __future__ import annotations

import dataclasses
import io
import json
import sys
from collections.abc import Iterable


def emit(document: object, lines: Iterable[object], *, is_json: bool) -> None:
    """Print a command's result.

    Args:
        document: All of it, as JSON has it; records may be objects of data classes.
        lines: The same for a person; not asked for if the document is printed.
        is_json: Whether the document is printed.
    """
    if is_json:
        print(json.dumps(document, indent=2, default=dataclasses.asdict))
        return
    for line in lines:
        print(line)


def escape_unprintable() -> None:
    """Print letters that a stream cannot take as escapes; without, the command would end."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
