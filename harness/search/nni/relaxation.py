"""NNI's DARTS and GumbelDARTS: every operation runs, weighted by a softmax of alpha."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, cast

from nni.nas.oneshot.pytorch.supermodule.differentiable import DifferentiableMixedLayer
from nni.nas.strategy import DARTS, GumbelDARTS
from typing_extensions import override

from harness.api import Problem
from harness.search.nni.supernet import GatedSpace, refuse_unknown_horizon, train
from harness.search.oneshot.bilevel import Bilevel
from harness.search.oneshot.descent import ChoiceDescent, WeightDescent
from harness.search.oneshot.objective import Tradeoff
from harness.search.oneshot.supernet_search import Carry


class Relaxation(Bilevel):
    """A bilevel search in which NNI takes all the steps; one step here is all of them.

    NNI's alphas are ours: they lie in the same memory.

    Args:
        problem: What to search.
        rule: Softmax of alpha, or a draw of Gumbel-softmax from it.
        temperature: Of Gumbel-softmax, in the first epoch and where the linear fall would end.
        weights: How the super-network's weights descend.
        choices: How alpha descends.
        carry: What a warm start takes over.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        rule: Literal["darts", "gumbel"],
        temperature: tuple[float, float],
        weights: WeightDescent,
        choices: ChoiceDescent,
        carry: Carry,
    ) -> None:
        refuse_unknown_horizon(problem)
        super().__init__(
            problem, weights=weights, choices=choices, carry=carry, tradeoff=Tradeoff("none")
        )
        self.rule, self.temperature = rule, temperature
        self.strategy: DARTS | None = None

    @override
    def step(self) -> None:
        self.strategy = self._make_strategy()
        train(self, self.strategy, prepare=self._share_alphas, after_step=self._end_step)

    def _make_strategy(self) -> DARTS:
        rules = {
            "arc_learning_rate": self.choices.learning_rate,
            "warmup_epochs": self.choices.warmup_epochs,
            "gradient_clip_val": self.weights.gradient_clip or None,
        }
        if self.rule == "gumbel":
            return GumbelDARTS(temperature=self.temperature, **rules)
        return DARTS(**rules)

    def _share_alphas(self, space: GatedSpace) -> None:
        layers = cast("Iterable[DifferentiableMixedLayer]", space.choices)
        for layer, alpha in zip(layers, self.parameters["alpha"], strict=True):
            (parameter,) = layer.arch_parameters()
            parameter.data = alpha.detach()

    def _end_step(self) -> None:
        self.steps += 1
        self.trace.append(self._flat())
