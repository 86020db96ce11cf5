"""From results on disk to tables, figures and a report; runs nothing, needs no torch.

import analysis
study, = analysis.load(["results/d10-d100-darts-quick"])
study.arms         # each answer is a table, computed when it is first asked for
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.study import Study, load, load_external

__all__ = ["Study", "load", "load_external"]


def __getattr__(name: str) -> object:
    """Import what is public when it is first asked for: pandas takes its time."""
    if name not in __all__:
        raise AttributeError(f"module 'analysis' has no attribute {name!r}")
    from analysis import study

    return getattr(study, name)
