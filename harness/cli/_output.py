"""What a command prints reaches its reader, whatever letters the reader takes."""

from __future__ import annotations

import io
import sys


def escape_unprintable() -> None:
    """Print letters that a stream cannot take as escapes; without, the command would end."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
