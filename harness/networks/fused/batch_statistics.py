"""Running statistics of many batch normalisations, kept up all at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn


class BatchStatistics:
    """Collects means and variances of a batch, then moves the layers' running statistics.

    Args:
        is_tracking: Whether they are to be moved; if not, nothing is collected.
    """

    def __init__(self, *, is_tracking: bool) -> None:
        self.is_tracking = is_tracking
        self._norms: list[nn.BatchNorm2d] = []
        self._means: list[Tensor] = []
        self._variances: list[Tensor] = []

    def add(self, norms: Sequence[nn.BatchNorm2d], mean: Tensor, variance: Tensor) -> None:
        """Note a batch's statistics, unless nothing is tracked.

        Args:
            norms: Layers of C channels.
            mean: Of each layer's channels, side by side; or shape (C,) if it is the same for all.
            variance: Likewise, unbiased.
        """
        if not self.is_tracking:
            return
        is_shared = norms[0].num_features == len(mean)
        self._norms += norms
        for own, values in ((self._means, mean), (self._variances, variance)):
            own += [values] * len(norms) if is_shared else values.chunk(len(norms))

    def update(self) -> None:
        """Move every layer's running statistics by its momentum."""
        if not self._norms:
            return
        momentum = cast("float", self._norms[0].momentum)
        means = cast("list[Tensor]", [norm.running_mean for norm in self._norms])
        variances = cast("list[Tensor]", [norm.running_var for norm in self._norms])
        counts = cast("list[Tensor]", [norm.num_batches_tracked for norm in self._norms])
        with torch.no_grad():
            torch._foreach_lerp_(means, self._means, momentum)
            torch._foreach_lerp_(variances, self._variances, momentum)
            torch._foreach_add_(counts, 1)
