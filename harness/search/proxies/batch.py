"""What proxies look at besides the network: one labelled batch and the task's loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """One labelled batch.

    Attributes:
        images: Shape (N, channels, height, width).
        targets: Class numbers, shape (N,).
        loss: The task's loss of logits (N, classes) and targets.
    """

    images: Tensor
    targets: Tensor
    loss: Callable[..., Tensor]
