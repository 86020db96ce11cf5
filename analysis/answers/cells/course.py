"""The course of architecture parameters: how decided they are at every tick, and how far apart.

Of source, continued and direct searches side by side: what was uniform when a search began may be
decided when its data are swapped, and the swap may undo that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.answers.cells.lineage import LEGS, START, Lineage, group_lineages
from analysis.answers.keys import PAIR_KEY, PairKey
from analysis.architectures.alphas import margin, normalised_entropy, shares, without
from analysis.architectures.histograms import jensen_shannon
from analysis.architectures.metrics import MEAN
from analysis.arms import CONTINUED, DIRECT, SOURCE
from analysis.loading.rows import frame, name_columns

Array = NDArray[np.float64]

SEARCHES = (SOURCE, CONTINUED, DIRECT)
# What an operation that is no connection is called.
ABSENT = ("none", "zero")


class Course(NamedTuple):
    """How decided a search's edges are at a tick, on average."""

    seed: Annotated[int, "Of the search."]
    stage: Annotated[str, "`source`, `continued` or `direct`."]
    tick: Annotated[int, "Number of the log entry."]
    epoch: Annotated[float, "Of the search, when it was written."]
    edges: Annotated[int, "Number of edges with several operations."]
    entropy: Annotated[
        float,
        "Mean normalised entropy of the operations' shares: 1 uniform, 0 decided.",
    ]
    margin: Annotated[float, "Mean distance of the two largest shares."]
    switches: Annotated[
        int,
        "Number of edges whose strongest operation is another than at the tick before; what "
        "switches and switches back between two ticks is not seen.",
    ]
    switches_so_far: Annotated[int, "Their sum up to this tick."]
    skips: Annotated[float, "Share of edges whose strongest operation is a skip connection."]


class Divergence(NamedTuple):
    """How far apart operations' shares are: Jensen-Shannon in bits, mean over edges, then seeds."""

    before: Annotated[str, "Stage that is compared with."]
    after: Annotated[str, "Stage that is compared."]
    cell: Annotated[str, "Which cell; `mean` over all."]
    n: Annotated[int, "Number of seeds that have both."]
    operations: Annotated[float, "Of the operations without the absent one, made to add up to one."]
    other_seeds: Annotated[
        float,
        "The same between different seeds: what searches have that share nothing else.",
    ]
    existence: Annotated[
        float,
        "Of whether there is an edge at all; NaN where no edge may be absent.",
    ]


def edge_course(alphas: pd.DataFrame) -> pd.DataFrame:
    """Return normalised entropy, margin and strongest operation of each edge at each tick.

    ``strongest`` is the operation's place, -1 where the search diverged; ``skips`` tells whether it
    is a skip connection. An edge with a single
    operation decides nothing and is left out.

    Args:
        alphas: Raw parameters: rows of one tick and edge stand together, ticks in order.
    """
    codes = [pd.factorize(alphas[name])[0] for name in ("job", "tick", "edge")]
    starts = np.flatnonzero(np.any([np.diff(code, prepend=-1) != 0 for code in codes], axis=0))
    sizes = np.diff(np.append(starts, len(alphas)))
    values = alphas["alpha"].to_numpy(float)
    found = np.full((len(starts), 3), np.nan)
    for size in np.unique(sizes[sizes > 1]):
        chosen = sizes == size
        share = shares(values[starts[chosen, None] + np.arange(size)])
        strongest = np.where(np.isnan(share).any(axis=1), -1, share.argmax(axis=1))
        found[chosen] = np.column_stack([normalised_entropy(share), margin(share), strongest])
    table = alphas.iloc[starts][["job", "tick", "epoch", "edge"]].reset_index(drop=True)
    table[["entropy", "margin", "strongest"]] = found
    strongest = starts + np.nan_to_num(found[:, 2]).clip(0).astype(int)
    table["skips"] = alphas["op"].to_numpy()[strongest].astype(str)
    table["skips"] = table["skips"].str.startswith("skip") & (table["strongest"] >= 0)
    return table[sizes > 1]


def course_table(lineages: Sequence[Lineage], alphas: pd.DataFrame) -> pd.DataFrame:
    """Return how decided the edges of each search are on average, tick by tick."""
    jobs = _jobs(lineages)
    edges = edge_course(alphas[alphas["job"].isin(jobs["job"])])
    earlier = edges.groupby(["job", "edge"], sort=False)["strongest"].shift()
    are_known = (earlier >= 0) & (edges["strongest"] >= 0)
    edges["switched"] = are_known & (edges["strongest"] != earlier)
    ticks = edges.groupby(["job", "tick", "epoch"], sort=False, as_index=False).agg(
        edges=("edge", "size"),
        entropy=("entropy", "mean"),
        margin=("margin", "mean"),
        switches=("switched", "sum"),
        skips=("skips", "mean"),
    )
    ticks["switches_so_far"] = ticks.groupby("job", sort=False)["switches"].cumsum()
    return jobs.merge(ticks, on="job", sort=False)[name_columns((PairKey, Course))]


