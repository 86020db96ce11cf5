"""YAML documents: a strict loader, overrides, and complaints in one line."""

from __future__ import annotations

import copy
import difflib
import math
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from typing_extensions import override

from harness.config.wording import show, word
from harness.errors import ConfigError

DEEPEST, LARGEST = 50, 1_000_000  # levels and values of a document, with its aliases written out


class _StrictLoader(yaml.SafeLoader):
    """The safe loader, but keys are told once (PyYAML keeps the last) and numbers are finite.

    Nor may a document be deeper or larger than any that is meant, which a few aliases suffice for.
    """

    @override
    def get_single_node(self) -> yaml.Node | None:
        node = super().get_single_node()
        if node is not None:
            _measure(node, {})
        return node

    @override
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if not isinstance(key, Hashable):
                raise ConfigError(f"line {line}: a key is a list or a mapping; give a word.")
            if key in seen:
                raise ConfigError(
                    f"line {line}: the key {key!r} is given twice in one mapping; keep one of them."
                )
            seen.add(key)
        return super().construct_mapping(node, deep)

    @override
    def construct_yaml_float(self, node: yaml.ScalarNode) -> float:
        value = super().construct_yaml_float(node)
        if not math.isfinite(value):
            line = node.start_mark.line + 1
            raise ConfigError(f"line {line}: {node.value} is no finite number; give one.")
        return value


_StrictLoader.add_constructor("tag:yaml.org,2002:float", _StrictLoader.construct_yaml_float)


def _measure(node: yaml.Node, known: dict[int, tuple[int, int] | None]) -> tuple[int, int]:
    """Return how many levels and values a node has with its aliases written out.

    Args:
        node: The node.
        known: What has been measured, by the node's id; None for those that ``node`` is in.

    Raises:
        ConfigError: If there are too many.
    """
    line = node.start_mark.line + 1
    if id(node) in known:
        found = known[id(node)]
        if found is None:
            raise ConfigError(f"line {line}: an alias is within what it names; write it out.")
        return found
    known[id(node)] = None
    inner = [_measure(child, known) for child in _children(node)]
    depth = 1 + max((levels for levels, _ in inner), default=0)
    size = 1 + sum(values for _, values in inner)
    if depth > DEEPEST or size > LARGEST:
        raise ConfigError(
            f"line {line}: a document has at most {DEEPEST} levels and {LARGEST} values, "
            "aliases written out; this one has more."
        )
    known[id(node)] = depth, size
    return depth, size


def _children(node: yaml.Node) -> Iterable[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else ()


def read_yaml(path: Path) -> Any:
    """Return the document in ``path``.

    Raises:
        ConfigError: If it cannot be read, is no YAML, or repeats a key.
    """
    try:
        return parse_yaml(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is no text in UTF-8 (byte {error.start} is {error.object[error.start]:#04x}); "
            "save it as UTF-8."
        ) from error
    except ConfigError as error:
        raise ConfigError(f"{path}, {error}") from error


def parse_yaml(text: str) -> Any:
    """Return the document in ``text``, strictly."""
    try:
        return yaml.load(text, Loader=_StrictLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise ConfigError(f"{place}not YAML: {problem}.") from error
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ) as error:  # of values that only look like one
        problem = str(error).partition(":")[0]
        raise ConfigError(f"a value cannot be read: {problem}.") from error
    except RecursionError:
        raise ConfigError("it is nested too deeply to be read.") from None


def apply_overrides(document: Any, overrides: Iterable[str]) -> Any:
    """Return ``document`` with every ``key.path=value`` applied; values are YAML."""
    document = copy.deepcopy(document)
    for text in overrides:
        dotted, separator, value = text.partition("=")
        if not separator or not dotted:
            raise ConfigError(f"--set reads key.path=value, not {text!r}.")
        _assign(document, dotted.split("."), parse_yaml(value), text)
    return document


def _assign(node: Any, keys: list[str], value: Any, text: str) -> None:
    *parents, last = keys
    try:
        for key in parents:
            node = node[int(key)] if isinstance(node, list) else node.setdefault(key, {})
        node[int(last) if isinstance(node, list) else last] = value
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f"--set {text}: the document has no place {'.'.join(keys)!r}.") from error


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``changes`` laid over it, mapping by mapping."""
    result = dict(base)
    for key, value in changes.items():
        below = result.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        result[key] = merge(below, value) if both else value  # type: ignore[arg-type]
    return result


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """Return one complaint of pydantic as: where, what was given, what was expected.

    It is the first, but for an unknown key: that is often the misspelt name of one that is missing.
    """
    first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return _unknown_key(place, _fields_at(model, first["loc"][:-1]))
    if first["type"] == "missing":
        return f"{place} is missing; it has to be stated."
    given = "" if isinstance(first["input"], Mapping | BaseModel) else f" {show(first['input'])}"
    fields = sorted(_fields_at(model, first["loc"])) if first["type"] == "model_type" else []
    keys = f": {', '.join(fields)}" if fields else ""
    reason = word(first) + keys
    return f"{place or 'document'}{given}: {reason}{'' if reason.endswith('?') else '.'}"


def _unknown_key(place: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(place.rpartition(".")[2], names, n=2)
    if near:
        return f"{place} is no known key. Did you mean {' or '.join(near)}?"
    return f"{place} is no known key." + (f" Known: {', '.join(names)}." if names else "")


def _fields_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> set[str]:
    """Return the field names of the model at ``loc``, as far as it can be followed."""
    for part in loc:
        field = model.model_fields.get(str(part))
        if field is None:
            continue  # an index, or the tag of a union
        inner = next((m for m in _models_in(field.annotation)), None)
        if inner is None:
            return set()
        model = inner
    return set(model.model_fields)


def _models_in(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument)
