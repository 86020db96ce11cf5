"""Parameters and multiply-adds of a network, counted one way for every space and method."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from harness.api import TaskShape


def count(network: nn.Module, shape: TaskShape, *arguments: object) -> tuple[int, int]:
    """Return trainable parameters without the auxiliary head, and multiply-adds for one image.

    Multiply-adds are those of convolutions and linear layers in evaluation mode. The network,
    its training flags and statistics, and the state of all random numbers stay as they were.

    Args:
        network: What to count.
        shape: Of the task; the network is run on one blank image.
        arguments: Passed on after the image: the gates of a super-network.
    """
    named = list(network.named_parameters())
    parameters = sum(
        parameter.numel()
        for name, parameter in named
        if parameter.requires_grad and not name.startswith("auxiliary.")
    )
    return parameters, _count_multiply_adds(network, shape, arguments)


def _count_multiply_adds(
    network: nn.Module, shape: TaskShape, arguments: tuple[object, ...]
) -> int:
    total = 0

    def add(module: nn.Module, inputs: Any, output: Tensor) -> None:
        nonlocal total
        # Each output element is a product with one filter, or one row, of the weight.
        total += output.numel() * _fan_in(module)

    hooks = [
        module.register_forward_hook(add)
        for module in network.modules()
        if isinstance(module, nn.Conv2d | nn.Linear)
    ]
    training = {module: module.training for module in network.modules()}
    like = next(network.parameters(), torch.zeros(0))  # a pool alone has none
    image = like.new_zeros(1, *shape.inputs)
    devices = [image.device] if image.is_cuda else []
    try:
        network.eval()
        with torch.no_grad(), torch.random.fork_rng(devices):
            network(image, *arguments)
    finally:
        for module, flag in training.items():
            module.training = flag
        for hook in hooks:
            hook.remove()
    return total


def _fan_in(module: nn.Module) -> int:
    weight = module.weight
    assert isinstance(weight, Tensor)
    return weight[0].numel()
