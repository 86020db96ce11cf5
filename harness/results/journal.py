"""``study.journal``, Optuna's log of a study: a JSON object a line, appended to."""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.results.files import parse_object, replacing


def repair_journal(path: Path) -> str | None:
    """Drop what follows the last sound line of a journal, and return a line that says so.

    A killed process may leave half a line and a power loss zeros; Optuna would read neither and
    append to both. What was dropped is kept beside the journal.

    Args:
        path: Of the journal, which no process has open; nothing is done if there is none.
    """
    content = path.read_bytes() if path.exists() else b""
    sound = 0
    for line in content.splitlines(keepends=True):
        if not _is_entry(line):
            break
        sound += len(line)
    if sound == len(content):
        return None
    aside = path.with_name(path.name + ".damaged")
    shutil.copyfile(path, aside)
    with replacing(path) as file:
        file.write(content[:sound])
    lines = content[:sound].count(b"\n")
    return (
        f"{path} is damaged after line {lines:,}; all of it is now in {aside.name}, and the study "
        "goes on from that line: searches that have ended are found again."
    )


def _is_entry(line: bytes) -> bool:
    """Tell whether a line is an operation on the study, written to its end."""
    try:
        return line.endswith(b"\n") and type(parse_object(line).get("op_code")) is int
    except ValueError:
        return False
