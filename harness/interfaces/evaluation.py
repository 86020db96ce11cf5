"""Judging one architecture: as a candidate inside a search, or for good in a train job."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from harness.interfaces.architecture import Architecture
from harness.interfaces.recipe import Recipe
from harness.interfaces.space import SearchSpace
from harness.interfaces.task import Split, Task


@dataclass(frozen=True)
class Evaluation:
    """How one candidate was evaluated.

    Attributes:
        key: Names the candidate's trained weights, for ``inherit`` and ``release``.
        score: Validation accuracy in percent; NaN if training diverged.
        seconds: What it took, or what a table says it took.
        examples: Training examples seen.
        has_inherited: Whether the candidate started from the weights that ``inherit`` named; a
            table has none to start from.
    """

    key: str
    score: float
    seconds: float
    examples: int
    has_inherited: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a train job ends with.

    Attributes:
        test_accuracy: In percent, after the last epoch; NaN if training diverged.
        validation_accuracy: In percent, where a rule selects by validation; else None.
        parameters: Trainable parameters without the auxiliary head.
        multiply_adds: Of convolutions and linear layers, one image.
        train_images: Images the network was fitted on.
        test_images: Images it was tested on.
        probe: Arrays for later analysis: ``logits`` (P, classes) and ``features`` (P, F) of a fixed
            batch of test images, and of the whole test split ``predictions``, ``labels`` (N,) and
            ``units`` (N, U).
        seconds: What a table says the training took; None where it was carried out.
        latency_ms: Of one image on a device that a table knows; None where none was asked for.
        execution: How steps ran (captured or eager, memory layout, precision), where they did.
    """

    test_accuracy: float
    validation_accuracy: float | None
    parameters: int
    multiply_adds: int
    train_images: int
    test_images: int
    probe: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    seconds: float | None = None
    latency_ms: float | None = None
    execution: Mapping[str, str] = field(default_factory=dict)


class Assessment(ABC):
    """One final training under way; driven by the same loop as a search.

    Attributes:
        epoch_steps: Steps in one epoch; a tick falls after each.
        steps: Steps in all.
    """

    epoch_steps: int
    steps: int

    @property
    @abstractmethod
    def examples(self) -> int:
        """Training examples seen so far."""

    @abstractmethod
    def step(self) -> None:
        """Do one unit of work."""

    @abstractmethod
    def report(self) -> dict[str, float]:
        """Return the curve's next point, e.g. loss and training accuracy since the last one."""

    @abstractmethod
    def outcome(self) -> Outcome:
        """Test the network, once, after the last step."""

    @abstractmethod
    def network_state(self) -> dict[str, Any]:
        """Return the trained weights."""

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed job needs: tensors and plain containers."""

    @abstractmethod
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what ``state_dict`` returned."""


@dataclass(frozen=True)
class Recorded:
    """What is known of a task whose results are looked up instead of computed.

    Attributes:
        title: Of the table, as reports print it behind the task's name.
        fingerprint: Of the table's content.
        notice: What every report on it must say; may be empty.
        splits: What the table calls each split that was used.
        sizes: Images in each of them.
    """

    title: str
    fingerprint: str
    notice: str
    splits: Mapping[Split, str]
    sizes: Mapping[Split, int]


@dataclass(frozen=True)
class EvaluatorContext:
    """What an evaluator works on.

    Attributes:
        space: Where architectures come from.
        task: What they are evaluated on.
        rows: Rows of the development examples in each split; empty where results are looked up.
        device: Where networks and batches live.
        folder: Where candidates' weights lie until they are released.
    """

    space: SearchSpace
    task: Task
    rows: Mapping[Split, NDArray[np.int64]]
    device: str
    folder: Path


class Evaluator(ABC):
    """Evaluates architectures: by training, or by looking them up in a table.

    An evaluator's parameters are the keyword-only arguments of its constructor, all with a
    default.

    Attributes:
        is_simulated: Whether results and their seconds are recorded ones: own time is overhead,
            and no images are opened.
    """

    is_simulated: ClassVar[bool] = False

    def __init__(self, context: EvaluatorContext) -> None:
        self.context = context

    def cheapest(self, recipe: Recipe, fidelities: Sequence[int]) -> Mapping[str, float]:
        """Return what every candidate takes at least, by unit of the budget, where that is known.

        Args:
            recipe: Of candidates.
            fidelities: At which they may be evaluated.
        """
        return {}

    @abstractmethod
    def evaluate(
        self,
        architecture: Architecture,
        recipe: Recipe,
        *,
        fidelity: int,
        seed: int,
        key: str,
        inherit: str | None = None,
    ) -> Evaluation:
        """Evaluate a candidate on the validation split; for search jobs.

        Args:
            architecture: The candidate.
            recipe: How candidates are trained.
            fidelity: Effort; epochs of training, 0 = untrained.
            seed: Of initialisation and data order.
            key: Under which its weights are kept.
            inherit: Key of a kept candidate whose weights it starts from.
        """

    @abstractmethod
    def assess(
        self, architecture: Architecture, recipe: Recipe, *, seed: int, order_seed: int
    ) -> Assessment:
        """Begin a train job on train + validation, tested at its end.

        Args:
            architecture: What to train.
            recipe: How.
            seed: Of initialisation and augmentation.
            order_seed: Of the order of the data.
        """

    def recorded(self, recipe: Recipe, fidelities: Sequence[int]) -> Recorded | None:
        """Return what is known of the task where results are looked up; else None.

        Called when an experiment is planned, too, on a context without rows.

        Args:
            recipe: How networks are trained.
            fidelities: Epochs after which they are evaluated.

        Raises:
            ConfigError: If such results were never recorded.
        """
        return None

    def release(self, key: str) -> None:
        """Forget a candidate's weights."""
        return
