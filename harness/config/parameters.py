"""A plugin's parameters: the keyword-only arguments of its constructor, checked by pydantic."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

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
    config = ConfigDict(extra="forbid", frozen=True)
    return create_model(plugin.__name__, __config__=config, **fields)
