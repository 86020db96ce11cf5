"""Proxies made of a network's weights and their gradients, as criteria of pruning are.

Only weights of convolutions and linear layers count; biases and normalisations do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.overrides import TorchFunctionMode
from typing_extensions import override

from harness.search.proxies.batch import Batch

# Functions, modules or not, that are bounded, or linear only far from zero; an underscore at the
# end, of what works in place, does not count.
_SATURATING = frozenset(
    {
        "clamp",
        "clip",
        "hardsigmoid",
        "hardswish",
        "hardtanh",
        "gelu",
        "mish",
        "relu6",
        "selu",
        "sigmoid",
        "silu",
        "softsign",
        "tanh",
    }
)


def synflow(network: nn.Module, size: tuple[int, ...]) -> float:
    """Return the sum over weights of |w * dR/dw| (Tanaka et al., NeurIPS 2020, as a proxy).

    R is the sum of the outputs for an input of ones when every parameter is replaced by its
    absolute value; batch normalisation is passed by. So are activations that saturate (ReLU6,
    hardswish, sigmoid, ...), as a ReLU passes what is positive: without normalisation, units lie
    far beyond their bounds, where nothing flows. In double precision: the flow through many layers
    grows beyond single. The network is spent afterwards.

    Args:
        network: Without auxiliary head or drop path.
        size: Channels, height and width of an input.
    """
    return sum(synaptic_flows(network, size))


def synaptic_flows(network: nn.Module, size: tuple[int, ...]) -> list[float]:
    """Return ``synflow`` layer by layer; without biases each is R where every path crosses it."""
    network = network.double().eval()
    for module in network.modules():
        if isinstance(module, _BatchNorm):
            module.forward = nn.Identity().forward  # type: ignore[method-assign]
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.abs_()
    weights = weights_of(network)
    ones = torch.ones(1, *size, dtype=torch.float64, device=weights[0].device)
    with _Unbounded():
        total = network(ones).sum()
    return _saliencies(weights, _differentiate(total, weights))


def snip(network: nn.Module, batch: Batch) -> float:
    """Return the sum over weights of |w * dL/dw| (Lee et al., ICLR 2019, as a proxy).

    That is |dL/dm| of masks m of ones by which weights are multiplied.
    """
    weights = weights_of(network)
    return sum(_saliencies(weights, _loss_gradients(network, batch, weights)))


def grad_norm(network: nn.Module, batch: Batch) -> float:
    """Return the sum over layers of the norm of dL/dw (Abdelfattah et al., ICLR 2021)."""
    gradients = _loss_gradients(network, batch, weights_of(network))
    return sum(float(gradient.norm()) for gradient in gradients)


def weights_of(network: nn.Module) -> list[Tensor]:
    """Return the weights of convolutions and linear layers."""
    layers = (m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear))
    return [layer.weight for layer in layers]


def _saliencies(weights: list[Tensor], gradients: list[Tensor]) -> list[float]:
    """Return the sum of |w * gradient| of each layer."""
    products = (w.detach() * g for w, g in zip(weights, gradients, strict=True))
    return [float(product.abs().sum()) for product in products]


def _loss_gradients(network: nn.Module, batch: Batch, weights: list[Tensor]) -> list[Tensor]:
    loss = batch.loss(network.train()(batch.images), batch.targets)
    return _differentiate(loss, weights)


def _differentiate(value: Tensor, weights: list[Tensor]) -> list[Tensor]:
    """Return gradients; zeros for what the value does not depend on."""
    found = torch.autograd.grad(value, weights, allow_unused=True)
    return [
        torch.zeros_like(weight) if gradient is None else gradient
        for weight, gradient in zip(weights, found, strict=True)
    ]


class _Unbounded(TorchFunctionMode):
    """Puts the identity in the place of every activation that saturates."""

    @override
    def __torch_function__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        named = kwargs or {}
        if getattr(func, "__name__", "").rstrip("_") in _SATURATING:
            return args[0] if args else named["input"]
        return func(*args, **named)
