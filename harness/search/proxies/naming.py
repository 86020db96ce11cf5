"""The proxies by name."""

from __future__ import annotations

from typing import Literal

from torch import nn

from harness.api import TaskShape
from harness.hardware.counting import count
from harness.search.proxies.batch import Batch
from harness.search.proxies.saliency import grad_norm, snip, synflow
from harness.search.proxies.separation import jacob_cov, naswot

ProxyName = Literal[
    "synflow", "naswot", "snip", "grad_norm", "jacob_cov", "parameters", "multiply_adds"
]

_ON_DATA = {"naswot": naswot, "snip": snip, "grad_norm": grad_norm, "jacob_cov": jacob_cov}


def needs_data(name: ProxyName) -> bool:
    """Tell whether the proxy looks at images."""
    return name in _ON_DATA


def compute(name: ProxyName, network: nn.Module, shape: TaskShape, batch: Batch | None) -> float:
    """Return what a proxy says of an untrained network; more is better.

    Args:
        name: Of the proxy.
        network: Stand-alone, without auxiliary head; it is spent afterwards.
        shape: Of the task.
        batch: What the proxy looks at, if it needs data.
    """
    if name in _ON_DATA:
        assert batch is not None
        return _ON_DATA[name](network, batch)
    if name == "synflow":
        return synflow(network, shape.inputs)
    parameters, multiply_adds = count(network, shape)
    return float(parameters if name == "parameters" else multiply_adds)
