"""What is installed beside the harness: what it requires, its extras, plugins from elsewhere."""

from __future__ import annotations

import importlib.metadata
from typing import Any

from packaging.requirements import Requirement

from harness.registry import DISTRIBUTION, Registry


def list_extras() -> list[str]:
    """Return the names of the harness' extras, sorted.

    Raises:
        PackageNotFoundError: If the harness runs without being installed.
    """
    extras = importlib.metadata.metadata(DISTRIBUTION).get_all("Provides-Extra")
    return sorted(extras or ())


def list_requirements(extra: str = "") -> list[Requirement]:
    """Return what the harness requires here, or what one of its extras adds.

    Raises:
        PackageNotFoundError: If the harness runs without being installed.
    """
    every = [Requirement(text) for text in importlib.metadata.requires(DISTRIBUTION) or ()]
    plain = [item for item in every if item.marker is None or item.marker.evaluate({"extra": ""})]
    if not extra:
        return plain
    return [
        item
        for item in every
        if item.marker is not None and item.marker.evaluate({"extra": extra}) and item not in plain
    ]


def list_missing(extra: str = "") -> list[str]:
    """Return those of the requirements that are not fulfilled, as pip takes them.

    Raises:
        PackageNotFoundError: If the harness runs without being installed.
    """
    return [
        f"{item.name}{item.specifier}"
        for item in list_requirements(extra)
        if not _is_fulfilled(item)
    ]


def find_third_party(registry: Registry[Any]) -> dict[str, str]:
    """Return the plugins of one kind that other distributions declare, each with its own."""
    points = importlib.metadata.entry_points(group=registry.group)
    return {
        point.name: f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown one"
        for point in points
    }


def _is_fulfilled(requirement: Requirement) -> bool:
    try:
        found = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return requirement.specifier.contains(found, prereleases=True)
