"""List what can be named: methods, spaces, tasks, evaluators, protocols."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.registry import Registry

KINDS = ("methods", "spaces", "tasks", "evaluators", "protocols")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("kind", nargs="?", choices=KINDS, help="only this kind")
    parser.add_argument("--long", action="store_true", help="add what each is, in one line")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def execute(args: argparse.Namespace) -> int:
    """Print the names; no plugin is imported."""
    kinds = (args.kind,) if args.kind else KINDS
    found = {kind: _summaries(kind, is_long=args.long) for kind in kinds}
    if args.json:
        print(json.dumps(found if args.long else {k: list(v) for k, v in found.items()}, indent=2))
        return 0
    for kind, summaries in found.items():
        print(kind)
        width = max(map(len, summaries), default=0) + 2
        for name, summary in summaries.items():
            print(f"  {name:<{width}}{summary}".rstrip())
    return 0


def _summaries(kind: str, *, is_long: bool) -> dict[str, str]:
    """Return the names of one kind, with what each is if asked for."""
    if kind == "protocols":
        from harness.config.shipped import protocol_files

        files = protocol_files()
        return {name: _first_comment(files[name].read_text()) if is_long else "" for name in files}
    from harness.plugins import REGISTRIES

    registry = next(r for r in REGISTRIES if f"{r.kind}s" == kind)
    return {name: _summary(registry, name, is_long=is_long) for name in registry.names()}


def _summary(registry: Registry[Any], name: str, *, is_long: bool) -> str:
    """Return what a plugin is if asked for, and in any case what it lacks."""
    gap = registry.missing(name)
    parts = [registry.summary(name) if is_long else "", f"(unavailable: {gap})" if gap else ""]
    return " ".join(filter(None, parts))


def _first_comment(text: str) -> str:
    return text.partition("\n")[0].removeprefix("#").strip()
