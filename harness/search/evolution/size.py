"""How large an architecture is, and a random one of about the same size."""

from __future__ import annotations

import torch

from harness.api import Architecture, Problem
from harness.hardware.counting import count
from harness.search.evolution.generation import draw_distinct

# Random architectures of which the one closest in size is taken.
SAMPLES = 100


def measure(problem: Problem, architecture: Architecture) -> float:
    """Return what the comparison counts; the parameters of the network where it counts nothing.

    The network is the stand-alone one of the search's scale. A graph's number of edges would not
    do: all DARTS cells have eight.
    """
    if problem.costs is not None:
        return float(problem.costs.of(architecture))
    with torch.random.fork_rng([]):  # networks are built on the host
        network = problem.space.build(architecture, problem.shape, problem.scale)
    parameters, _ = count(network, problem.shape)
    return float(parameters)


def draw_equal_size(problem: Problem, architecture: Architecture) -> Architecture:
    """Return the one of many random architectures whose size is closest to that of another."""
    size = measure(problem, architecture)
    samples = draw_distinct(SAMPLES, lambda: problem.space.sample(problem.rng))
    others = [sample for sample in samples if sample != architecture]
    return min(others, key=lambda sample: abs(measure(problem, sample) - size))
