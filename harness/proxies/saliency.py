"""Proxies made of a network's weights and their gradients, as criteria of pruning are.

Only weights of convolutions and linear layers count; biases and normalisations do not.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from harness.proxies.batch import Batch


def synflow(network: nn.Module, size: tuple[int, ...]) -> float:
    """Return the sum over weights of |w * dR/dw| (Tanaka et al., NeurIPS 2020, as a proxy).

    R is the sum of the outputs for an input of ones when every parameter is replaced by its
    absolute value; batch normalisation is passed by. In double precision: the flow through many
    layers grows beyond single. The network is spent afterwards.

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
    return _saliencies(weights, _differentiate(network(ones).sum(), weights))


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
