"""All that a method is handed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from harness.interfaces.architecture import Architecture
from harness.interfaces.costs import Costs
from harness.interfaces.evaluation import Evaluation
from harness.interfaces.recipe import Scale
from harness.interfaces.space import SearchSpace
from harness.interfaces.task import Split, TaskShape

if TYPE_CHECKING:
    from torch import Tensor


class Stream(Protocol):
    """Batches without end: reshuffled each epoch, augmented, its place saved by the harness."""

    def next(self) -> tuple[Tensor, Tensor]:
        """Return images (N, channels, height, width) and targets (N,) on the device."""
        ...


class Evaluate(Protocol):
    """Evaluates a candidate; see ``Problem.evaluate``."""

    def __call__(
        self, architecture: Architecture, fidelity: int, *, inherit: str | None = None
    ) -> Evaluation:
        """Return the evaluation of ``architecture``."""
        ...


@dataclass(frozen=True)
class Problem:
    """What to search; everything a method spends passes through here and is metered.

    Attributes:
        space: What can be built.
        shape: Image shape and number of classes.
        scale: Size of the super-network.
        device: Where networks and batches live.
        rng: The source of the method's own random draws on the host; those of tensors come from
            torch's generators, which the harness seeds and saves.
        stream: Opens the one stream of the train, validation or selection split; never of test.
        loss: The task's loss of logits and targets, with keyword ``label_smoothing``.
        steps: Train batches that the budget allows, None if it does not count examples; the
            horizon of schedules.
        epoch_steps: Train batches in one epoch.
        fidelities: Efforts at which candidates may be evaluated, ascending; empty if none may.
        evaluate: Evaluates a candidate; its trained weights are kept until released.
        release: Forgets a candidate's weights, by key.
        costs: What the comparison counts besides accuracy; None if nothing.
        is_spent: Tells whether the budget is spent, in the midst of a step too; the harness ends a
            search between two steps, so only a method that cannot be stepped has to ask.
    """

    space: SearchSpace
    shape: TaskShape
    scale: Scale
    device: str
    rng: np.random.Generator
    stream: Callable[[Split], Stream]
    loss: Callable[..., Tensor]
    steps: int | None
    epoch_steps: int
    fidelities: tuple[int, ...]
    evaluate: Evaluate
    release: Callable[[str], None]
    costs: Costs | None = None
    is_spent: Callable[[], bool] = lambda: False
