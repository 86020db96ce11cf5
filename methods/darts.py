"""DARTS (Liu, Simonyan and Yang, ICLR 2019): descend on weights and relaxed choices in turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import NonNegativeFloat, PositiveFloat
from torch import Tensor
from typing_extensions import override

from harness.api import Problem, Split
from harness.search.oneshot.bilevel import TRADEOFF, Batch, Bilevel
from harness.search.oneshot.descent import ChoiceDescent, WeightDescent
from harness.search.oneshot.objective import Regulariser, Tradeoff
from harness.search.oneshot.supernet_search import Carry
from harness.search.oneshot.unrolled import FlatWeights, unroll, unrolled_gradient

WEIGHTS = WeightDescent()
CHOICES = ChoiceDescent()


class Darts(Bilevel):
    """Every operation of every edge runs, weighted by a softmax of alpha (paper section 2.2).

    The choices descend on the validation loss, of the present weights (first order, xi = 0) or of
    the weights that one step on the training loss would lead to (second order, section 2.3).
    Defaults are those of the CIFAR-10 search (paper A.1.1); where the paper and the official code
    differ, the argument says so. Batch normalisation uses the statistics of its batch throughout
    the search, as the paper says; the accuracies that are logged do, too (the code's validation
    of the super-network uses running statistics). Where the unrolled weights are w', the validation
    accuracy is theirs.

    In single precision the second-order term has an error, probably since rounding moves a few
    units across the kinks of ReLU and the ties of pooling. Against double precision it is 0.3 % in
    the median and 7 % at worst in the fused implementation of the super-network (4 channels, 3
    cells, batches of 8, 14 seeds), 0.0 % and 0.3 % in the plain one; with 16 channels, 8 cells and
    batches of 16 it is 0.3 % in both (2 seeds). The shifted passes run in the fused one all the
    same: the plain one takes 1.7 times as long.

    Args:
        problem: What to search.
        order: 2 unrolls one weight step with xi = the weights' learning rate of the epoch, at the
            price of about four passes instead of one (paper: DARTS_V2); 1 is the approximation
            with xi = 0 (DARTS_V1, and the official code unless told ``--unrolled``).
        difference: Length of the finite difference of second order: epsilon = difference / |v|.
        weights: How the super-network's weights w descend.
        choices: How the architecture parameters alpha descend.
        carry: What a warm start takes over when the data set is swapped: weights, alpha or both.
            Momentum, Adam's state and the cosine schedule start again, and the classifier does
            where the classes are others.
        regulariser: Of the validation loss, if the comparison sets a target of cost T (ours; the
            paper knows no cost). ``add#squared``: loss + cost_weight * (ln C / T)^2 with the cost C
            of the answer, whose gradient is taken to be that of the expected cost E. ``add#linear``
            and ``mul#log``: as in ``proxylessnas``, of E. ``none``: the loss.
        cost_weight: Of ``add#squared`` and ``add#linear``.
    """

    is_capturable = True
    contract_params: ClassVar[Mapping[str, Any]] = {"choices": {"learning_rate": 0.1}}

    def __init__(
        self,
        problem: Problem,
        *,
        order: Literal[1, 2] = 2,
        difference: PositiveFloat = 0.01,
        weights: WeightDescent = WEIGHTS,
        choices: ChoiceDescent = CHOICES,
        carry: Carry = "weights+alpha",
        regulariser: Regulariser = TRADEOFF.regulariser,
        cost_weight: NonNegativeFloat = TRADEOFF.weight,
    ) -> None:
        tradeoff = Tradeoff(regulariser, cost_weight)
        super().__init__(problem, weights=weights, choices=choices, carry=carry, tradeoff=tradeoff)
        self.order, self.difference = order, difference
        self._flat_weights = FlatWeights(self.supernet)

    @override
    def choice_gradient(self, validation: Batch, train: Batch) -> None:
        if self.order == 1:
            super().choice_gradient(validation, train)
            return
        flat = self._flat_weights
        weights, velocity = flat.vector(), flat.velocity(self.weight_optimizer)

        def train_loss(vector: Tensor) -> Tensor:
            outputs = flat.call(vector, train[0], self.gates(Split.VALIDATION))
            return self.weight_loss(outputs, train[1])

        def validation_loss(vector: Tensor) -> Tensor:
            outputs = flat.call(vector, validation[0], self.gates(Split.VALIDATION))
            self.trace.observe(Split.VALIDATION, outputs, validation[1])
            return self.choice_loss(outputs, validation[1])

        def step(gradient: Tensor) -> Tensor:
            return unroll(weights, gradient, velocity, self.weights, self.rate)

        gradients = unrolled_gradient(
            train_loss,
            validation_loss,
            weights,
            self._flat(),
            step,
            learning_rate=self.rate,
            difference=self.difference,
        )
        for parameter, gradient in zip(self._flat(), gradients, strict=True):
            parameter.grad = gradient
