"""What searched architectures look like."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd

from analysis.answers.cells.searched import GROUP, PurposeKey
from analysis.architectures.chance import Chance
from analysis.architectures.measures import measure_graph
from analysis.loading.load import Tables
from analysis.loading.rows import frame


class Shape(NamedTuple):
    """A measure of what a group of searches found."""

    cell: Annotated[str, "Which cell."]
    measure: Annotated[str, "Its name; see `measure_graph`."]
    n: Annotated[int, "Number of searches whose architecture has a value."]
    mean: Annotated[float, "Mean over them; NaN if there is none."]
    random: Annotated[float, "Mean over random architectures; NaN if unknown."]


def shape_table(tables: Tables, chance: Chance) -> pd.DataFrame:
    """Return the mean depth, width, share of skips, ... of what each group of searches found."""
    searches = tables.searches[(tables.searches["status"] == "done")]
    rows = []
    for key, group in searches.groupby(GROUP, sort=False):
        found = [tables.graphs[job] for job in group["job"] if job in tables.graphs]
        for cell in found[0] if found else ():
            measures = [measure_graph(graphs[cell]) for graphs in found]
            for name in measures[0]:
                values = np.array([measured[name] for measured in measures])
                known = values[np.isfinite(values)]
                mean = float(known.mean()) if len(known) else np.nan
                random = chance.measures.get(cell, {}).get(name, np.nan)
                rows.append((map(str, key), Shape(cell, name, len(known), mean, random)))
    return frame((PurposeKey, Shape), rows)
