"""The option --version."""

from __future__ import annotations

import argparse
import importlib.metadata
from pathlib import Path
from typing import Any

from typing_extensions import override

from harness.registry import DISTRIBUTION


class Version(argparse.Action):
    """Print the version and where the code is, and end."""

    @override
    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
        try:
            version = importlib.metadata.version(DISTRIBUTION)
        except importlib.metadata.PackageNotFoundError:
            version = "(not installed)"
        print(f"{DISTRIBUTION} {version}, {Path(__file__).parents[1]}")
        parser.exit()
