"""What random pairs of a space would give: no similarity means anything without it.

    <experiment>/space.json    random graphs of the space
    <experiment>/chance.json   made from them here, once: the distribution of every metric

The graphs are split at random into two halves, and every graph of one half is compared with every
one of the other. The split's seed stands in the file.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.architectures.measures import count_operations, measure_graph
from analysis.architectures.metrics import METRICS, Graph, compare_architectures
from harness.api import Graphs
from harness.errors import DamagedFileError
from harness.interfaces.graph import graph_from_json
from harness.results.files import readable
from harness.results.store import ExperimentFolder, write_atomically

Values = NDArray[np.float64]

SCHEMA = 2
SEED = 0
FILE = "chance.json"
# Every thousandth of a distribution is kept, rounded to these decimals.
LEVELS, DECIMALS = 1001, 9
# Rows compared at once, so that the tables of all pairs fit the memory.
ROWS = 250


@dataclass(frozen=True)
class Distribution:
    """A metric over random pairs.

    Attributes:
        mean: Its mean.
        deviation: Its standard deviation.
        quantiles: From the lowest to the highest value, in equal steps of probability.
    """

    mean: float
    deviation: float
    quantiles: tuple[float, ...]

    def percentile(self, value: float, *, is_distance: bool) -> float:
        """Return how many percent of random pairs are less alike, ties counted half."""
        if math.isnan(value) or not self.quantiles:
            return math.nan
        place = round(value, DECIMALS)
        below = np.searchsorted(self.quantiles, place, "left")
        within = np.searchsorted(self.quantiles, place, "right")
        share = 50 * float(below + within) / len(self.quantiles)
        return 100 - share if is_distance else share

    def corrected(self, value: float, *, equal: float) -> float:
        """Return 1 for ``equal`` graphs and 0 for the mean of random pairs."""
        if math.isnan(value) or math.isclose(self.mean, equal):
            return math.nan
        return (value - self.mean) / (equal - self.mean)


class Judged(NamedTuple):
    """A value of a metric beside random pairs of the space."""

    chance_mean: Annotated[float, "The metric's mean over random pairs."]
    percentile: Annotated[float, "Percent of random pairs that are less alike than the value."]
    corrected: Annotated[float, "The value, 0 at the random mean and 1 for equal graphs."]


@dataclass(frozen=True)
class Chance:
    """The chance baselines of one space.

    Attributes:
        seed: Of the split of its graphs.
        graphs: How many random architectures it rests on.
        pairs: The distribution of each metric by cell, and over the mean of the cells.
        measures: The mean of each measure of a single cell, by cell.
        operations: How many edges, or layers, each operation has on average, by cell.
    """

    seed: int
    graphs: int
    pairs: Mapping[str, Mapping[str, Distribution]]
    measures: Mapping[str, Mapping[str, float]]
    operations: Mapping[str, Mapping[str, float]]

    def judge(self, cell: str, metric: str, value: float) -> Judged:
        """Return what random pairs say of a value; NaN where nothing is known of them."""
        found = self.pairs.get(cell, {}).get(metric)
        if found is None:
            return Judged(math.nan, math.nan, math.nan)
        kind = METRICS[metric]
        return Judged(
            found.mean,
            found.percentile(value, is_distance=kind.is_distance),
            found.corrected(value, equal=kind.equal),
        )


NOTHING = Chance(SEED, 0, {}, {}, {})


def measure_chance(graphs: Sequence[Graphs], seed: int = SEED) -> Chance:
    """Compare random graphs of a space with each other.

    Args:
        graphs: Of independent random architectures; fewer than two tell nothing.
        seed: Of their split into two halves.
    """
    if len(graphs) < 2:
        return NOTHING
    mixed = [graphs[place] for place in np.random.default_rng(seed).permutation(len(graphs))]
    half = len(mixed) // 2
    values: dict[tuple[str, str], list[Values]] = {}
    for start in range(0, half, ROWS):
        found = compare_architectures(mixed[start : min(start + ROWS, half)], mixed[half:])
        for cell, metrics in found.items():
            for name, matrix in metrics.items():
                values.setdefault((cell, name), []).append(matrix.ravel())
    pairs: dict[str, dict[str, Distribution]] = {}
    for (cell, name), parts in values.items():
        pairs.setdefault(cell, {})[name] = _summarise(np.concatenate(parts))
    measures = {cell: _mean_measures([item[cell] for item in graphs]) for cell in graphs[0]}
    operations = {cell: _mean_counts([item[cell] for item in graphs]) for cell in graphs[0]}
    return Chance(seed, len(graphs), pairs, measures, operations)


def load_chance(folder: Path) -> Chance:
    """Return an experiment's baselines; computed once, then read from beside its random graphs.

    Without random graphs there is no baseline: every judgement is NaN.
    """
    try:
        documents = ExperimentFolder(folder).space()["graphs"]
        text = json.dumps(documents, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        if (kept := _read(folder / FILE, digest)) is not None:
            return kept
        with readable(folder / "space.json", "random graphs of the space"):
            graphs = [
                {name: graph_from_json(graph) for name, graph in cells.items()}
                for cells in documents
            ]
    except DamagedFileError:
        return NOTHING
    found = measure_chance(graphs)
    document = {"schema": SCHEMA, "space": digest, **asdict(found)}
    try:
        write_atomically(folder / FILE, json.dumps(document, separators=(",", ":")) + "\n")
    except OSError:  # a folder that may only be read: computed again next time
        return found
    return found


def _mean_measures(graphs: Sequence[Graph]) -> dict[str, float]:
    rows = [measure_graph(graph) for graph in graphs]
    columns = {name: [row[name] for row in rows if not math.isnan(row[name])] for name in rows[0]}
    return {name: _round(sum(known) / len(known)) for name, known in columns.items() if known}


def _mean_counts(graphs: Sequence[Graph]) -> dict[str, float]:
    counts: Counter[str] = Counter()
    for graph in graphs:
        counts.update(count_operations(graph))
    return {name: _round(counts[name] / len(graphs)) for name in sorted(counts)}


def _round(value: float) -> float:
    return round(value, DECIMALS)


def _summarise(values: Values) -> Distribution:
    known = np.sort(values[np.isfinite(values)]).round(DECIMALS)
    if len(known) == 0:
        return Distribution(math.nan, math.nan, ())
    places = np.linspace(0, len(known) - 1, LEVELS).round().astype(int)
    return Distribution(
        _round(float(known.mean())), _round(float(known.std())), tuple(known[places].tolist())
    )


def _read(file: Path, digest: str) -> Chance | None:
    """Return what the file holds, or None if it is not there or is about other graphs."""
    try:
        document = json.loads(file.read_text("utf-8"))
        if (document["schema"], document["space"]) != (SCHEMA, digest):
            return None
        pairs = {
            cell: {
                name: Distribution(found["mean"], found["deviation"], tuple(found["quantiles"]))
                for name, found in metrics.items()
            }
            for cell, metrics in document["pairs"].items()
        }
        singles = (document["measures"], document["operations"])
        return Chance(document["seed"], document["graphs"], pairs, *singles)
    except (OSError, ValueError, KeyError, TypeError):
        return None
