"""What searched architectures look like, and when searches settled on them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.answers.cells.searched import GROUP
from analysis.architectures.chance import Chance
from analysis.architectures.measures import measure_graph
from analysis.loading.load import Tables
from analysis.loading.rows import frame

EVERY_STEP, EVERY_TICK = "every step", "every tick"


class Settled(NamedTuple):
    """When what searches would derive changed last, as a share of a search's own steps.

    Attributes:
        method: Title.
        role: What the searches are for.
        task: Where they searched.
        seen: How closely it is known: at ``every step``, or at ``every tick`` that was logged.
        n: Number of searches.
        mean: Mean share.
        earliest: Smallest share.
        latest: Largest share.
        never: How many kept what they began with.
    """

    method: str
    role: str
    task: str
    seen: str
    n: int
    mean: float
    earliest: float
    latest: float
    never: int


class Shape(NamedTuple):
    """A measure of what a group of searches found.

    Attributes:
        method: Title.
        role: What the searches are for.
        task: Where they searched.
        cell: Which cell.
        measure: Its name; see ``measure_graph``.
        n: Number of searches whose architecture has a value.
        mean: Mean over them; NaN if there is none.
        random: Mean over random architectures; NaN if unknown.
    """

    method: str
    role: str
    task: str
    cell: str
    measure: str
    n: int
    mean: float
    random: float


def shape_table(tables: Tables, chance: Chance) -> pd.DataFrame:
    """Return the mean depth, width, share of skips, ... of what each group of searches found."""
    searches = tables.searches[(tables.searches["status"] == "done")]
    rows = []
    for key, group in searches.groupby(GROUP, sort=False):
        method, role, task = map(str, key)
        found = [tables.graphs[job] for job in group["job"] if job in tables.graphs]
        for cell in found[0] if found else ():
            measures = [measure_graph(graphs[cell]) for graphs in found]
            for name in measures[0]:
                values = np.array([measured[name] for measured in measures])
                known = values[np.isfinite(values)]
                mean = float(known.mean()) if len(known) else np.nan
                random = chance.measures.get(cell, {}).get(name, np.nan)
                rows.append(Shape(method, role, task, cell, name, len(known), mean, random))
    return frame(Shape, rows)


def settled_table(tables: Tables) -> pd.DataFrame:
    """Say when what searches would derive changed last.

    Gradient methods follow their architecture at every step. Of other methods the incumbent is
    known at every logged tick, so it changed between that tick and the one before.
    """
    searches = tables.searches
    known = searches[(searches["status"] == "done")]
    ticks = known["job"].map(_last_changes(tables.trace))
    is_followed = known["last_change_step"].notna()
    step = known["last_change_step"].where(is_followed, ticks)
    known = known.assign(
        share=(step / known["steps"]).astype(float),
        seen=np.where(is_followed, EVERY_STEP, EVERY_TICK),
    )
    known = known[np.isfinite(known["share"])]
    rows = []
    for key, group in known.groupby([*GROUP, "seen"], sort=False):
        (method, role, task, seen), share = map(str, key), group["share"]
        spread = (share.mean(), share.min(), share.max())
        never = int((share == 0).sum())
        rows.append(Settled(method, role, task, seen, len(share), *spread, never))
    return frame(Settled, rows)


def _last_changes(trace: pd.DataFrame) -> pd.Series[float]:
    """Return the step of the last tick whose incumbent is not that of the tick before, by job."""
    known = trace[trace["incumbent"] != ""]
    earlier = known.groupby("job", sort=False)["incumbent"].shift()
    changed = earlier.isna() | (known["incumbent"] != earlier)
    steps = known["step"].where(changed).astype(float)
    return steps.groupby(known["job"], sort=False).max()
