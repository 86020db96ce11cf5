"""Training one stand-alone network by a recipe, one mini-batch at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from harness.api import Recipe
from harness.training.capture import CapturedStep, describe_run, make_recorder
from harness.training.data import BatchStream
from harness.training.optimizers import make_sgd, restore, set_rate
from harness.training.schedules import cosine, drop_path_probability


class Fit:
    """SGD with a cosine schedule over epochs, stoppable and resumable after any step.

    A loss that is not finite raises nothing: at the end of its epoch the fit is marked diverged,
    and further steps only count. The host reads nothing from the device but once per epoch. On a
    GPU the network's channels lie last in memory, and steps are captured.

    Args:
        network: What to train; already on the stream's device.
        recipe: How.
        stream: Where batches come from.
        loss: The task's, of logits and targets, with keyword ``label_smoothing``.
        epochs: Instead of the recipe's; candidates bring their fidelity.

    Attributes:
        steps: Steps in all.
        epoch_steps: Steps in one epoch.
        step_count: Steps done.
        diverged: Whether a loss was not finite.
    """

    def __init__(
        self,
        network: nn.Module,
        recipe: Recipe,
        stream: BatchStream,
        loss: Callable[..., Tensor],
        *,
        epochs: int | None = None,
    ) -> None:
        self.network = network
        self.recipe = recipe
        self.stream = stream
        self.loss = loss
        self.epochs = recipe.epochs if epochs is None else epochs
        self.epoch_steps = stream.epoch_steps
        if recipe.epoch_examples is not None:
            short = math.ceil(recipe.epoch_examples / recipe.batch_size)
            self.epoch_steps = min(short, stream.epoch_steps)
        self.steps = self.epochs * self.epoch_steps
        self.step_count = 0
        self.diverged = False
        device = stream.data.device
        self._drop_path: Tensor | None = None
        self._is_on_gpu = device.type == "cuda"
        if self._is_on_gpu:
            network.to(memory_format=torch.channels_last)
        recorder = make_recorder(device, self.steps)
        if recorder is not None and recipe.drop_path:
            self._drop_path = torch.zeros((), device=device)
        self._rate = recipe.learning_rate
        self.optimizer = make_sgd(
            network.parameters(),
            recipe.learning_rate,
            captured_on=None if recorder is None else device,
            momentum=recipe.momentum,
            weight_decay=recipe.weight_decay,
            nesterov=recipe.nesterov,
        )
        self._step = CapturedStep(self._descend, recorder, "training step")
        self._seen = 0
        # Sums on the device since the last report (loss, correct predictions), then the number of
        # losses that were not finite: reading them at each step would make the host wait.
        self._sums = torch.zeros(3, dtype=torch.float64, device=device)

    @property
    def examples(self) -> int:
        """Training examples seen so far."""
        return self.stream.examples

    def step(self) -> None:
        """Train on one mini-batch."""
        if not self.diverged:
            self._apply_schedules(self.step_count // self.epoch_steps)
            images, targets = self.stream.next()
            if self._is_on_gpu:
                images = images.contiguous(memory_format=torch.channels_last)
            self._step(images, targets)
            self._seen += len(targets)
        self.step_count += 1
        if self.step_count % self.epoch_steps == 0 and not self.diverged:
            self.diverged = float(self._sums[2]) > 0

    def report(self) -> dict[str, float]:
        """Return mean loss and accuracy since the last report, and the present learning rate."""
        loss, correct, _ = self._sums.tolist()
        seen = self._seen or math.nan  # after divergence there is nothing to report on
        self._seen = 0
        self._sums[:2] = 0
        return {
            "loss": loss / seen,
            "train_accuracy": 100 * correct / seen,
            "learning_rate": self._rate,
        }

    def describe(self) -> dict[str, str]:
        """Return how steps ran, for a record."""
        return describe_run(self._step, device=self.stream.data.device, layout="channels last")

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed fit needs: tensors and plain containers."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "stream": self.stream.state_dict(),
            "step_count": self.step_count,
            "diverged": self.diverged,
            "seen": self._seen,
            "sums": self._sums.clone(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where ``state_dict`` was taken."""
        self.network.load_state_dict(state["network"])
        restore(self.optimizer, state["optimizer"])
        self._rate = float(self.optimizer.param_groups[0]["lr"])
        self._step.forget()
        self.stream.load_state_dict(state["stream"])
        self.step_count = state["step_count"]
        self.diverged = state["diverged"]
        self._seen = state["seen"]
        self._sums.copy_(state["sums"])

    def _apply_schedules(self, epoch: int) -> None:
        recipe = self.recipe
        rate = cosine(epoch, self.epochs, recipe.learning_rate, recipe.final_learning_rate)
        self._rate = rate
        set_rate(self.optimizer, rate)
        if hasattr(self.network, "drop_path"):
            probability = drop_path_probability(epoch, self.epochs, recipe.drop_path)
            if self._drop_path is not None:
                self._drop_path.fill_(probability)
            own = probability if self._drop_path is None else self._drop_path
            self.network.drop_path = own  # type: ignore[assignment]

    def _descend(self, images: Tensor, targets: Tensor) -> None:
        self.network.train()
        outputs = self.network(images)
        logits = outputs[0] if isinstance(outputs, tuple) else outputs
        loss = self._loss(logits, targets)
        if isinstance(outputs, tuple):
            loss = loss + self.recipe.auxiliary_weight * self._loss(outputs[1], targets)
        self.optimizer.zero_grad()
        loss.backward()
        if self.recipe.gradient_clip:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.gradient_clip)
        self.optimizer.step()
        self._add_up(loss.detach(), logits.detach(), targets)

    def _loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        return self.loss(logits, targets, label_smoothing=self.recipe.label_smoothing)

    def _add_up(self, loss: Tensor, logits: Tensor, targets: Tensor) -> None:
        correct = (logits.argmax(1) == targets).sum()
        broken = loss.isfinite().logical_not()
        self._sums += torch.stack((loss * len(targets), correct, broken))
