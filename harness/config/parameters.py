"""A plugin's parameters: the keyword-only arguments of its constructor, checked by pydantic."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from harness.api import Tunable
from harness.config.documents import explain, merge
from harness.errors import ConfigError, PluginError


def defaults(plugin: type) -> dict[str, Any]:
    """Return every parameter of ``plugin`` with its default, as plain containers."""
    model = _model(plugin)
    return model().model_dump(mode="json")


def resolve(kind: str, name: str, plugin: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """Check ``given`` and write out every parameter, so that a changed default is seen.

    Args:
        kind: ``method``, ``space``, ``task`` or ``evaluator``; for the message.
        name: Of the plugin; for the message.
        plugin: Its class.
        given: Parameters that differ from the defaults; a nested group may be given in part.

    Raises:
        ConfigError: If a parameter is unknown or ill-typed.
    """
    model = _model(plugin)
    try:
        return model.model_validate(merge(defaults(plugin), given)).model_dump(mode="json")
    except ValidationError as error:
        raise ConfigError(f"{kind} {name}: {explain(error, model)}") from error


def construct(plugin: type, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return resolved ``parameters`` as the typed keyword arguments of the constructor."""
    checked = _model(plugin).model_validate(parameters)
    return {name: getattr(checked, name) for name in type(checked).model_fields}


def ranges(plugin: type) -> dict[str, Tunable]:
    """Return the declared range of every parameter that has one, by dotted name."""
    return dict(_ranges(_model(plugin), ""))


@dataclass(frozen=True)
class Parameter:
    """What a parameter is, for a reader.

    Attributes:
        name: Dotted, where it belongs to a group.
        default: As plain containers.
        range: Where ``tune`` looks for it; None where it declares no range.
        about: What the docstring says of it.
    """

    name: str
    default: Any
    range: Tunable | None
    about: str


def list_parameters(plugin: type) -> tuple[Parameter, ...]:
    """Return the parameters of ``plugin``, those of groups one by one."""
    return tuple(_list_parameters(plugin, _model(plugin), defaults(plugin), ""))


def _list_parameters(
    documented: type, model: type[BaseModel], values: Mapping[str, Any], prefix: str
) -> Iterator[Parameter]:
    about = _read_arguments(documented)
    for name, field in model.model_fields.items():
        inner, value = field.annotation, values[name]
        if isinstance(inner, type) and issubclass(inner, BaseModel) and isinstance(value, dict):
            yield from _list_parameters(inner, inner, value, f"{prefix}{name}.")
            continue
        found = next((note for note in field.metadata if isinstance(note, Tunable)), None)
        yield Parameter(f"{prefix}{name}", value, found, about.get(name, ""))


def _read_arguments(documented: type) -> dict[str, str]:
    """Return what a class's docstring, and those it inherits from, say of each argument."""
    found: dict[str, str] = {}
    for one in reversed(documented.__mro__):
        for section in re.findall(
            r"^(?:Args|Attributes):\n((?: +.*\n?|\n(?= ))+)",
            inspect.cleandoc(one.__doc__ or ""),
            re.M,
        ):
            for name, text in re.findall(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", section, re.M):
                found[name] = " ".join(text.split())
    return found


def nest(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by dotted name as mappings inside mappings."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        for part in reversed(name.split(".")):
            value = {part: value}
        result = merge(result, value)
    return result


def _ranges(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, Tunable]]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _ranges(inner, f"{prefix}{name}.")
        for note in field.metadata:
            if isinstance(note, Tunable):
                yield f"{prefix}{name}", note


@functools.cache
def _model(plugin: type) -> type[BaseModel]:
    """Return a model with one field for each keyword-only argument of ``plugin``."""
    signature = inspect.signature(plugin, eval_str=True)
    keywords = [p for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY]
    for parameter in keywords:
        if parameter.default is parameter.empty:
            raise PluginError(
                f"{plugin.__name__}'s parameter {parameter.name!r} has no default; give it one."
            )
    fields: dict[str, Any] = {p.name: (p.annotation, p.default) for p in keywords}
    config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    return create_model(plugin.__name__, __config__=config, **fields)
