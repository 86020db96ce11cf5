"""What pydantic finds wrong with a value, in plain words: what was expected."""

from __future__ import annotations

import difflib
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

LONGEST = 60  # characters of a value that a message repeats

_EXPECTED = {
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number"),
    "int_parsing_size": "a whole number that is not that long",
    **dict.fromkeys(("float_type", "float_parsing"), "a number"),
    "finite_number": "a finite number",
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    **dict.fromkeys(("string_type", "string_sub_type"), "a text"),
    **dict.fromkeys(("tuple_type", "list_type", "set_type", "frozen_set_type"), "a list"),
    **dict.fromkeys(
        ("dict_type", "mapping_type", "model_type", "model_attributes_type", "dataclass_type"),
        "a mapping of keys",
    ),
    **dict.fromkeys(("enum", "literal_error"), "{expected}"),
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "multiple_of": "a multiple of {multiple_of}",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "string_pattern_mismatch": "a text of the form {pattern}",
    "none_required": "null",
}

_WRONG = {
    "missing": "it is missing",
    "extra_forbidden": "it is no known key",
    "json_invalid": "it is no JSON",
    "recursion_loop": "it holds itself",
}


def word(error: ErrorDetails) -> str:
    """Return what is wrong with a value, as a clause that begins small and has no full stop."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":  # a sentence of our own
        message = str(context["error"])
        return f"{message[:1].lower()}{message[1:].rstrip('.')}"
    if kind in _WRONG:
        return _WRONG[kind]
    if kind in ("too_short", "too_long"):
        bound = "at least" if kind == "too_short" else "at most"
        limit = context["min_length" if kind == "too_short" else "max_length"]
        return f"expected {bound} {limit} {'entry' if limit == 1 else 'entries'}"
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind].format(**context)}{_near(error)}"
    message = error["msg"].replace("Input should be", "expected")
    return f"{message[:1].lower()}{message[1:].rstrip('.')}"


def show(value: Any) -> str:
    """Return a value as a file may say it, cut if it is long."""
    text = repr(value) if isinstance(value, str) else json.dumps(value, default=repr)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _near(error: ErrorDetails) -> str:
    """Return a hint if a text is almost one of those expected."""
    known = re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))
    near = difflib.get_close_matches(str(error["input"]), known, n=1)
    return f"; did you mean {near[0]}?" if near else ""
