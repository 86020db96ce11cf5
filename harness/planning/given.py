"""Given architectures in a search space: which space they belong to, and what they are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.api import Architecture, SearchSpace
from harness.config.architectures import GivenArchitecture
from harness.config.protocol import Plugin
from harness.errors import ConfigError, HarnessError
from harness.planning.resolve_plugins import open_space
from harness.plugins import SPACES

USUAL = "darts"


def find_space(given: Sequence[Mapping[str, Any]]) -> str:
    """Return the name of the space whose notation the first of some architectures is in.

    DARTS' where no space reads it, so that its complaint is told.

    Raises:
        ConfigError: If several spaces read it, none of which is DARTS'.
    """
    found = [name for name in SPACES.names() if _is_read_by(name, given[0]["text"])]
    if len(found) < 2 or USUAL in found:
        return found[0] if len(found) == 1 else USUAL
    raise ConfigError(
        f"{given[0]['name']} is an architecture of {' and of '.join(found)}; name one with --space."
    )


def read_given(
    architectures: Sequence[GivenArchitecture], choice: Plugin, space: SearchSpace
) -> tuple[GivenArchitecture, ...]:
    """Return architectures with the text that their space writes.

    Args:
        architectures: As the experiment has them.
        choice: The space.
        space: The same, opened.

    Raises:
        ConfigError: If one is none of the space, or two are the same.
    """
    known: dict[Architecture, str] = {}
    found = []
    for one in architectures:
        try:
            architecture = space.from_text(one.text)
        except HarnessError as error:
            raise ConfigError(
                f"architecture {one.name} ({one.origin}), read as one of the space {choice.name}: "
                f"{error}"
            ) from error
        if architecture in known:
            raise ConfigError(
                f"the architectures {known[architecture]} and {one.name} ({one.origin}) are the "
                "same; leave one out."
            )
        known[architecture] = one.name
        found.append(one.model_copy(update={"text": space.to_text(architecture)}))
    return tuple(found)


def _is_read_by(name: str, text: str) -> bool:
    try:
        open_space(Plugin(name=name)).from_text(text)
    except HarnessError:
        return False
    return True
