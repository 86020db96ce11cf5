"""The second-order gradient of DARTS (Liu et al. 2019, section 2.3, eqs. 6-8).

Weights are looked at as one flat vector, and losses are called with other vectors in their place:
the network is never copied, and its own tensors are never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call

from harness.search.oneshot.descent import WeightDescent

Loss = Callable[[Tensor], Tensor]


class FlatWeights:
    """A network's weights as one vector of W numbers.

    Args:
        network: Whose parameters, in the order of ``named_parameters``.
    """

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self._named = dict(network.named_parameters())
        self._sizes = [weight.numel() for weight in self._named.values()]

    def vector(self) -> Tensor:
        """Return a copy of the present weights, shape (W,), apart from any graph."""
        return torch.cat([weight.detach().flatten() for weight in self._named.values()])

    def velocity(self, optimizer: torch.optim.SGD) -> Tensor | None:
        """Return the momentum buffers of ``optimizer``, shape (W,); None before its first step."""
        buffers = [
            optimizer.state.get(weight, {}).get("momentum_buffer")
            for weight in self._named.values()
        ]
        if all(buffer is None for buffer in buffers):
            return None
        pairs = zip(buffers, self._named.values(), strict=True)
        return torch.cat(
            [
                (torch.zeros_like(weight) if buffer is None else buffer).flatten()
                for buffer, weight in pairs
            ]
        )

    def call(self, weights: Tensor, *arguments: object) -> Tensor:
        """Return the network's output with ``weights``, shape (W,), in place of its own."""
        pieces = zip(self._named.items(), weights.split(self._sizes), strict=True)
        named = {name: piece.view_as(own) for (name, own), piece in pieces}
        output: Tensor = functional_call(self.network, named, arguments)
        return output


def unroll(
    weights: Tensor,
    gradient: Tensor,
    velocity: Tensor | None,
    descent: WeightDescent,
    learning_rate: float | Tensor,
) -> Tensor:
    """Return where one step of SGD would lead: w' = w - xi (mu v + g + lambda w).

    The gradient is not clipped, as in the official code.

    Args:
        weights: w, shape (W,).
        gradient: g of the training loss at w, shape (W,).
        velocity: v, the optimiser's momentum buffer, shape (W,); None if it has none yet.
        descent: With momentum mu and weight decay lambda.
        learning_rate: xi.
    """
    decayed = gradient + descent.weight_decay * weights
    ahead = decayed if velocity is None else descent.momentum * velocity + decayed
    if descent.nesterov:
        ahead = decayed + descent.momentum * ahead
    return weights - learning_rate * ahead


def unrolled_gradient(
    train_loss: Loss,
    validation_loss: Loss,
    weights: Tensor,
    choices: Sequence[Tensor],
    step: Callable[[Tensor], Tensor],
    *,
    learning_rate: float | Tensor,
    difference: float,
) -> list[Tensor]:
    """Return the gradient of the choices through one step of the weights (eq. 7).

    Its second term, a product of the training loss' mixed second derivative with a vector, is a
    central finite difference (eq. 8): two more passes instead of a matrix.

    Args:
        train_loss: Of flat weights, at the present choices.
        validation_loss: Likewise.
        weights: w, shape (W,).
        choices: alpha; leaves that require a gradient.
        step: From the gradient of the training loss at w to the unrolled weights w'.
        learning_rate: xi, the rate of that step.
        difference: Length of the finite difference: epsilon = difference / |v|, where v is the
            gradient of the validation loss at w' (paper: 0.01).
    """
    here = weights.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(train_loss(here), here)
    ahead = step(gradient).detach().requires_grad_()
    direct = torch.autograd.grad(validation_loss(ahead), [ahead, *choices])
    direction, first = direct[0], direct[1:]
    # A flat validation loss has no direction: the second term is zero then, not 0/0.
    epsilon = difference / direction.norm().clamp_min(torch.finfo(direction.dtype).tiny ** 0.5)
    plus, minus = (
        torch.autograd.grad(train_loss(weights + sign * epsilon * direction), list(choices))
        for sign in (1, -1)
    )
    return [
        own - learning_rate * (above - below) / (2 * epsilon)
        for own, above, below in zip(first, plus, minus, strict=True)
    ]
