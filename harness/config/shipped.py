"""The protocols that ship with the project, by name; needs neither YAML nor models."""

from __future__ import annotations

import sys
from pathlib import Path

from harness.errors import UnknownNameError
from harness.registry import did_you_mean


def protocol_files() -> dict[str, Path]:
    """Return the shipped protocols: from the checkout, or from under the installation."""
    checkout = Path(__file__).resolve().parents[2] / "configs" / "protocols"
    installed = Path(sys.prefix) / "share" / "nas-harness" / "protocols"
    folder = checkout if checkout.is_dir() else installed
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))}


def protocol_file(name: str) -> Path:
    """Return the file of a shipped protocol.

    Raises:
        UnknownNameError: If there is none of that name.
    """
    files = protocol_files()
    if name not in files:
        raise UnknownNameError(did_you_mean("protocol", name, files))
    return files[name]
