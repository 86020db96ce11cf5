"""Random graphs of a space: what chance baselines of similarity are computed from."""

from __future__ import annotations

from harness.api import Graphs, SearchSpace
from harness.planning.seeding import generator

SPACE_GRAPHS = 2000


def draw_graphs(space: SearchSpace, name: str) -> list[Graphs]:
    """Return the graphs of uniformly drawn architectures, the same ones each time.

    Args:
        space: What is drawn from.
        name: Of the space.
    """
    rng = generator(0, "space graphs", name)
    return [space.graph(space.sample(rng)) for _ in range(SPACE_GRAPHS)]
