"""The backward pass of separable convolutions that run side by side."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from harness.networks.fused.depthwise import (
    convolve,
    input_gradient,
    input_gradient_phases,
    weight_gradient,
)
from harness.networks.fused.pointwise import convolve_pixels, pixel_weight_gradient
from harness.networks.fused.separable_layers import Expanded, Kept, Layer, Weights, widen


class SeparableGradients:
    """Takes the operations of one state in turn, and adds up the gradient of the state.

    Args:
        state: That all edges leave, shape (N, C, height, width).
        gradient: Of the sum of the gated operations, shape (N, E * C, height, width).
        edges: E.
        wants_state: Whether the state's gradient is asked for.
        wants_weights: Whether the weights' gradients are.
    """

    def __init__(
        self, state: Tensor, gradient: Tensor, edges: int, *, wants_state: bool, wants_weights: bool
    ) -> None:
        self.wants_weights = wants_weights
        self.edges = edges
        self._gradient, self._total = gradient, gradient.sum((0, 2, 3))
        self._inputs = Expanded(state, edges) if wants_weights or wants_state else None
        self._for_inputs = _InputGradients(edges)

    def descend(
        self,
        layers: Sequence[Layer],
        kept: Sequence[Kept],
        weights: Sequence[Weights],
        gate: Tensor,
    ) -> tuple[Tensor, list[Tensor | None]]:
        """Return the gradients of one operation's gates, shape (E,), and of its weights."""
        gradient, total = self._gradient, self._total
        product = _product(gradient, kept[-1], total)
        for_gate = (product * kept[-1].precision).view(self.edges, -1).sum(1)
        for_weights: list[Tensor | None] = []
        gain = gate.repeat_interleave(len(total) // self.edges) * kept[-1].precision
        for index in reversed(range(len(layers) if self._inputs else 0)):
            through = _through_norm(gradient, kept[index], gain, total, product)
            below = kept[index - 1] if index else None
            gradient, found = self._through_layer(through, below, layers[index], weights[index])
            for_weights = found + for_weights
            if below is not None:
                total, gain = gradient.sum((0, 2, 3)), below.precision
                product = _product(gradient, below, total)
        return for_gate, for_weights or [None] * (2 * len(layers))

    def finish(self) -> Tensor | None:
        """Return the state's gradient."""
        return self._for_inputs.finish(self._inputs.positive) if self._inputs else None

    def _through_layer(
        self, gradient: Tensor, below: Kept | None, layer: Layer, weights: Weights
    ) -> tuple[Tensor, list[Tensor | None]]:
        """Return the gradient of the normalised output of the layer below, and of both weights."""
        assert self._inputs is not None
        channels = weights.pointwise.shape[1]
        pointwise = weights.pointwise.view(self.edges, channels, channels)
        back = pointwise.transpose(1, 2).reshape(-1, channels, 1, 1)
        filtered = convolve_pixels(gradient, back, self.edges)
        inputs = below.activate() if below is not None else None
        for_weights: list[Tensor | None] = [None, None]
        if self.wants_weights:
            given = self._inputs.take(is_even=layer.is_even) if inputs is None else inputs
            again = convolve(given, weights.depthwise, layer.stride, layer.dilation)
            kernel = weights.depthwise.shape[-1]
            for_weights = [
                weight_gradient(given, filtered, kernel, layer.stride, layer.dilation),
                pixel_weight_gradient(again, gradient, weights.pointwise, self.edges),
            ]
        if inputs is None:
            self._for_inputs.add(filtered, weights.depthwise, layer)
            return filtered, for_weights
        found = input_gradient(filtered, weights.depthwise, layer.dilation)
        return torch.ops.aten.threshold_backward(found, inputs, 0), for_weights


class _InputGradients:
    """Adds up the gradients of what the first layers take, wide, and narrows them in the end."""

    def __init__(self, edges: int) -> None:
        self.edges = edges
        self._whole: list[Tensor] = []
        self._phases: list[list[Tensor]] = [[], [], [], []]

    def add(self, gradient: Tensor, weight: Tensor, layer: Layer) -> None:
        """Add one layer's, given the gradient of its depthwise convolution's output."""
        if layer.stride == 2:
            found = input_gradient_phases(gradient, weight)
            for own, phase in zip(self._phases, found, strict=True):
                _accumulate(own, phase)
        else:
            own = self._phases[0] if layer.is_even else self._whole
            _accumulate(own, input_gradient(gradient, weight, layer.dilation))

    def finish(self, positive: Tensor) -> Tensor:
        """Return the gradient of the state before ReLU."""
        total = self._narrow(self._whole[0]) if self._whole else torch.zeros_like(positive)
        for index, phase in enumerate(self._phases):
            if phase:
                total[:, :, index // 2 :: 2, index % 2 :: 2] += self._narrow(phase[0])
        found: Tensor = torch.ops.aten.threshold_backward(total, positive, 0)
        return found

    def _narrow(self, wide: Tensor) -> Tensor:
        """Return the sum over edges."""
        first, *others = wide.chunk(self.edges, dim=1)
        if not others:
            return first
        total = first + others[0]
        for other in others[1:]:
            total += other
        return total


def _accumulate(own: list[Tensor], found: Tensor) -> None:
    if own:
        own[0] += found
    else:
        own.append(found)


def _product(gradient: Tensor, kept: Kept, total: Tensor) -> Tensor:
    """Return each channel's sum of gradient times centred output."""
    return (gradient * kept.output).sum((0, 2, 3)) - kept.mean * total


def _through_norm(
    gradient: Tensor, kept: Kept, gain: Tensor, total: Tensor, product: Tensor
) -> Tensor:
    """Return the gradient of a layer's output before normalisation.

    Args:
        gradient: After normalisation.
        kept: Of the layer.
        gain: What a channel's centred output was multiplied with.
        total: The gradient's sum over each channel.
        product: Its sum of products with the centred output.
    """
    pixels = gradient.numel() // gradient.shape[1]
    slope = -gain * kept.precision.square() * product / pixels
    offset = -gain * total / pixels - slope * kept.mean
    found = torch.addcmul(widen(offset), kept.output, widen(slope))
    return found.addcmul_(gradient, widen(gain))
