"""Architectures as arguments: texts, or where texts are."""

from __future__ import annotations

import sys
from pathlib import Path

from harness.errors import ConfigError


def read_text(given: str) -> str:
    """Return the text that was given, or that of the file (@FILE) or stream (-) it names.

    Raises:
        ConfigError: If it cannot be read.
    """
    try:
        if given == "-":
            return sys.stdin.read().removeprefix("\ufeff").strip()
        if given.startswith("@"):
            return Path(given[1:]).read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigError(f"The architecture {given!r} cannot be read: {reason}.") from error
    return given
