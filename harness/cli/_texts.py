"""Architectures as arguments: texts, or where texts are."""

from __future__ import annotations

import sys
from pathlib import Path

from harness.errors import ConfigError


def read_text(given: str) -> str:
    """Return the text that was given, or that of the file (@FILE) or stream (-) it names.

    ``published:NAME`` names a published architecture.

    Raises:
        ConfigError: If it cannot be read.
        UnknownNameError: If nothing was published under the name.
    """
    if given.startswith("published:"):
        from harness.config.architectures import find_published

        return find_published(given.partition(":")[2]).text
    try:
        if given == "-":
            return sys.stdin.read().removeprefix("\ufeff").strip()
        if given.startswith("@"):
            return Path(given[1:]).read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigError(f"The architecture {given!r} cannot be read: {reason}.") from error
    return given
