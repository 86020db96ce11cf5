"""Gates: what a method passes to a super-network in place of an architecture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from harness.interfaces.architecture import Decision

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Gates:
    """One weight per candidate operation of every edge, and which operations run.

    A super-network never reads a weight's *value*: the output of edge e is the sum over what runs
    of ``weights[e][o] * operation_o(x)``. Softmax gates are DARTS, straight-through Gumbel GDAS,
    one-hot single-path, probed binary ProxylessNAS.

    Attributes:
        weights: Per edge a tensor over its operations; any product, such as PC-DARTS' softmax over
            the edges of a node, is already multiplied in.
        active: Per edge the operations that run with gradient, known on the host; None runs all of
            them. What is neither active nor probed is not computed.
        probed: Per edge operations that run without graph, only so that dL/dweight exists (their
            weight is usually zero); empty probes nothing.
        probe: ``forward`` computes probed outputs in the forward pass (ProxylessNAS ``two`` and
            ``full``); ``backward`` keeps only the edge's input and computes them in the backward
            pass (``full_v2``): the memory of one path, and no part in the output, so it equals
            ``forward`` where probed weights are zero. Probed operations' own weights get no
            gradient in either.
    """

    weights: Sequence[Tensor]
    active: Sequence[tuple[int, ...]] | None = None
    probed: Sequence[tuple[int, ...]] = ()
    probe: Literal["forward", "backward"] = "forward"

    @classmethod
    def one_hot(cls, edges: Sequence[Decision], choices: Sequence[int | None]) -> Gates:
        """Return gates under which one option of each edge runs, with weight one.

        Args:
            edges: Of the space.
            choices: The option of each edge; None runs nothing there.
        """
        import torch

        weights = [torch.zeros(len(edge.options)) for edge in edges]
        for weight, choice in zip(weights, choices, strict=True):
            if choice is not None:
                weight[choice] = 1.0
        return cls(weights, [() if choice is None else (choice,) for choice in choices])


def argmax(probabilities: Iterable[NDArray[np.float64]]) -> list[int]:
    """Return the likeliest option of each edge, the first of equals; NaN is less than any number.

    A search that diverged must answer, too.
    """
    rows = (np.asarray(edge, dtype=np.float64) for edge in probabilities)
    return [int(np.nan_to_num(row, nan=-np.inf).argmax()) for row in rows]
