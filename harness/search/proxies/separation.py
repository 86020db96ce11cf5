"""Proxies made of how differently an untrained network treats the images of one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from typing_extensions import override

from harness.search.proxies.batch import Batch

# Added to eigenvalues (Mellor et al., first version).
STABILISER = 1e-5

_RECTIFIERS = frozenset({"aten::relu", "aten::relu_", "aten::hardtanh", "aten::hardtanh_"})


def naswot(network: nn.Module, batch: Batch) -> float:
    """Return ln|det K| of the kernel of ReLU codes (Mellor et al., ICML 2021).

    K sums over all rectifiers the agreements of two images' codes: which units are positive.
    Rectifiers are found where they are computed, modules or not; ReLU6 is one of them, and its
    upper bound is not part of the code: behind batch normalisation hardly a unit reaches it.
    Smooth activations (hardswish, SiLU, sigmoid) have no codes. Minus infinity where two images
    have the same code, or no unit is rectified.
    """
    codes = _Codes()
    with torch.no_grad(), codes:
        network.train()(batch.images)
    if not codes.found:
        return -np.inf
    sign, logarithm = np.linalg.slogdet(kernel(codes.found))
    return float(logarithm) if sign else -np.inf


def kernel(codes: Sequence[Tensor]) -> NDArray[np.float64]:
    """Return K: for each two images the number of units on whose sign they agree.

    Args:
        codes: Per rectifier whether its units are positive, shape (N, units), booleans.

    Returns:
        Shape (N, N).
    """
    total = np.zeros((len(codes[0]), len(codes[0])))
    for code in codes:
        on = code.double()
        total += (on @ on.T + (1 - on) @ (1 - on).T).cpu().numpy()
    return total


def jacob_cov(network: nn.Module, batch: Batch) -> float:
    """Return how uncorrelated images' input gradients are (Mellor et al., arXiv 2020, v1).

    The gradient is that of an image's summed outputs with respect to its pixels.
    """
    images = batch.images.detach().clone().requires_grad_()
    (gradients,) = torch.autograd.grad(network.train()(images).sum(), images)
    rows = gradients.flatten(1).double().cpu().numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        return spread(np.corrcoef(rows))


def spread(correlations: NDArray[np.float64]) -> float:
    """Return -sum(ln(v + k) + 1 / (v + k)) over the eigenvalues v of a correlation matrix.

    NaN where correlations are not defined.
    """
    if not np.isfinite(correlations).all():
        return np.nan
    values = np.linalg.eigvalsh(correlations) + STABILISER
    return float(-(np.log(values) + 1 / values).sum())


class _Codes(TorchDispatchMode):
    """Notes which units of every rectifier are positive, image by image."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.found: list[Tensor] = []

    @override
    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        output = func(*args, **(kwargs or {}))
        if func._schema.name in _RECTIFIERS:
            self.found.append(output.flatten(1) > 0)
        return output
