"""Optimisers whose steps can be captured on a GPU, where schedules are tensors on the device."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

# What a device decides about an optimiser, whatever device saved its state.
_OF_THE_DEVICE = ("fused", "foreach", "capturable")


def make_sgd(
    parameters: Iterable[nn.Parameter],
    learning_rate: float,
    *,
    captured_on: torch.device | str | None,
    momentum: float,
    weight_decay: float,
    nesterov: bool,
) -> torch.optim.SGD:
    """Return SGD; where its steps are captured, the learning rate is a tensor on that device.

    There, all parameters that ever have a gradient must have one in the first step: PyTorch's fused
    form makes their momentum in one go.
    """
    rate: float | Tensor = learning_rate
    if captured_on is not None:
        rate = torch.tensor(learning_rate, dtype=torch.float32, device=captured_on)
    return torch.optim.SGD(
        parameters,
        rate,
        momentum=momentum,
        weight_decay=weight_decay,
        nesterov=nesterov,
        fused=None if captured_on is None else True,
    )


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate, where it is: captured steps read it from there."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def restore(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Take over a state that was saved on this device or on another one."""
    own = [
        {name: group[name] for name in (*_OF_THE_DEVICE, "lr") if name in group}
        for group in optimizer.param_groups
    ]
    groups = [
        {**saved, **{name: mine[name] for name in mine if name != "lr"}}
        for saved, mine in zip(state["param_groups"], own, strict=True)
    ]
    optimizer.load_state_dict({**state, "param_groups": groups})
    for group, mine in zip(optimizer.param_groups, own, strict=True):
        rate = float(group["lr"])
        group["lr"] = mine["lr"].fill_(rate) if isinstance(mine["lr"], Tensor) else rate
