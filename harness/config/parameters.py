"""A plugin's parameters: the keyword-only arguments of its constructor, checked by pydantic."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from harness.api import Tunable
from harness.config.documents import explain, merged
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
        return model.model_validate(merged(defaults(plugin), given)).model_dump(mode="json")
    except ValidationError as error:
        raise ConfigError(f"{kind} {name}: {explain(error, model)}") from error


def construct(plugin: type, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return resolved ``parameters`` as the typed keyword arguments of the constructor."""
    checked = _model(plugin).model_validate(parameters)
    return {name: getattr(checked, name) for name in type(checked).model_fields}


def ranges(plugin: type) -> dict[str, Tunable]:
    """Return the declared range of every parameter that has one, by dotted name."""
    return dict(_ranges(_model(plugin), ""))


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by dotted name as mappings inside mappings."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        for part in reversed(name.split(".")):
            value = {part: value}
        result = merged(result, value)
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
