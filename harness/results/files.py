"""Files that are replaced whole, and numbers that JSON does not know."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from pydantic import BaseModel, ValidationError

from harness.config.wording import word
from harness.errors import ConfigError, DamagedFileError, HarnessError

Document = TypeVar("Document", bound=BaseModel)


# What a file may be called everywhere, besides letters and digits.
PLAIN = "-_.=,+"
LONGEST = 120
SURROGATE = re.compile(rb"\\ud[89a-f]", re.IGNORECASE)
# Of files that `run` writes, adding to what they hold.
REMEDY = "the `python -m harness run` command that made it writes it again with --replace"


def file_name(text: str) -> str:
    """Return a name for a file or folder: the only way from a name of ours to a path.

    Whatever is no plain letter becomes a hyphen, so that no name leads out of its folder, hides a
    file or needs quoting; a long one is cut and told apart by a hash.
    """
    plain = "".join(c if c.isalnum() or c in PLAIN else "-" for c in text).lstrip(".") or "-"
    content = plain.encode()
    if len(content) <= LONGEST:
        return plain
    cut = content[: LONGEST - 9].decode(errors="ignore")
    return f"{cut}-{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:8]}"


def finite(value: Any) -> Any:
    """Return ``value`` with null for every number that JSON does not know."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def check_place(path: Path) -> None:
    """Refuse a path that no file can be written to, before anything is computed for it.

    Raises:
        ConfigError: If its folder is missing, or it is a folder itself.
    """
    if not path.parent.is_dir():
        raise ConfigError(f"{path} cannot be written: make the folder {path.parent} first.")
    if path.is_dir():
        raise ConfigError(f"{path} cannot be written: it is a folder; choose another name.")


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of ``path`` once it is whole.

    A reader sees the old file or the new one, never a part.

    Raises:
        OSError: If it cannot be written, with the file's name; ``path`` is as it was.
    """
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("wb") as file:
            yield file
        os.replace(temporary, path)  # noqa: PTH105 - the atomic rename is the point
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def write_atomically(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` so that a reader sees the old file or the new one, whole.

    What is no Unicode is escaped, such as parts of file names.
    """
    with replacing(path) as file:
        file.write(printable(text).encode())


def printable(text: str) -> str:
    """Return a text with backslashes where it is no Unicode, as names of files may be."""
    return text.encode(errors="backslashreplace").decode()


def read_document(path: Path, model: type[Document], remedy: str = "") -> Document:
    """Return what a file holds; ``remedy`` is a clause on what to do if it cannot be read.

    Raises:
        DamagedFileError: If it does not hold a whole ``model``.
        ConfigError: If another version of the harness wrote it, which knew more.
    """
    with readable(path, model.__name__, remedy):
        return model.model_validate_json(path.read_bytes())


@contextmanager
def readable(place: object, what: str, remedy: str = "") -> Iterator[None]:
    """Tell how a file of ours fails to be what it should, if it does.

    Args:
        place: The file, and where in it.
        what: It should hold.
        remedy: What to do, a clause; empty if the caller says it.

    Raises:
        DamagedFileError: If it holds something else, or part of it.
        ConfigError: If all that is wrong are fields that this version does not know.
    """
    try:
        yield
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _complain(place, what, remedy, error) from error


def _complain(place: object, what: str, remedy: str, error: Exception) -> HarnessError:
    line = f"{place} cannot be read as {what}: {first_reason(error)}"
    if isinstance(error, ValidationError) and all(
        one["type"] == "extra_forbidden" for one in error.errors()
    ):
        return ConfigError(
            f"{line}; another version of the harness wrote it: use that one, or move the file away."
        )
    return DamagedFileError(f"{line}; {remedy}." if remedy else f"{line}.")


def parse_object(text: str | bytes) -> dict[str, Any]:
    """Return the JSON object in ``text``.

    Raises:
        ValueError: If it holds none.
    """
    found = json.loads(text)
    if SURROGATE.search(text if isinstance(text, bytes) else text.encode()):
        json.dumps(found, ensure_ascii=False).encode()  # a half character is no text
    if not isinstance(found, dict):
        raise ValueError("expected an object")
    return found


def first_reason(error: Exception) -> str:
    """Return the first thing that is wrong with a file, and where it is, without a full stop."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, KeyError):
        return f"it lacks {error}"
    if isinstance(error, LookupError | TypeError | AttributeError):
        return "it has another shape"
    if not isinstance(error, ValidationError):
        return str(error).partition("\n")[0].rstrip(".")
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {word(first)}" if place else word(first)
