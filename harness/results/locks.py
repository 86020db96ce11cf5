"""File locks: held by a process, and gone with it."""

from __future__ import annotations

import fcntl
from typing import IO, Any

from harness.errors import ConfigError


def hold(file: IO[Any], *, waits: bool = False, is_shared: bool = False) -> bool:
    """Lock an open file until it is closed; return whether that worked.

    Args:
        file: Open for writing.
        waits: Whether to wait for whoever holds it; else False is returned at once.
        is_shared: Whether others may hold it in the same way.

    Raises:
        ConfigError: If the file system knows no locks.
    """
    how = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
    try:
        fcntl.flock(file, how if waits else how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise ConfigError(
            f"{file.name} cannot be locked ({error.strerror}), so two runs could disturb each "
            "other there: its file system has no file locks; choose a folder on another one."
        ) from error
    return True
