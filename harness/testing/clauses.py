"""What contract checks of every kind share: a check's docstring is its clause."""

from __future__ import annotations

import hashlib
import inspect
import math
import reprlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from harness.api import Architecture, SearchSpace
from harness.errors import DataError

Check = Callable[..., None]


class Excepted(Exception):  # noqa: N818 - a statement about a plugin, not a mistake
    """The clause is not held against this plugin, for the reason that is the message."""


def title(check: Check) -> str:
    """Return a check's name as ``exceptions`` of a plugin refer to it: without ``check_``."""
    return check.__name__.removeprefix("check_")


def read_clause(check: Check) -> str:
    """Return the sentence that a check holds a plugin to."""
    return (inspect.getdoc(check) or "").partition("\n")[0]


def apply(check: Check, plugin: Any, *arguments: object) -> None:
    """Run ``check`` on ``plugin``, a class or an object of it.

    Raises:
        Excepted: If the plugin declares an exception from the clause, or says itself that it does
            not apply here, or its data are not on this machine.
        AssertionError: If the plugin breaks the clause.
    """
    exceptions: Mapping[str, str] = getattr(plugin, "exceptions", {})
    if title(check) in exceptions:
        reason = exceptions[title(check)]
        assert reason, f"the exception from {title(check)!r} gives no reason"
        raise Excepted(reason)
    try:
        check(plugin, *arguments)
    except DataError as error:
        raise Excepted(str(error)) from error


@contextmanager
def no_error(place: str) -> Iterator[None]:
    """Turn whatever a plugin raises inside into a failure in one line that says where."""
    try:
        yield
    except (AssertionError, Excepted, DataError):
        raise
    except Exception as error:
        raise AssertionError(f"{place} raised {describe(error)}") from error


def describe(error: BaseException) -> str:
    """Return an error's type and the first line of its message."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def is_sentence(text: object) -> bool:
    """Tell whether ``text`` is one line that a user can read: a capital first, a stop last."""
    return isinstance(text, str) and text[:1].isupper() and text[-1] == "." and "\n" not in text


def complain_about(architecture: object, space: SearchSpace) -> str | None:
    """Say what is wrong with an architecture, in words that follow its name, or return None."""
    if not isinstance(architecture, tuple) or any(
        type(choice) is not int for choice in architecture
    ):
        return f"{architecture!r} is no tuple of Python integers"
    if not space.is_valid(architecture):
        return f"{architecture!r} does not belong to the space"
    return None


def require_architecture(what: str, architecture: Architecture, space: SearchSpace) -> None:
    """Fail unless ``architecture`` is well-formed and belongs to the space."""
    fault = complain_about(architecture, space)
    assert not fault, f"{what} {fault}"


def freeze(value: Any) -> Any:
    """Return a copy of nested containers that compares bit by bit: tensors hashed, NaN a text."""
    if isinstance(value, Tensor):
        flat = value.detach().cpu().contiguous().reshape(-1)
        digest = hashlib.sha256(flat.view(torch.uint8).numpy().tobytes()).hexdigest()[:12]
        return f"{value.dtype} {tuple(value.shape)} {digest}"
    if isinstance(value, Mapping):
        return {key: freeze(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [freeze(inner) for inner in value]
    return "nan" if isinstance(value, float) and math.isnan(value) else value


def find_difference(first: Any, second: Any, place: str = "") -> str | None:
    """Return where two frozen values differ first, and how, or None if they are equal."""
    if isinstance(first, Mapping) and isinstance(second, Mapping) and first.keys() == second.keys():
        pairs = [(f"{place}.{key}", first[key], second[key]) for key in first]
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        pairs = [(f"{place}[{i}]", *both) for i, both in enumerate(zip(first, second, strict=True))]
    elif first == second:
        return None
    else:
        return f"{place.lstrip('.')}: {reprlib.repr(first)} against {reprlib.repr(second)}"
    found = (find_difference(a, b, inner) for inner, a, b in pairs)
    return next((text for text in found if text), None)