def divergence_table(lineages: Sequence[Lineage], alphas: pd.DataFrame) -> pd.DataFrame:
    """Return how far apart the operations' shares of two searches of one seed are."""
    rows_of = alphas[alphas["job"].isin(_jobs(lineages)["job"])]
    first, last = (_ends(rows_of, is_first=is_first) for is_first in (True, False))

    def end(lineage: Lineage, stage: str) -> _End | None:
        return (first if stage == START else last).get(lineage.jobs.get(stage, ""))

    rows = []
    for key, group in group_lineages(lineages):
        for before, after in LEGS:
            pairs = [
                (one, other)
                for lineage in group
                if (one := end(lineage, before)) and (other := end(lineage, after))
            ]
            rows += [(key, Divergence(before, after, *row)) for row in _compare(pairs)]
    return frame((PairKey, Divergence), rows)


# The shares on each edge at one tick of a search, by cell, edge and its operations.
_Edge = tuple[str, str, tuple[str, ...]]
_End = Mapping[_Edge, Array]


def _jobs(lineages: Sequence[Lineage]) -> pd.DataFrame:
    """Return the finished searches of the lineages, one row per stage."""
    rows = [
        (lineage.method, lineage.source, lineage.target, lineage.seed, stage, job)
        for lineage in lineages
        for stage, job in lineage.jobs.items()
        if stage in SEARCHES and stage in lineage.graphs
    ]
    return pd.DataFrame(rows, columns=[*PAIR_KEY, "seed", "stage", "job"])


def _ends(alphas: pd.DataFrame, *, is_first: bool) -> dict[str, _End]:
    """Return the shares at the first or the last tick of each search."""
    ticks = alphas.groupby("job", sort=False)["tick"].transform("min" if is_first else "max")
    rows = alphas[alphas["tick"] == ticks]
    ends: dict[str, dict[_Edge, Array]] = {}
    for (job, cell, edge), its in rows.groupby(["job", "cell", "edge"], sort=False):
        key = (str(cell), str(edge), tuple(its["op"]))
        ends.setdefault(str(job), {})[key] = shares(its["alpha"].to_numpy(float))
    return dict(ends)


def _compare(pairs: Sequence[tuple[_End, _End]]) -> Iterator[tuple[Any, ...]]:
    """Yield cell, number of seeds and divergences; over all cells, too, if there are several."""
    if not pairs:
        return
    first, second = zip(*pairs, strict=True)
    common = set(first[0]).intersection(*first, *second)
    parts: dict[str, list[tuple[float, float, float]]] = {}
    for edge in (edge for edge in first[0] if edge in common):
        sides = [np.stack([end[edge] for end in ends]) for ends in (first, second)]
        parts.setdefault(edge[0], []).append(_diverge(edge[2], *sides))
    means = {cell: _means(found) for cell, found in parts.items()}
    if len(means) > 1:
        yield MEAN, len(first), *_means(means.values())
    for cell, found in means.items():
        yield cell, len(first), *found


def _diverge(operations: Sequence[str], first: Array, second: Array) -> tuple[float, float, float]:
    """Return the mean divergence of equal seeds, of different seeds, and of existence.

    Args:
        operations: Names, K of them.
        first: The shares of each seed, (n, K).
        second: Those of the other stage.
    """
    existence = math.nan
    absent = [place for place, name in enumerate(operations) if name in ABSENT]
    if absent and len(operations) > 1:
        strengths = [1 - side[:, absent[0]] for side in (first, second)]
        one, other = (np.stack([strength, 1 - strength], axis=-1) for strength in strengths)
        existence = float(jensen_shannon(one, other).mean())
        first, second = (without(side, absent[0]) for side in (first, second))
    distances = jensen_shannon(first[:, None], second[None])
    other_seeds = distances[~np.eye(len(first), dtype=bool)]
    return float(distances.diagonal().mean()), _mean(other_seeds), existence


def _means(rows: Iterable[Sequence[float]]) -> list[float]:
    return [_mean(column) for column in zip(*rows, strict=True)]


def _mean(values: Iterable[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else math.nan
