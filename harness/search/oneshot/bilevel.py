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
from itertools import chain
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn
from typing_extensions import override

from harness.api import (
    Architecture,
    Gates,
    Method,
    Problem,
    SearchNetwork,
    SearchSpace,
    SearchState,
    Split,
    Startup,
    Unsupported,
    WeightSharingSpace,
)
from harness.search.oneshot.descent import ChoiceDescent, WeightDescent
from harness.search.oneshot.diary import Diary
from harness.search.oneshot.objective import Objective, Tradeoff
from harness.search.oneshot.statistics import batch_norms, frozen_statistics, skip_share
from harness.training.capture import CapturedStep, describe_run, make_recorder
from harness.training.optimizers import make_sgd, restore, set_rate
from harness.training.schedules import anneal

# Ours: a network of twice the target adds about 5 to the loss.
TRADEOFF = Tradeoff("add#squared", weight=10.0)

Carry = Literal["weights+alpha", "alpha", "weights"]
Batch = tuple[Tensor, Tensor]
Parameters = Mapping[str, Sequence[Tensor]]


class Bilevel(Method):
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
        super().__init__(problem)
        if not isinstance(problem.space, WeightSharingSpace):
            raise Unsupported("The space has no super-network.")
        self.space = problem.space
        self.weights, self.choices, self.carry = weights, choices, carry
        self.supernet = self.space.supernet(
            problem.shape, problem.scale, channel_share=channel_share
        ).to(problem.device)
        self._norms = batch_norms(self.supernet)  # a walk over thousands of modules: once
        self.parameters: Parameters = {
            name: [tensor.to(problem.device).requires_grad_() for tensor in tensors]
            for name, tensors in self.initial_parameters().items()
        }
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
        self.steps = 0
        self.diary = Diary(self._flat(), problem.device)
        alphas = self.parameters["alpha"]
        self.objective = Objective(problem.costs, tradeoff, alphas, self.incumbent)

    @classmethod
    @override
    def unsupported(
        cls, space: SearchSpace, *, has_images: bool, fidelities: tuple[int, ...]
    ) -> str | None:
        if not isinstance(space, WeightSharingSpace):
            return "The space has no super-network."
        return None if has_images else "There are no images to train a super-network on."

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

    def initial_parameters(self) -> Parameters:
        """Return the architecture parameters to start from: small random alphas."""
        deviation = self.choices.initial_deviation
        return {"alpha": [deviation * torch.randn(len(e.options)) for e in self.space.edges]}

    def probabilities(self, parameters: Parameters) -> list[Tensor]:
        """Return the probabilities of each edge's operations: a softmax (DARTS eq. 2)."""
        return [alpha.softmax(0) for alpha in parameters["alpha"]]

    def gates(self, split: Split) -> Gates:
        """Return the gates of one forward pass: on ``TRAIN`` for weights, else for choices."""
        return Gates(self.probabilities(self.parameters))

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
        self.diary.saw(Split.VALIDATION, outputs, targets)

    def after_choice_step(self) -> None:
        """Put right what the optimiser must not have changed; nothing by default."""

    @override
    def step(self) -> None:
        train = self.train.next()
        if self._is_choice_step():
            if self._is_captured:  # what the host knows, before the device needs it
                set_rate(self.weight_optimizer, self.learning_rate)
                self.objective.prepare()
                self.diary.turn_page()
            self._choice_step(*self.validation.next(), *train)
        self.weight_step(train)
        self.steps += 1
        self.diary.note(self._flat())

    def weight_step(self, batch: Batch) -> None:
        """Descend once on the weights, with the architecture parameters fixed."""
        set_rate(self.weight_optimizer, self.learning_rate)
        self.diary.turn_page()
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
        self.diary.saw(Split.TRAIN, outputs, targets)

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
    def incumbent(self) -> Architecture:
        return self._derive(self._flat())

    def _derive(self, tensors: Sequence[Tensor]) -> Architecture:
        """Return the architecture of flat parameters."""
        return self.space.derive([p.numpy() for p in self._describe(_on_host(tensors))])

    def _flat(self) -> list[Tensor]:
        return [tensor for tensors in self.parameters.values() for tensor in tensors]

    def _named(self, tensors: Sequence[Tensor]) -> Parameters:
        """Return flat ``tensors`` under the names of the parameters."""
        rest = iter(tensors)
        return {name: [next(rest) for _ in own] for name, own in self.parameters.items()}

    @override
    def warm_start(self, source: SearchState) -> None:
        if "alpha" in self.carry:
            self._load_parameters(source)
        if "weights" in self.carry:
            self._load_weights(source)
        self.diary = Diary(self._flat(), self.problem.device)

    def _load_parameters(self, source: SearchState) -> None:
        saved = source.state.get("parameters", {})
        shapes = {name: [t.shape for t in own] for name, own in self.parameters.items()}
        if {name: [t.shape for t in tensors] for name, tensors in saved.items()} != shapes:
            raise Unsupported(
                f"The search by {source.method} has no architecture parameters of these shapes; "
                "go on from a search by the same method in the same space."
            )
        with torch.no_grad():
            for own, tensor in zip(self._flat(), chain.from_iterable(saved.values()), strict=True):
                own.copy_(tensor)

    def _load_weights(self, source: SearchState) -> None:
        saved, own = source.state.get("supernet", {}), self.supernet.state_dict()
        fitting = {
            name: t
            for name, t in saved.items()
            if name in own
            and t.shape == own[name].shape
            and (source.has_same_classes or "classifier" not in name)
        }
        strange = {name for name in own.keys() - fitting.keys() if "classifier" not in name}
        if strange:
            raise Unsupported(
                f"The search by {source.method} has no weights for {sorted(strange)[0]}; go on "
                "from a search by the same method at the same scale."
            )
        self.supernet.load_state_dict(fitting, strict=False)

    @override
    def insights(self) -> dict[str, Any]:
        return {
            "alphas": [alpha.tolist() for alpha in self.parameters["alpha"]],
            "learning_rate": self.learning_rate,
            "skip_share": skip_share(self.space.graph(self.incumbent())),
            **self.diary.insights(self._describe, self._derive),
            **self._expected_cost(),
        }

    def _expected_cost(self) -> dict[str, float]:
        """Return what networks cost on average under the parameters, if anything is priced."""
        if self.objective.prices is None:
            return {}
        cost = self.objective.expectation(self._describe(_on_host(self._flat())))
        return {} if cost is None else {"expected_cost": cost}

    def _describe(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        return self.probabilities(self._named(tensors))

    @override
    def execution(self) -> Mapping[str, str]:
        device = torch.device(self.problem.device)
        layout = "channels last" if device.type == "cpu" else "contiguous"
        implementation = getattr(self.supernet, "answered", "plain")
        told = describe_run(self._choice_step, self._weight_step, device=device, layout=layout)
        return {**told, "implementation": implementation}

    @override
    def search_network(self) -> SearchNetwork:
        return SearchNetwork(
            supernet=self.supernet,
            alphas=self.parameters["alpha"],
            gates=lambda: self.gates(Split.VALIDATION),
            probabilities=lambda: self.probabilities(self.parameters),
        )

    @override
    def state_dict(self) -> dict[str, Any]:
        return {
            "supernet": self.supernet.state_dict(),
            "parameters": {
                name: [tensor.detach() for tensor in tensors]
                for name, tensors in self.parameters.items()
            },
            "weight_optimizer": self.weight_optimizer.state_dict(),
            "choice_optimizer": self.choice_optimizer.state_dict(),
            "steps": self.steps,
            "diary": self.diary.state_dict(),
        }

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.supernet.load_state_dict(state["supernet"])
        with torch.no_grad():
            for own, tensor in zip(
                self._flat(), chain.from_iterable(state["parameters"].values()), strict=True
            ):
                own.copy_(tensor)
        restore(self.weight_optimizer, state["weight_optimizer"])
        restore(self.choice_optimizer, state["choice_optimizer"])
        self._choice_step.forget()
        self._weight_step.forget()
        self.steps = state["steps"]
        self.diary.load_state_dict(state["diary"])


def _on_host(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Return copies in float64 on the host."""
    return [tensor.detach().cpu().double() for tensor in tensors]
