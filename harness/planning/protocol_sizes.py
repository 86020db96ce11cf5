"""Which protocol suits which tasks: the one that is taken by default, and a warning of others."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator, Mapping

from harness.config.documents import read_yaml
from harness.config.protocol import Plugin, Protocol, SizedFor
from harness.config.shipped import protocol_files
from harness.planning.resolve_plugins import open_task
from harness.results.planned import TaskFacts


def choose_protocol(tasks: Iterable[str]) -> str:
    """Return the default protocol whose sizes suit the largest images of some tasks best.

    Args:
        tasks: Names.

    Raises:
        HarnessError: If there is no such task.
    """
    shapes = [open_task(Plugin(name=name)).shape for name in tasks]
    side = max(max(shape.inputs[1:]) for shape in shapes)
    usual = {name: sized for name, sized in _shipped() if sized.by_default}
    return min(usual, key=lambda name: _distance(usual[name], side))


def warn_about_sizes(protocol: Protocol, tasks: Mapping[str, TaskFacts]) -> Iterator[str]:
    """Yield a line if a protocol's sizes were not chosen for the images of some tasks.

    Args:
        protocol: The rules.
        tasks: All tasks of the experiment, by title.
    """
    sized = protocol.sized_for
    if sized is None:
        return
    sides = {title: max(task.inputs[1:]) for title, task in tasks.items()}
    strange = {title: side for title, side in sides.items() if _distance(sized, side)}
    if not strange:
        return
    fitting = [
        name for name, own in _shipped() if not any(_distance(own, side) for side in sides.values())
    ]
    others = " and ".join(fitting)
    yield (
        f"The protocol {protocol.name} is sized for images of {sized.sides[0]} to "
        f"{sized.sides[1]} pixels a side, and "
        + " and ".join(f"{title} has {side}" for title, side in strange.items())
        + (f"; sized for these tasks: {others}." if fitting else "; no shipped one fits them all.")
    )


def _distance(sized: SizedFor, side: int) -> float:
    """Return how far a side is from those that a protocol is sized for; zero within them."""
    low, high = sized.sides
    return abs(math.log(side / min(max(side, low), high)))


@functools.cache
def _shipped() -> tuple[tuple[str, SizedFor], ...]:
    """Return what shipped protocols are sized for, by name; those without a size are left out."""
    documents = {name: read_yaml(file) for name, file in protocol_files().items()}
    return tuple(
        (name, SizedFor.model_validate(document["sized_for"]))
        for name, document in documents.items()
        if "sized_for" in document
    )
