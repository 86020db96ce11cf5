"""The base of gradient methods: weights descend on train batches, choices on validation batches.

A method's file holds only its paper's idea. What it may replace:

* ``initial_parameters``   the architecture parameters, by name (PC-DARTS adds ``beta``)
* ``probabilities``        from parameters to probabilities of each edge's operations
* ``gates``                from probabilities to what the super-network is passed (GDAS samples,
                           ProxylessNAS samples and probes)
* ``choice_loss``          the loss of an architecture step (a regulariser)
* ``priced_probabilities``  what the expected cost rests on, where a target of cost is set
* ``choice_gradient``      the gradient of the parameters (second order, REINFORCE)
* ``after_choice_step``    what follows the optimiser (ProxylessNAS' rescaling)
* ``learning_rate``        of the weights (ProxylessNAS: a warm-up has a schedule of its own)

A method that says ``is_capturable`` has its steps captured on a GPU: then what it replaces above
``learning_rate`` must not read a tensor's value nor draw or decide on the host, and reads the
learning rate as ``rate``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from typing_extensions import override

from harness.api import (
    Problem,
    Split,
    Startup,
)
from harness.search.oneshot.descent import ChoiceDescent, WeightDescent
from harness.search.oneshot.objective import Objective, Tradeoff
from harness.search.oneshot.statistics import batch_norms, frozen_statistics
from harness.search.oneshot.supernet_search import Carry, SupernetSearch, copy_to_host
from harness.training.capture import CapturedStep, describe_run, make_recorder
from harness.training.optimizers import make_sgd, restore, set_rate
from harness.training.schedules import anneal

# Ours: a network of twice the target adds about 5 to the loss.
TRADEOFF = Tradeoff("add#squared", weight=10.0)

Batch = tuple[Tensor, Tensor]


class Bilevel(SupernetSearch):
    """Alternates one step on the architecture parameters and one on the weights.

    Only the train stream's examples count towards the budget; the schedule's horizon is what the
    budget allows.

    Args:
        problem: What to search.
        weights: How the super-network's weights descend.
        choices: How the architecture parameters descend.
        carry: What a warm start takes over. Optimiser states and the schedule always start again;
            the classifier does where the classes are others.
        channel_share: Of the super-network (PC-DARTS' K).
        tradeoff: Between loss and cost, where the comparison sets a target.

    Attributes:
        is_capturable: Whether steps do the same kernels again and again, so that a GPU may run them
            as a whole; not so where paths are drawn.
    """

    currencies = ("examples", "seconds")
    is_capturable: ClassVar[bool] = False

    def __init__(
        self,
        problem: Problem,
        *,
        weights: WeightDescent,
        choices: ChoiceDescent,
        carry: Carry,
        channel_share: int = 1,
        tradeoff: Tradeoff = TRADEOFF,
    ) -> None:
        super().__init__(
            problem,
            carry=carry,
            initial_deviation=choices.initial_deviation,
            channel_share=channel_share,
        )
        self.weights, self.choices = weights, choices
        self._norms = batch_norms(self.supernet)  # a walk over thousands of modules: once
        recorder = make_recorder(problem.device, problem.steps) if self.is_capturable else None
        self._is_captured = recorder is not None
        self.weight_optimizer = make_sgd(
            self.supernet.parameters(),
            weights.learning_rate,
            captured_on=problem.device if self._is_captured else None,
            momentum=weights.momentum,
            nesterov=weights.nesterov,
            weight_decay=weights.weight_decay,
        )
        self.choice_optimizer = torch.optim.Adam(
            self._flat(),
            choices.learning_rate,
            choices.betas,
            weight_decay=choices.weight_decay,
            capturable=self._is_captured,
        )
        self._choice_step = CapturedStep(self._descend_on_choices, recorder, "architecture step")
        self._weight_step = CapturedStep(self._descend_on_weights, recorder, "weight step")
        self.train, self.validation = map(problem.stream, (Split.TRAIN, Split.VALIDATION))
        alphas = self.parameters["alpha"]
        self.objective = Objective(problem.costs, tradeoff, alphas, self.incumbent)

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
        return Tradeoff(params.get("regulariser", TRADEOFF.regulariser)).complaint(target)

    @classmethod
    @override
    def startup(cls, params: Mapping[str, Any], *, fidelities: tuple[int, ...]) -> Startup:
        choices = params.get("choices")
        epochs = choices.warmup_epochs if isinstance(choices, ChoiceDescent) else 0
        return Startup("choices.warmup_epochs", epochs=epochs)

    @classmethod
    @override
    def heeds_target(cls, params: Mapping[str, Any]) -> bool:
        regulariser = params.get("regulariser", TRADEOFF.regulariser)
        weight = params.get("cost_weight", TRADEOFF.weight)
        return bool(regulariser == "mul#log" or (regulariser != "none" and weight))

    def weight_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss that the weights descend on."""
        smoothing = self.weights.label_smoothing
        loss: Tensor = self.problem.loss(outputs, targets, label_smoothing=smoothing)
        return loss

    def choice_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss that the choices descend on, which knows a cost if one is aimed at."""
        loss: Tensor = self.problem.loss(outputs, targets)
        if self.objective.target is None:
            return loss
        return self.objective.loss(loss, self.priced_probabilities())

    def priced_probabilities(self) -> Sequence[Tensor]:
        """Return the probabilities that the expected cost of an architecture step rests on."""
        return self.probabilities(self.parameters)

    def choice_gradient(self, validation: Batch, train: Batch) -> None:
        """Set the architecture parameters' gradients: those of the validation loss."""
        images, targets = validation
        outputs = self.supernet(images, self.gates(Split.VALIDATION))
        parameters = self._flat()
        loss = self.choice_loss(outputs, targets)
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        self.trace.observe(Split.VALIDATION, outputs, targets)

    def after_choice_step(self) -> None:
        """Put right what the optimiser must not have changed; nothing by default."""

    @override
    def step(self) -> None:
        train = self.train.next()
        if self._is_choice_step():
            if self._is_captured:  # what the host knows, before the device needs it
                set_rate(self.weight_optimizer, self.learning_rate)
                self.objective.prepare()
                self.trace.restart_if_read()
            self._choice_step(*self.validation.next(), *train)
        self.weight_step(train)
        self.steps += 1
        self.trace.append(self._flat())

    def weight_step(self, batch: Batch) -> None:
        """Descend once on the weights, with the architecture parameters fixed."""
        set_rate(self.weight_optimizer, self.learning_rate)
        self.trace.restart_if_read()
        self._weight_step(*batch)

    def _descend_on_choices(
        self, images: Tensor, targets: Tensor, train_images: Tensor, train_targets: Tensor
    ) -> None:
        with frozen_statistics(self._norms):
            self.choice_gradient((images, targets), (train_images, train_targets))
        self.choice_optimizer.step()
        self.after_choice_step()

    def _descend_on_weights(self, images: Tensor, targets: Tensor) -> None:
        with torch.no_grad():
            gates = self.gates(Split.TRAIN)
        outputs = self.supernet(images, gates)
        loss = self.weight_loss(outputs, targets)
        self.weight_optimizer.zero_grad()  # to None: momentum and decay leave idle paths alone
        loss.backward()
        if self.weights.gradient_clip:
            nn.utils.clip_grad_norm_(self.supernet.parameters(), self.weights.gradient_clip)
        self.weight_optimizer.step()
        self.trace.observe(Split.TRAIN, outputs, targets)

    @property
    def learning_rate(self) -> float:
        """The weights' learning rate in this step; constant if the budget gives no horizon."""
        start, end = self.weights.learning_rate, self.weights.final_learning_rate
        if self.problem.steps is None:
            return start
        return anneal(self.steps, self.problem.steps, self.problem.epoch_steps, start, end)

    @property
    def rate(self) -> float | Tensor:
        """The learning rate as a captured step reads it: a tensor there, else the number."""
        rate: float | Tensor = self.weight_optimizer.param_groups[0]["lr"]
        return rate if isinstance(rate, Tensor) else self.learning_rate

    @property
    def warmup_steps(self) -> int:
        """Steps before the first one on the architecture parameters."""
        share = int(self.choices.warmup_share * (self.problem.steps or 0))
        return max(self.choices.warmup_epochs * self.problem.epoch_steps, share)

    def _is_choice_step(self) -> bool:
        return self.steps >= self.warmup_steps and self.steps % self.choices.interval == 0

    @override
    def insights(self) -> dict[str, Any]:
        learning_rate = {"learning_rate": self.learning_rate}
        return {**super().insights(), **learning_rate, **self._expected_cost()}

    def _expected_cost(self) -> dict[str, float]:
        """Return what networks cost on average under the parameters, if anything is priced."""
        if self.objective.prices is None:
            return {}
        cost = self.objective.expectation(self._describe(copy_to_host(self._flat())))
        return {} if cost is None else {"expected_cost": cost}

    @override
    def execution(self) -> Mapping[str, str]:
        device = torch.device(self.problem.device)
        layout = "channels last" if device.type == "cpu" else "contiguous"
        implementation = getattr(self.supernet, "answered", "plain")
        told = describe_run(self._choice_step, self._weight_step, device=device, layout=layout)
        return {**told, "implementation": implementation}

    @override
    def state_dict(self) -> dict[str, Any]:
        return {
            **super().state_dict(),
            "weight_optimizer": self.weight_optimizer.state_dict(),
            "choice_optimizer": self.choice_optimizer.state_dict(),
        }

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        restore(self.weight_optimizer, state["weight_optimizer"])
        restore(self.choice_optimizer, state["choice_optimizer"])
        self._choice_step.forget()
        self._weight_step.forget()
