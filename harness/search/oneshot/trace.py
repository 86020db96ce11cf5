"""What happens between two ticks of a search, kept on the device until someone asks.

Nothing here makes the host wait for the device at a step: sums and copies of the parameters stay
where they are, and are read at ticks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from harness.api import Architecture, Split
from harness.search.oneshot.statistics import mean_change, mean_entropy, mean_margin


class Trace:
    """Accuracies since the last tick, and the step at which the derived cell last changed.

    Args:
        parameters: The architecture parameters that the search starts from.
        device: Where they live.
    """

    def __init__(self, parameters: Sequence[Tensor], device: str) -> None:
        self._initial = [tensor.detach().clone() for tensor in parameters]
        self._latest = self._initial
        self._points: list[Tensor] = []
        self._followed = 0
        self._derived: Architecture | None = None
        self._last_change = 0
        self._is_read = False
        self._correct, self._seen = (
            {split: torch.zeros((), device=device) for split in _WATCHED} for _ in range(2)
        )

    def observe(self, split: Split, outputs: Tensor, targets: Tensor) -> None:
        """Add a batch's predictions to the running accuracy of its split, on the device."""
        self.restart_if_read()
        self._correct[split] += (outputs.detach().argmax(1) == targets).sum()
        self._seen[split] += len(targets)

    def restart_if_read(self) -> None:
        """Begin to count again if what was counted has been read; a captured step does not."""
        if self._is_read:
            self._is_read = False
            for split in _WATCHED:
                self._correct[split].zero_()
                self._seen[split].zero_()

    def append(self, parameters: Sequence[Tensor]) -> None:
        """Keep the parameters as they are after a step."""
        self._points.append(torch.cat([tensor.detach().flatten() for tensor in parameters]))

    def insights(
        self,
        probabilities: Callable[[Sequence[Tensor]], Sequence[Tensor]],
        derive: Callable[[Sequence[Tensor]], Architecture],
    ) -> dict[str, Any]:
        """Return what happened since the last tick; reading twice changes nothing.

        Args:
            probabilities: From flat parameters to each edge's probabilities.
            derive: From flat parameters to an architecture.
        """
        self._follow(derive)
        shares = probabilities([tensor.cpu().double() for tensor in self._latest])
        self._is_read = True
        return {
            "entropy": mean_entropy(shares),
            "margin": mean_margin(shares),
            "mean_change": mean_change(self._latest, self._initial),
            "last_change_step": self._last_change,
            "train_accuracy": self._accuracy(Split.TRAIN),
            "validation_accuracy": self._accuracy(Split.VALIDATION),
        }

    def state_dict(self) -> dict[str, Any]:
        """Return tensors and plain containers."""
        return {
            "initial": self._initial,
            "latest": self._latest,
            "points": self._points,
            "followed": self._followed,
            "derived": self._derived,
            "last_change": self._last_change,
            "is_read": self._is_read,
            "correct": {str(split): correct.clone() for split, correct in self._correct.items()},
            "seen": {str(split): int(seen) for split, seen in self._seen.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what ``state_dict`` returned."""
        device = self._initial[0].device
        self._initial = [tensor.to(device) for tensor in state["initial"]]
        self._latest = [tensor.to(device) for tensor in state["latest"]]
        self._points = [tensor.to(device) for tensor in state["points"]]
        self._followed, self._last_change = state["followed"], state["last_change"]
        derived = state["derived"]
        self._derived = None if derived is None else tuple(derived)
        self._is_read = state["is_read"]
        for split in _WATCHED:
            self._correct[split].copy_(state["correct"][str(split)])
            self._seen[split].fill_(state["seen"][str(split)])

    def _follow(self, derive: Callable[[Sequence[Tensor]], Architecture]) -> None:
        """Derive a cell from every point not yet followed, and keep only the latest."""
        if self._derived is None:
            self._derived = derive(self._initial)
        for point in self._points:
            self._latest = self._split(point)
            self._followed += 1
            derived = derive(self._latest)
            if derived != self._derived:
                self._derived, self._last_change = derived, self._followed
        self._points = []

    def _split(self, flat: Tensor) -> list[Tensor]:
        pieces = flat.split([tensor.numel() for tensor in self._initial])
        return [p.view_as(i) for p, i in zip(pieces, self._initial, strict=True)]

    def _accuracy(self, split: Split) -> float | None:
        """Return percent, or None where nothing was seen."""
        seen = float(self._seen[split])
        share = float(self._correct[split]) / seen if seen else math.nan
        return 100 * share if math.isfinite(share) else None


_WATCHED = (Split.TRAIN, Split.VALIDATION)
