"""DARTS (Liu, Simonyan and Yang, ICLR 2019): descend on weights and relaxed choices in turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from harness.api import Problem
from harness.oneshot.bilevel import Bilevel, Carry
from harness.oneshot.descent import ChoiceDescent, WeightDescent

WEIGHTS = WeightDescent()
CHOICES = ChoiceDescent()


class Darts(Bilevel):
    """First order (xi = 0): the choices descend on the validation loss of the present weights.

    Every operation of every edge runs, weighted by a softmax of alpha. Defaults are those of the
    official code's CIFAR-10 search (paper A.1.1).

    Args:
        problem: What to search.
        weights: How the super-network's weights w descend.
        choices: How the architecture parameters alpha descend.
        carry: What a warm start takes over when the data set is swapped: weights, alpha or both.
            Momentum, Adam's state and the cosine schedule start anew, and the classifier does
            where the numbers of classes differ.
    """

    contract_params: ClassVar[Mapping[str, Any]] = {"choices": {"learning_rate": 0.1}}

    def __init__(
        self,
        problem: Problem,
        *,
        weights: WeightDescent = WEIGHTS,
        choices: ChoiceDescent = CHOICES,
        carry: Carry = "weights+alpha",
    ) -> None:
        super().__init__(problem, weights=weights, choices=choices, carry=carry)
