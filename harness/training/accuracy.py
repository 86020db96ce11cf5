"""How well a trained network does on data it is not being trained on."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from harness.training.data import DeviceData


@torch.no_grad()
def predict(network: nn.Module, data: DeviceData, batch_size: int = 256) -> Tensor:
    """Return the logits (N, classes) of all of ``data``, on the host.

    The network computes in evaluation mode and is left in the mode it was in.
    """
    was_training = network.training
    network.eval()
    starts = range(0, len(data), batch_size)
    logits = [network(data.slice(start, start + batch_size)[0]) for start in starts]
    network.train(was_training)
    return torch.cat(logits).cpu()


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Return the accuracy in percent; NaN if a logit is."""
    if bool(logits.isnan().any()):
        return math.nan
    return 100 * float((logits.argmax(1) == labels.to(logits.device)).double().mean())
