"""Whose fault it is that an attempt at a job ends: a plugin's, or the machine's.

What a plugin throws is a result and becomes the job's record. What the machine does (memory or disk
that runs out, a file that is damaged, a process that is killed) is none: the job keeps its
checkpoint, has no record, and is tried again.
"""

from __future__ import annotations

import errno
import traceback
from types import TracebackType

import torch

from harness.errors import DamagedFileError, DataError, HarnessError, Unsupported
from harness.results.record import Status

# What an operating system answers when it cannot, whatever the program.
MACHINE_ERRORS = {
    errno.EDQUOT,
    errno.EIO,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
    errno.ENOSPC,
    errno.EPIPE,
    errno.EROFS,
    errno.ESTALE,
    errno.ETIMEDOUT,
}
# What torch says, as a plain RuntimeError, when the operating system refuses memory or a file.
TORCH_SAYS = ("can't allocate memory", "PytorchStreamWriter failed writing")


class Ended(Exception):  # noqa: N818 - an outcome
    """A plugin ended its job without a result.

    Attributes:
        status: FAILED, or SKIPPED if plugins do not go together.
        reason: With a traceback if the plugin did not mean it.
    """

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Lost(Exception):  # noqa: N818 - an outcome
    """The machine ended an attempt at a job; what was saved is kept, and there is no record."""


class _PluginCode:
    """A context for what plugins do: their exceptions leave it as ``Ended``, others as ``Lost``."""

    def __enter__(self) -> None:
        return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not isinstance(error, Exception):  # nothing, or an interrupt
            return
        if is_of_the_machine(error):
            raise Lost(describe(error)) from error
        if isinstance(error, Unsupported):
            raise Ended(Status.SKIPPED, str(error)) from error
        if isinstance(error, HarnessError):
            raise Ended(Status.FAILED, str(error)) from error
        raise Ended(Status.FAILED, "".join(traceback.format_exception(error))) from error


PLUGIN_CODE = _PluginCode()


def is_of_the_machine(error: Exception) -> bool:
    """Tell whether the machine, not the code that ran, is to blame for an exception."""
    if isinstance(error, OSError):
        return error.errno in MACHINE_ERRORS
    if isinstance(error, torch.OutOfMemoryError | torch.AcceleratorError | MemoryError):
        return True
    if isinstance(error, RuntimeError):
        return any(words in str(error) for words in TORCH_SAYS)
    return isinstance(error, DataError | DamagedFileError)


def describe(error: Exception) -> str:
    """Return what happened in one line."""
    text = " ".join(str(error).split()) or "no message"
    return text if isinstance(error, HarnessError) else f"{type(error).__name__}: {text}"
