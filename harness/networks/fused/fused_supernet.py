"""The super-network of DARTS cells in its fused implementation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, cast

from torch import Tensor
from typing_extensions import override

from harness.api import Decision, Gates, Scale, TaskShape
from harness.networks.cells.cell_supernet import CellFunction, CellSupernet, MixedCell
from harness.networks.fused.fused_cell import FusedCell
from harness.networks.fused.wide_cell import WideCell

Implementation = Literal["auto", "plain", "fused", "wide"]

# Under sampled gates an operation runs by itself, and hand-written steps cost more calls than they
# save until the stem's output has about this many elements: 8 channels, 32 images of 32x32 have 1.6
# times as many, and take 0.6 of the plain implementation's time.
SAMPLED_ELEMENTS = 500_000


class FusedCellSupernet(CellSupernet):
    """The same super-network, same modules and same tensors, computed in fewer and larger steps.

    Up to rounding it gives the outputs, gradients and running statistics of ``CellSupernet``, and
    checkpoints fit both. Where the fused implementation is not made for a call, the plain one
    answers: partial channels, evaluation mode, batch normalisations that are not all in one mode,
    or sampled gates over few images, where calls and not memory are what costs. The fused one can
    be differentiated once, and does not call the forward hooks of operations, but of those that
    are only probed.

    Args:
        edges: As of ``CellSupernet``.
        shape: As of ``CellSupernet``.
        scale: As of ``CellSupernet``.
        channel_share: As of ``CellSupernet``.
        implementation: Which one answers calls. ``plain`` computes every operation by its module:
            for second derivatives, to compare, or to count. ``fused`` is made for processors,
            ``wide`` for dense gates on a GPU (``plain`` answers sampled ones); ``auto`` chooses by
            the device.

    Attributes:
        implementation: The same; it may be changed between calls.
        answered: Which one answered the last call.
    """

    def __init__(
        self,
        edges: Sequence[Decision],
        shape: TaskShape,
        scale: Scale,
        *,
        channel_share: int = 1,
        implementation: Implementation = "auto",
    ) -> None:
        super().__init__(edges, shape, scale, channel_share=channel_share)
        self.implementation = implementation
        self.answered: Implementation = "plain"
        cells = list(cast("Iterable[MixedCell]", self.cells if channel_share == 1 else ()))
        # No modules, so not registered.
        self._fused = tuple(FusedCell(cell) for cell in cells)
        self._wide = tuple(WideCell(cell) for cell in cells)

    @override
    def choose_cells(self, gates: Gates, stem: Tensor) -> Iterable[CellFunction]:
        self.answered = self._choose(gates, stem)
        if self.answered == "plain":
            return super().choose_cells(gates, stem)
        return self._wide if self.answered == "wide" else self._fused

    def _choose(self, gates: Gates, stem: Tensor) -> Implementation:
        """Return which implementation answers a call."""
        chosen = self.implementation
        if chosen == "auto":
            chosen = "fused" if stem.device.type == "cpu" else "wide"
        is_sampled = gates.active is not None or any(gates.probed)
        is_slow = is_sampled and (chosen == "wide" or stem.numel() < SAMPLED_ELEMENTS)
        return "plain" if is_slow or not self._has_one_mode() else chosen

    def _has_one_mode(self) -> bool:
        """Tell whether batch normalisations all use their batch, and all or none track it."""
        modes = {
            (norm.training, norm.track_running_stats) for cell in self._fused for norm in cell.norms
        }
        return len(modes) == 1 and all(training for training, _ in modes)
