"""Completion of commands by a shell, with the names that arguments can have."""

from __future__ import annotations

import argparse
import functools
import os
from collections.abc import Iterator

# What completes an argument, by its option or, where it is positional, its destination.
NAMED = {
    "method": "methods",
    "--method": "methods",
    "--source": "tasks",
    "--target": "tasks",
    "--task": "tasks",
    "--space": "spaces",
    "--protocol": "protocols",
    "--params": "",
}


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer a shell that asks what may come next, and end the process; else do nothing."""
    if "_ARGCOMPLETE" not in os.environ:
        return
    import argcomplete

    for action in _arguments(parser):
        key = action.option_strings[0] if action.option_strings else action.dest
        if key in NAMED:
            vars(action)["completer"] = functools.partial(names, NAMED[key])
    argcomplete.autocomplete(parser)


def names(kind: str, prefix: str, **_: object) -> list[str]:
    """Return what a word may become: names of one kind or, if that is empty, of every plugin.

    Where several are separated by commas, the last is completed.
    """
    before, comma, last = prefix.rpartition(",")
    return [f"{before}{comma}{name}" for name in _known(kind) if name.startswith(last)]


def _known(kind: str) -> list[str]:
    from harness.config.shipped import protocol_files
    from harness.plugins import REGISTRIES

    if kind == "protocols":
        return [*protocol_files()]
    found = [r.names() for r in REGISTRIES if kind in ("", f"{r.kind}s")]
    return sorted({name for some in found for name in some})


def _arguments(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield the arguments of every command."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _arguments(command)
        else:
            yield action
