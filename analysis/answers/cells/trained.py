"""Whether networks that look alike do alike: accuracy, predictions, features beside structure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.architectures.functional import MEASURES, Probe, compare_networks, read_probe
from analysis.architectures.groups import MantelTest, mantel
from analysis.architectures.metrics import compare_architectures, distance, primary_of
from analysis.arms import RANDOM
from analysis.loading.load import Tables
from analysis.loading.rows import frame
from harness.api import Graphs
from harness.errors import ConfigError

Matrix = NDArray[np.float64]

# So many networks of a task are compared at most, in the order planned: by what they compute, and
# of random architectures by their structure. Pairs grow as squares.
MOST_NETWORKS, MOST_RANDOM = 80, 240


class MantelKey(NamedTuple):
    """Which random architectures are asked: do those far apart have accuracies far apart?"""

    target: Annotated[str, "Task they were trained on."]
    cell: Annotated[str, "Which cell; `mean` over an architecture's cells."]


class Likeness(NamedTuple):
    """How alike networks for a task are in what they compute: means over pairs, NaN if unknown."""

    target: Annotated[str, "Task they were trained on."]
    first: Annotated[str, "Method and arm of one of a pair, or `random`."]
    second: Annotated[str, "Of the other."]
    pairs: Annotated[int, "Number of pairs."]
    agreement: Annotated[float, "Share of test images with equal predictions."]
    kappa: Annotated[float, "The same beyond chance (Cohen)."]
    error_consistency: Annotated[
        float,
        "Agreement beyond chance on which images are wrong (Geirhos et al.).",
    ]
    cka_debiased: Annotated[float, "Centred kernel alignment of features."]
    rsa: Annotated[float, "Spearman's correlation of the images' dissimilarities."]


@dataclass(frozen=True)
class Network:
    """A trained network.

    Attributes:
        label: Method and arm, or ``random``.
        method: Title; empty if random.
        job: The first training of its architecture.
        accuracy: Mean over the trainings of its architecture; NaN if none has a value.
        graphs: Its architecture.
    """

    label: str
    method: str
    job: str
    accuracy: float
    graphs: Graphs


def list_networks(tables: Tables, target: str) -> list[Network]:
    """Return the networks that were trained on a task, each unit once."""
    runs = tables.runs
    chosen = runs[(runs["target"] == target) & (runs["status"] == "done")]
    unit = ["unit", "arm"]
    means = chosen.groupby(unit, sort=False)["test_acc"].transform("mean")
    firsts = chosen.assign(accuracy=means).drop_duplicates(unit)
    networks = []
    for arm, method, job, accuracy in zip(
        *(firsts[name] for name in ("arm", "method", "job", "accuracy")), strict=True
    ):
        if graphs := tables.networks.get(str(job)):
            label = RANDOM if arm == RANDOM else f"{method}: {arm}"
            networks.append(Network(label, str(method), str(job), float(accuracy), graphs))
    return networks


def mantel_table(tables: Tables, rng: np.random.Generator) -> pd.DataFrame:
    """Correlate how far apart two architectures are with how much their accuracies differ.

    Over random architectures of each target: what searches found is not independent of them.
    """
    rows = []
    for target, networks in _by_target(tables):
        drawn = [network for network in networks if network.label == RANDOM]
        known = [network for network in drawn if np.isfinite(network.accuracy)][:MOST_RANDOM]
        accuracy = np.array([network.accuracy for network in known])
        apart = np.abs(accuracy[:, None] - accuracy[None])
        for cell, distances in _distances([network.graphs for network in known]).items():
            rows.append((MantelKey(target, cell), mantel(distances, apart, rng=rng)))
    return frame((MantelKey, MantelTest), rows)


def functional_table(tables: Tables) -> pd.DataFrame:
    """Return the mean of every measure over pairs of networks, by what the two are.

    Pairs of random architectures are what the others are to be held against. At most
    ``MOST_NETWORKS`` of a target are compared.
    """
    rows = []
    for target, networks in _by_target(tables) if tables.probes else ():
        kept, probes = _answered(tables, networks)
        if len(kept) < 2:
            continue
        found = compare_networks(probes)
        labels = np.array([network.label for network in kept])
        names = list(dict.fromkeys(labels.tolist()))
        for first, second in itertools.combinations_with_replacement(names, 2):
            pairs = (labels[:, None] == first) & (labels[None] == second)
            places = np.nonzero(np.triu(pairs | pairs.T, 1))
            if len(places[0]):
                means = (_mean(found[name][places]) for name in MEASURES)
                rows.append(Likeness(target, first, second, len(places[0]), *means))
    return frame(Likeness, rows)


def _mean(values: Matrix) -> float:
    """Return the mean of what is known; NaN if nothing is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _by_target(tables: Tables) -> Iterator[tuple[str, list[Network]]]:
    runs = tables.runs
    for target in runs["target"].unique():
        yield str(target), list_networks(tables, str(target))


def _distances(graphs: Sequence[Graphs]) -> dict[str, Matrix]:
    if len(graphs) < 2:
        return {}
    every = compare_architectures(graphs, graphs)
    metric = primary_of(next(iter(every.values())))
    return {cell: distance(metric, values[metric]) for cell, values in every.items()}


def _answered(tables: Tables, networks: Sequence[Network]) -> tuple[list[Network], list[Probe]]:
    """Return the networks whose answers can be read, and are about the images that most are."""
    about: dict[tuple[int, bytes], list[tuple[Network, Probe]]] = {}
    for network in networks:
        if network.job not in tables.probes:
            continue
        try:
            probe = read_probe(tables.probes[network.job])
        except ConfigError:
            continue
        images = (len(probe.features), probe.labels.tobytes())
        about.setdefault(images, []).append((network, probe))
        if max(map(len, about.values())) == MOST_NETWORKS:
            break
    chosen = max(about.values(), key=len, default=[])
    return [network for network, _ in chosen], [probe for _, probe in chosen]
