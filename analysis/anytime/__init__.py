"""Transfer at the level of processes: what a warm start is worth while a search runs."""

from analysis.anytime.breakeven import break_even
from analysis.anytime.curves import (
    Curve,
    Curves,
    Window,
    area_between,
    area_p,
    asymptotic,
    jumpstart,
    taylor_stone,
    window,
)
from analysis.anytime.reaching import (
    Reaching,
    expected_running_time,
    log_rank_p,
    reaching,
    thresholds,
    time_ratio,
)
from analysis.anytime.tables import Race, process_tables, races

__all__ = [
    "Curve",
    "Curves",
    "Race",
    "Reaching",
    "Window",
    "area_between",
    "area_p",
    "asymptotic",
    "break_even",
    "expected_running_time",
    "jumpstart",
    "log_rank_p",
    "process_tables",
    "races",
    "reaching",
    "taylor_stone",
    "thresholds",
    "time_ratio",
    "window",
]
