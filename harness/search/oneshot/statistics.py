"""What a search's architecture parameters look like, as numbers worth logging."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from harness.api import CellGraph, Graphs


def mean_entropy(probabilities: Sequence[Tensor]) -> float:
    """Return the mean over edges of H(p)/log K: 1 is uniform, 0 decided.

    Weights that do not add up to one (independent sigmoids) are normalised first.
    """
    shares = [p / p.sum() for p in probabilities]
    return _mean([float(torch.special.entr(p).sum()) / math.log(len(p)) for p in shares])


def mean_margin(probabilities: Sequence[Tensor]) -> float:
    """Return the mean over edges of the best probability minus the second best."""
    best = [p.topk(2).values for p in probabilities]
    return _mean([float(top[0] - top[1]) for top in best])


def mean_change(now: Sequence[Tensor], before: Sequence[Tensor]) -> float:
    """Return the mean absolute change over all parameters."""
    changes = [(a - b).abs().flatten() for a, b in zip(now, before, strict=True)]
    return float(torch.cat(changes).mean())


def skip_share(graphs: Graphs) -> float:
    """Return the share of skip connections among a cell architecture's operations."""
    cells = [graph for graph in graphs.values() if isinstance(graph, CellGraph)]
    operations = [op for cell in cells for _, _, op in cell.edges]
    return operations.count("skip_connect") / len(operations) if operations else 0.0


def batch_norms(network: nn.Module) -> list[nn.modules.batchnorm._BatchNorm]:
    """Return the batch normalisations of a network."""
    return [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]


@contextmanager
def frozen_statistics(layers: Sequence[nn.modules.batchnorm._BatchNorm]) -> Iterator[None]:
    """Let batch normalisations use their batch, but leave the running statistics alone."""
    tracked = [layer.track_running_stats for layer in layers]
    for layer in layers:
        layer.track_running_stats = False
    try:
        yield
    finally:
        for layer, flag in zip(layers, tracked, strict=True):
            layer.track_running_stats = flag


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
