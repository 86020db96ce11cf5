"""Run neural-architecture-search methods on proxy -> target pairs under equal rules.

From Python, what the command line does most::

    import harness

    found = harness.run(method="darts,random_search", source="d10", target="d100", seeds=5)
    print(found.report)
    network = harness.load_network("results/d10-d100-darts-quick/3fa1")

Plugins import ``harness.api``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.execution.running import Run, run
    from harness.tools.exporting import load_network

__all__ = ["Run", "load_network", "run"]


def __getattr__(name: str) -> object:
    """Import what is public when it is first asked for: torch takes its time."""
    if name not in __all__:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    home = "harness.tools.exporting" if name == "load_network" else "harness.execution.running"
    return getattr(import_module(home), name)
