"""List what can be named: methods, spaces, tasks, evaluators, protocols, and their parameters."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from harness.cli._output import emit

if TYPE_CHECKING:
    from harness.config.parameters import Parameter
    from harness.registry import Registry

KINDS = ("methods", "spaces", "tasks", "evaluators", "protocols")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("kind", nargs="?", choices=KINDS, help="only this kind")
    parser.add_argument("--long", action="store_true", help="add what each is, in one line")
    parser.add_argument("--params", metavar="NAME", help="the parameters of one, e.g. darts")


def execute(args: argparse.Namespace) -> int:
    """Print the names, for which no plugin is imported, or the parameters of one."""
    if args.params:
        return _execute_parameters(args)
    kinds = (args.kind,) if args.kind else KINDS
    found = {kind: _summaries(kind, is_long=args.long) for kind in kinds}
    document = found if args.long else {kind: list(names) for kind, names in found.items()}
    emit(document, _lines(found), is_json=args.json)
    return 0


def _lines(found: dict[str, dict[str, str]]) -> Iterator[str]:
    for kind, summaries in found.items():
        yield kind
        width = max(map(len, summaries), default=0) + 2
        for name, summary in summaries.items():
            yield f"  {name:<{width}}{summary}".rstrip()


def _execute_parameters(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from harness.config.parameters import list_parameters

    found = {
        registry.kind: list_parameters(registry.load(args.params))
        for registry in _holders(args.params, args.kind)
    }
    document = {kind: [asdict(one) for one in listed] for kind, listed in found.items()}
    lines = (
        line
        for kind, listed in found.items()
        for line in (f"{kind} {args.params}", *_tell(listed, is_long=args.long))
    )
    emit(document, lines, is_json=args.json)
    return 0


def _holders(name: str, kind: str | None) -> list[Registry[Any]]:
    """Return who has a plugin of that name, perhaps of one kind only."""
    from harness.errors import ConfigError, UnknownNameError
    from harness.plugins import REGISTRIES
    from harness.registry import did_you_mean

    if kind == "protocols":
        raise ConfigError(
            "A protocol has no parameters; its file under configs/protocols says all."
        )
    asked = [registry for registry in REGISTRIES if kind in (None, f"{registry.kind}s")]
    found = [registry for registry in asked if name in registry.names()]
    if not found:
        known = {name for registry in asked for name in registry.names()}
        what = asked[0].kind if kind else "method, space, task or evaluator"
        raise UnknownNameError(did_you_mean(what, name, known))
    return found


def _tell(listed: Sequence[Parameter], *, is_long: bool) -> Iterator[str]:
    """Yield a line for each parameter: name, default, where it is tuned, what it is."""
    if not listed:
        yield "  (no parameters)"
    rows = [(one.name, _compact(one.default), _about(one, is_long=is_long)) for one in listed]
    names, values = (max((len(row[i]) for row in rows), default=0) for i in (0, 1))
    for name, value, about in rows:
        yield f"  {name:<{names}}  {value:<{values}}  {about}".rstrip()


def _compact(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _about(one: Parameter, *, is_long: bool) -> str:
    about = one.about if is_long else one.about.partition(". ")[0]
    return about + (f" [{one.range.low:g} to {one.range.high:g}]" if one.range else "")


def _summaries(kind: str, *, is_long: bool) -> dict[str, str]:
    """Return the names of one kind, with what each is if asked for."""
    if kind == "protocols":
        from harness.config.shipped import protocol_files

        files = protocol_files()
        return {
            name: _first_comment(files[name].read_text("utf-8")) if is_long else ""
            for name in files
        }
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
