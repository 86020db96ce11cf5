"""ProxylessNAS (Cai, Zhu and Han, ICLR 2019): binary gates keep one path at a time in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field, NonNegativeFloat, PositiveInt
from torch import Tensor
from typing_extensions import override

from harness.api import Gates, Problem, SearchState, Split
from harness.search.oneshot.bilevel import Batch, Bilevel
from harness.search.oneshot.descent import ChoiceDescent, WeightDescent
from harness.search.oneshot.objective import Regulariser, Tradeoff
from harness.search.oneshot.paths import BinaryGates, draw_options, path_gates, stack
from harness.search.oneshot.supernet_search import Carry
from harness.training.schedules import cosine

Share = Annotated[float, Field(ge=0, le=1)]

WEIGHTS = WeightDescent(
    final_learning_rate=0.0,
    nesterov=True,
    weight_decay=4e-5,
    gradient_clip=0.0,
    label_smoothing=0.1,
)
CHOICES = ChoiceDescent(
    learning_rate=1e-3, betas=(0.0, 0.999), weight_decay=0.0, warmup_share=0.25, interval=5
)

# The operations that are skipped when drawn, by ``zero_rule``.
_SKIPPED: Mapping[bool | None, frozenset[str]] = {
    None: frozenset({"zero"}),
    True: frozenset({"zero", "none"}),
    False: frozenset(),
}


class ProxylessNas(Bilevel):
    """One option of each edge runs, drawn by a softmax of alpha (paper section 3.1).

    Weights descend on a path drawn again for each batch; nothing touches the others, neither
    momentum nor decay. Choices learn from binary gates (section 3.2) or as a policy (section 3.3).
    Defaults are those of the official code's ImageNet search, and the weights' learning rate falls
    with every step, as there. Deviations from it: an architecture step comes before the weight step
    of its train batch, not after it; the first epoch after the warm-up takes architecture steps
    too; REINFORCE updates alpha every ``choices.interval`` weight steps, not 300 times an epoch, on
    batches of the training's size, not the test's; the statistics of batch normalisation do not
    follow architecture steps; initialisation and normalisation are the space's.

    Args:
        problem: What to search.
        mode: What an architecture step looks at. ``two`` (paper): two options of each edge, drawn
            without replacement; the probabilities of the others stay what they were. ``full``: all
            of them, at the memory of all. ``full_v2`` (the official code's default): all of them,
            one after another in the backward pass, at the memory of one.
        rule: ``gradient``: the gates' gradient (Proxyless-G). ``reinforce``: sampled networks are
            rewarded without any gradient through the super-network (Proxyless-R); the mode, the
            zero rule and the regulariser have no part in it.
        zero_rule: Whether an edge learns nothing from a draw whose active option is zero. The
            official code says so of blocks, where zero leaves the residual connection; in a cell
            the share of skipped steps grows with the share of ``none`` until nothing moves. None
            skips options called ``zero`` but not those called ``none``; true skips both.
        samples: Networks per architecture step of ``reinforce`` (code: 10).
        baseline_step: Share of the way that the baseline of ``reinforce`` goes to the samples'
            mean reward before each step (code: 0.99, though it is called a decay there).
        reward_exponent: w of the reward accuracy * (T / cost) ** w (code: 0.1).
        regulariser: Of the loss of ``gradient``, if the comparison prices operations and has a
            target T; E is the expected cost, over the drawn pair's softmax in mode ``two``.
            ``mul#log`` (code): cost_alpha * loss * (ln E / ln T) ** cost_beta. ``add#linear``:
            loss + cost_weight * (E - T) / T, the paper's in other units. Both always push costs
            down, however small they are. ``add#squared`` (ours): loss + cost_weight * (ln C / T)^2
            with the cost C of the answer, whose gradient is taken to be that of E; it aims at T
            from both sides. ``none``: the loss.
        cost_weight: lambda of ``add#linear`` (code: 0.1) and ``add#squared``.
        cost_alpha: alpha of ``mul#log`` (code: 0.2).
        cost_beta: beta of ``mul#log`` (code: 0.3).
        warmup_learning_rate: Of the warm-up's first step; it has a cosine of its own (code).
        weights: How the super-network's weights descend (code).
        choices: How alpha descends (code), after a warm-up of a quarter of the budget (code: 40
            of 160 epochs). Adam's first beta is 0, so that momentum moves no
            option that was not drawn; ``two`` puts those back in any case.
        carry: What a warm start takes over: weights, alpha or both. The schedule starts again with
            its warm-up, and so does the baseline.
    """

    contract_params: ClassVar[Mapping[str, Any]] = {
        "choices": {"learning_rate": 0.1, "interval": 1, "warmup_share": 0},
        "zero_rule": True,
        "regulariser": "add#squared",
    }

    def __init__(
        self,
        problem: Problem,
        *,
        mode: Literal["two", "full", "full_v2"] = "two",
        rule: Literal["gradient", "reinforce"] = "gradient",
        zero_rule: bool | None = None,
        samples: PositiveInt = 10,
        baseline_step: Share = 0.99,
        reward_exponent: NonNegativeFloat = 0.1,
        regulariser: Regulariser = "mul#log",
        cost_weight: NonNegativeFloat = 0.1,
        cost_alpha: NonNegativeFloat = 0.2,
        cost_beta: NonNegativeFloat = 0.3,
        warmup_learning_rate: NonNegativeFloat = 0.05,
        weights: WeightDescent = WEIGHTS,
        choices: ChoiceDescent = CHOICES,
        carry: Carry = "weights+alpha",
    ) -> None:
        tradeoff = Tradeoff(regulariser, cost_weight, cost_alpha, cost_beta, reward_exponent)
        super().__init__(problem, weights=weights, choices=choices, carry=carry, tradeoff=tradeoff)
        self.mode, self.rule = mode, rule
        self.samples, self.baseline_step = samples, baseline_step
        self.warmup_learning_rate = warmup_learning_rate
        self.baseline: float | None = None
        self.drawn, self.skipped = 0, 0
        self._binary: BinaryGates | None = None
        self._logits: list[Tensor] | None = None
        self._skippable = [
            {o for o, name in enumerate(edge.options) if name in _SKIPPED[zero_rule]}
            for edge in self.space.edges
        ]

    @classmethod
    @override
    def complaint(
        cls,
        params: Mapping[str, Any],
        *,
        fidelities: tuple[int, ...],
        target: float | None,
        budget: Mapping[str, float],
    ) -> str | None:
        if params["rule"] == "reinforce":
            return None
        return super().complaint(params, fidelities=fidelities, target=target, budget=budget)

    @classmethod
    @override
    def heeds_target(cls, params: Mapping[str, Any]) -> bool:
        if params["rule"] == "reinforce":
            return bool(params["reward_exponent"])
        return super().heeds_target(params)

    @override
    def gates(self, split: Split) -> Gates:
        if split is Split.TRAIN or self.rule == "reinforce":
            return path_gates(self._draw_path(), self.parameters["alpha"])
        return self._draw_gates().gates(self._probe)

    @override
    def choice_gradient(self, validation: Batch, train: Batch) -> None:
        if self.rule == "reinforce":
            self._set_policy_gradient(*validation)
        else:
            self._set_gate_gradient(*validation)

    @override
    def priced_probabilities(self) -> Sequence[Tensor]:
        assert self._binary is not None
        return self._binary.shares

    def _set_gate_gradient(self, images: Tensor, targets: Tensor) -> None:
        """Set the gradient of binary gates, except where zero was drawn."""
        alphas = self.parameters["alpha"]
        self._binary = binary = self._draw_gates()
        outputs = self.supernet(images, binary.gates(self._probe))
        loss = self.choice_loss(outputs, targets)
        gradients = torch.autograd.grad(loss, alphas, allow_unused=True)
        for edge, alpha in enumerate(alphas):
            is_skipped = binary.active[edge] in self._skippable[edge]
            alpha.grad = None if is_skipped else gradients[edge]
            self.skipped += is_skipped
        self.drawn += len(alphas)
        self.trace.observe(Split.VALIDATION, outputs, targets)

    def _set_policy_gradient(self, images: Tensor, targets: Tensor) -> None:
        """Set the gradient of REINFORCE: mean over samples of (R - b) grad(-log p(path))."""
        alphas = self.parameters["alpha"]
        paths = [self._draw_path() for _ in range(self.samples)]
        correct = []
        with torch.no_grad():
            for path in paths:
                outputs = self.supernet(images, path_gates(path, alphas))
                correct.append((outputs.argmax(1) == targets).double().mean())
                self.trace.observe(Split.VALIDATION, outputs, targets)
        accuracies = torch.stack(correct).tolist()
        rewards = [
            self.objective.reward(a, path) for a, path in zip(accuracies, paths, strict=True)
        ]
        mean = sum(rewards) / len(rewards)
        before = mean if self.baseline is None else self.baseline
        self.baseline = before + self.baseline_step * (mean - before)
        logs = stack(alphas).log_softmax(1)
        chosen = logs.gather(1, torch.tensor(paths, device=logs.device).T).sum(0)
        advantages = torch.tensor(rewards, dtype=logs.dtype, device=logs.device) - self.baseline
        gradients = torch.autograd.grad(-(advantages * chosen).mean(), alphas)
        for alpha, gradient in zip(alphas, gradients, strict=True):
            alpha.grad = gradient

    @override
    def after_choice_step(self) -> None:
        if self._binary is not None and self.mode == "two":
            self._binary.keep_mass()
        self._binary = self._logits = None

    def _draw_path(self) -> list[int]:
        return [choice for (choice,) in draw_options(self._host_logits(), 1)]

    def _draw_gates(self) -> BinaryGates:
        """Draw what takes part in an architecture step, and which of it is active."""
        logits, alphas = self._host_logits(), self.parameters["alpha"]
        if self.mode != "two":
            everything = [tuple(range(len(alpha))) for alpha in alphas]
            return BinaryGates.over(alphas, everything, tuple(self._draw_path()))
        pairs = draw_options(logits, 2)
        places = draw_options([row[list(p)] for row, p in zip(logits, pairs, strict=True)], 1)
        active = tuple(pair[place] for pair, (place,) in zip(pairs, places, strict=True))
        return BinaryGates.over(alphas, pairs, active)

    @property
    def _probe(self) -> Literal["forward", "backward"]:
        return "backward" if self.mode == "full_v2" else "forward"

    def _host_logits(self) -> list[Tensor]:
        """Return alpha on the host; fetched once between two architecture steps."""
        if self._logits is None:
            alphas = self.parameters["alpha"]
            flat = torch.cat([alpha.detach() for alpha in alphas]).cpu()
            self._logits = list(flat.split([len(alpha) for alpha in alphas]))
        return self._logits

    @property
    @override
    def learning_rate(self) -> float:
        warm, steps, end = self.warmup_steps, self.problem.steps, self.weights.final_learning_rate
        if self.steps < warm:
            return cosine(self.steps, warm, self.warmup_learning_rate, end)
        if steps is None:
            return self.weights.learning_rate
        return cosine(self.steps - warm, max(1, steps - warm), self.weights.learning_rate, end)

    @override
    def warm_start(self, source: SearchState) -> None:
        super().warm_start(source)
        self._logits = None

    @override
    def insights(self) -> dict[str, Any]:
        return {
            **super().insights(),
            "mode": self.mode if self.rule == "gradient" else self.rule,
            "skipped_share": self.skipped / self.drawn if self.drawn else 0.0,
            **({} if self.baseline is None else {"baseline": self.baseline}),
        }

    @override
    def state_dict(self) -> dict[str, Any]:
        own = {"baseline": self.baseline, "drawn": self.drawn, "skipped": self.skipped}
        return {**super().state_dict(), **own}

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.baseline, self.drawn, self.skipped = (
            state[name] for name in ("baseline", "drawn", "skipped")
        )
        self._logits = None
