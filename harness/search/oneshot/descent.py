"""The optimiser rules that gradient methods share; a method may replace the defaults.

Defaults are those of DARTS on CIFAR-10 (Liu et al. 2019, A.1.1; official code).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from harness.api import Rules, Tunable

Fraction = Annotated[float, Field(ge=0, lt=1)]


class WeightDescent(Rules):
    """How a super-network's weights descend: SGD, and a cosine schedule over the budget's steps.

    Attributes:
        learning_rate: Of the first step (paper: xi when unrolling).
        final_learning_rate: Where the cosine would be after the last step (the paper says 0, the
            code 0.001).
        momentum: Of SGD.
        nesterov: Whether the momentum is Nesterov's.
        weight_decay: L2 term added to the gradient.
        gradient_clip: Largest global norm of the weights' gradient; 0 does not clip.
        label_smoothing: Of the weights' loss only.
    """

    learning_rate: Annotated[NonNegativeFloat, Tunable(5e-3, 0.2, log=True)] = 0.025
    final_learning_rate: NonNegativeFloat = 0.001
    momentum: Fraction = 0.9
    nesterov: bool = False
    weight_decay: Annotated[NonNegativeFloat, Tunable(1e-5, 1e-2, log=True)] = 3e-4
    gradient_clip: NonNegativeFloat = 5.0
    label_smoothing: Fraction = 0.0


class ChoiceDescent(Rules):
    """How architecture parameters descend: Adam on validation batches.

    Attributes:
        learning_rate: Of Adam.
        betas: Of Adam.
        weight_decay: L2 term added to the gradient.
        initial_deviation: Standard deviation of the initial alphas (the paper starts at zero, the
            code at 0.001).
        warmup_epochs: Epochs before the first step (PC-DARTS 15, DrNAS 10).
        warmup_share: The same as a share of the budget's steps; the longer one holds (ProxylessNAS
            0.25).
        interval: Weight steps per architecture step (ProxylessNAS 5).
    """

    learning_rate: Annotated[NonNegativeFloat, Tunable(1e-4, 0.1, log=True)] = 3e-4
    betas: tuple[Fraction, Fraction] = (0.5, 0.999)
    weight_decay: Annotated[NonNegativeFloat, Tunable(1e-5, 1e-1, log=True)] = 1e-3
    initial_deviation: NonNegativeFloat = 1e-3
    warmup_epochs: NonNegativeInt = 0
    warmup_share: Annotated[Fraction, Tunable(0.0, 0.5)] = 0.0
    interval: PositiveInt = 1
