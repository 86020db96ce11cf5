"""Which devices jobs run on."""

from __future__ import annotations

import torch

from harness.errors import ConfigError


def find_devices(wish: str) -> tuple[str, ...]:
    """Return devices that jobs take in turn.

    Args:
        wish: ``auto`` (all CUDA devices, else the processor), ``cpu``, ``cuda`` (all of them), or
            one of them, such as ``cuda:1``.

    Raises:
        ConfigError: If there is no such device.
    """
    every = tuple(f"cuda:{index}" for index in range(torch.cuda.device_count()))
    if wish == "cpu" or (wish == "auto" and not every):
        return ("cpu",)
    if wish in ("auto", "cuda") and every:
        return every
    if wish in every:
        return (wish,)
    raise ConfigError(f"--device {wish!r}: found {', '.join(('cpu', *every))}; choose one of them.")
