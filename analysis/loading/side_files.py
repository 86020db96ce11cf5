"""Files that a report writes beside its page, none of which keeps the page from being written."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


class SideFiles:
    """Writes files for machines, and remembers which of them could not be written.

    Attributes:
        failed: A sentence for each of those.
    """

    def __init__(self) -> None:
        self.failed: list[str] = []

    def write(self, path: Path, write: Callable[[], object]) -> bool:
        """Call ``write``, which makes the file at ``path``; return whether it did.

        Whatever it raises becomes a sentence, and of an earlier report's file nothing is left that
        could be taken for this one's.
        """
        try:
            write()
        except Exception as error:  # noqa: BLE001 - libraries throw anything at odd numbers
            reason = " ".join(str(error).split()).rstrip(".") or "no message"
            name = "/".join(path.parts[-2:])
            self.failed.append(f"{name} could not be written: {type(error).__name__}: {reason}.")
            with suppress(OSError):
                path.unlink(missing_ok=True)
            return False
        return True
