"""What the operating system says, as one line of what happened, where, and what to do."""

from __future__ import annotations

import errno
import os
import sys

from harness.errors import HarnessError

OURS = ("harness", "analysis", "methods")
REMEDIES = {
    errno.EACCES: "choose a place that you may use, with --results, --out or --data",
    errno.EPERM: "choose a place that you may use, with --results, --out or --data",
    errno.EROFS: "choose a place that can be written to, with --results or --out",
    errno.ENOSPC: "free some space; finished jobs are kept, and the same command goes on",
    errno.EDQUOT: "free some space; finished jobs are kept, and the same command goes on",
    errno.EEXIST: "a file is where a folder is due; move it, or choose another place",
    errno.ENOTDIR: "a file is where a folder is due; move it, or choose another place",
    errno.EISDIR: "a folder is where a file is due; move it, or choose another name",
    errno.ENAMETOOLONG: "choose a shorter name or place",
    errno.ENOENT: "give a place that exists",
    errno.ELOOP: "a link leads to itself; give another place",
    errno.EIO: "look after the disk; finished jobs are kept, and the same command goes on",
    errno.ESTALE: "the network drive is gone; mount it again, and the same command goes on",
    errno.EMFILE: "raise the limit of open files (ulimit -n), or lower --jobs",
}

# Of these even one that names no file is not ours.
NAMELESS = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.EMFILE}


def explain(error: Exception) -> str | None:
    """Return an error as one line for the user; None if it is a fault of ours.

    Errors of the system count as the user's where they name a file, or say that a disk failed.
    """
    if isinstance(error, HarnessError):
        return str(error)
    if isinstance(error, UnicodeDecodeError | UnicodeEncodeError):
        return f"a text cannot be read or written as {error.encoding}: {error.reason}."
    if isinstance(error, ModuleNotFoundError):
        return _explain_missing(error.name or "")
    if not isinstance(error, OSError) or error.errno is None:
        return None
    what = os.strerror(error.errno).lower()
    remedy = REMEDIES.get(error.errno)
    if error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {what}" + (f"; {remedy}." if remedy else ".")
    return f"{what}; {remedy}." if error.errno in NAMELESS else None


def _explain_missing(module: str) -> str | None:
    if not module or module.partition(".")[0] in OURS:
        return None
    return (
        f"{module} is not installed for {sys.executable}; activate the environment that the "
        "harness is installed in, or type in its folder: python -m pip install -e ."
    )


def silence() -> None:
    """Let nothing more be written to a pipe that nobody reads, as Python would try at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
