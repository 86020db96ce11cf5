"""Architectures that an experiment is given: from a file, by published name, or written into it.

An entry is one line::

    # a comment
    Genotype(normal=[...], ...)         in any notation that a space reads
    mine = |nor_conv_3x3~0|+...         with a name
    published:DARTS_V1,PDARTS           by name, see published.yaml

``architectures`` of an experiment is the path of a file of entries, one entry ``published:...``, or
a list of entries.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from harness.api import Rules
from harness.config.documents import read_yaml
from harness.config.relative import relative_to
from harness.errors import ConfigError, UnknownNameError
from harness.registry import did_you_mean

PUBLISHED = "published:"
PUBLISHED_FILE = Path(__file__).with_name("published.yaml")
NAME = r"[A-Za-z0-9][A-Za-z0-9_.+-]*"
_NAMED = re.compile(rf"({NAME})\s*=\s*(.*)", re.DOTALL)


class GivenArchitecture(Rules):
    """An architecture that is trained without a search.

    Attributes:
        name: How reports call it, beside methods.
        text: In the notation of the experiment's space.
        origin: Where it is from: a line of a file, or where it was published.
    """

    name: Annotated[str, Field(pattern=rf"^{NAME}$", max_length=60)]
    text: str
    origin: str = ""


class PublishedArchitecture(Rules):
    """An architecture that its authors published.

    Attributes:
        text: In the notation of the space that it belongs to.
        searched: Data set that it was found on.
        repository: On GitHub, where the text was read.
        commit: Of the repository.
        path: Of the file there.
    """

    text: str
    searched: str
    repository: str
    commit: str
    path: str

    @property
    def origin(self) -> str:
        """Where it is from, in words."""
        return f"searched on {self.searched}; {self.repository} @ {self.commit[:7]}, {self.path}"


@functools.cache
def read_published() -> Mapping[str, PublishedArchitecture]:
    """Return the published architectures, by name."""
    adapter = TypeAdapter(dict[str, PublishedArchitecture])
    return adapter.validate_python(read_yaml(PUBLISHED_FILE))


def find_published(name: str) -> GivenArchitecture:
    """Return the published architecture of a name.

    Raises:
        UnknownNameError: If there is none.
    """
    known = read_published()
    if name not in known:
        raise UnknownNameError(did_you_mean("published architecture", name, known))
    return GivenArchitecture(name=name, text=known[name].text, origin=known[name].origin)


def with_architectures(document: Mapping[str, Any], home: Path) -> dict[str, Any]:
    """Return an experiment's document with every architecture that its entries stand for.

    Args:
        document: Of the experiment.
        home: Folder that a path is relative to.

    Raises:
        ConfigError: If a file cannot be read or holds none.
        UnknownNameError: If a published name is unknown.
    """
    if (given := document.get("architectures")) is None:
        return dict(document)
    return {**document, "architectures": read_architectures(given, home)}


def read_architectures(given: Any, home: Path) -> Any:
    """Return the architectures that a text or a list of entries stands for, as mappings.

    What is neither is returned as it is; ``with_architectures`` documents arguments and errors.
    """
    if isinstance(given, str) and not given.startswith(PUBLISHED):
        return list(_read_file(relative_to(home, given)))
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, list | tuple):
        return given
    return list(_read_entries((f"entry {at}", entry) for at, entry in enumerate(given, start=1)))


def _read_file(path: Path) -> Iterator[Any]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        is_name = path.name.partition(",")[0] in read_published()
        hint = f" Did you mean {PUBLISHED}{path.name}?" if is_name else ""
        raise ConfigError(f"{path} cannot be read: {error.strerror}.{hint}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is no text in UTF-8; save it as UTF-8.") from error
    entries = [
        (f"{path.name}, line {number}", line.strip())
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.strip().startswith("#")
    ]
    if not entries:
        raise ConfigError(
            f"{path} holds no architecture; write one a line, as NAME = Genotype(normal=...)."
        )
    return _read_entries(entries)


def _read_entries(entries: Iterable[tuple[str, Any]]) -> Iterator[Any]:
    """Yield the architectures of entries, each of which comes with its place."""
    for number, (place, entry) in enumerate(entries, start=1):
        if not isinstance(entry, str):
            yield entry
        elif entry.startswith(PUBLISHED):
            names = entry.removeprefix(PUBLISHED).split(",")
            yield from (find_published(name.strip()).model_dump() for name in names)
        else:
            named = _NAMED.fullmatch(entry.strip())
            name, text = named.groups() if named else (f"architecture-{number}", entry.strip())
            yield {"name": name, "text": text, "origin": place}
