"""A task: the data a network is trained for, and what may be done to them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor


class Split(StrEnum):
    """The parts of a task's data; a search never sees ``TEST``.

    ``SELECTION`` is a third set that neither weights nor architecture parameters see.
    """

    TRAIN = "train"
    VALIDATION = "validation"
    SELECTION = "selection"
    TEST = "test"


@dataclass(frozen=True)
class TaskShape:
    """What a network must know of its task.

    Attributes:
        inputs: Channels, height and width of one image.
        classes: Number of classes.
    """

    inputs: tuple[int, int, int]
    classes: int


@dataclass(frozen=True)
class AugmentationLimits:
    """How far a recipe may change a task's images without changing their meaning.

    Attributes:
        flip: Whether a horizontal flip keeps the class (digits never flip).
        crop_padding: Most pixels an image may be shifted by a padded random crop.
        cutout: Largest side of the square that cutout may erase, in pixels.
    """

    flip: bool
    crop_padding: int
    cutout: int


@dataclass(frozen=True)
class Examples:
    """Labelled images, as they lie in memory.

    Attributes:
        images: uint8, shape (N, channels, height, width).
        labels: int64, shape (N,).
        units: int64, shape (N, U): the independent sources each image was made from (a scan of a
            digit, say); images that share a unit are not independent of each other.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    units: NDArray[np.int64]


class Task(ABC):
    """Image classification with a test split fixed for ever.

    The rest, ``development()``, is divided into train, validation and selection by ``split``: the
    same for every method and arm of one seed. A task's parameters are the keyword-only arguments
    of its constructor, all with a default.

    Attributes:
        shape: Image shape and number of classes.
        mean: Mean of each channel of the development images, pixels scaled to [0, 1].
        deviation: Standard deviation of each channel, likewise.
        limits: What augmentation may do.
        label: The task's name as reports print it; a subset says so here.
        notice: What every report on this task must say; may be empty.
        proxies: Names of the parameters that make a proxy of the task; only a source search may
            set them.
        benchmark: What tables of recorded results call its data; empty where none holds them.
        no_images: Says in a sentence why there are no images, of a task that exists as a table
            only; empty for every other.
    """

    proxies: ClassVar[tuple[str, ...]] = ()
    benchmark: ClassVar[str] = ""
    no_images: ClassVar[str] = ""

    shape: TaskShape
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    limits: AugmentationLimits
    label: str
    notice: str = ""

    @abstractmethod
    def development(self) -> Examples:
        """Return every example that is not in the test split, always in the same order."""

    @abstractmethod
    def test(self) -> Examples:
        """Return the test split; called by train jobs only."""

    @abstractmethod
    def fingerprint(self) -> str:
        """Return hex digits that change whenever an image or a label of any split does."""

    def missing(self) -> str | None:
        """Say in a clause what of the data is not at hand, or return None; reads no data."""
        return None

    def split(
        self,
        examples: Examples,
        fractions: Mapping[Split, float],
        rng: np.random.Generator,
        *,
        by_index: bool = False,
    ) -> dict[Split, NDArray[np.int64]]:
        """Divide the development examples by ``fractions``, stratified over the classes.

        A task whose examples depend on each other overrides this and keeps its own partition.

        Args:
            examples: What ``development`` returned.
            fractions: Share of each split; they add up to one.
            rng: The only source of randomness.
            by_index: Cut the examples in their order instead, as the official DARTS code does: the
                first are for training, the next for validation, the rest for selection.

        Returns:
            Sorted row numbers of each split with a positive share; disjoint, together all rows.
        """
        shares = [split for split in Split if fractions.get(split, 0) > 0]
        bounds = np.cumsum([fractions[split] for split in shares])[:-1]
        labels = examples.labels
        groups = [np.arange(len(labels))]
        if not by_index:
            classes = np.unique(labels)
            groups = [rng.permutation(np.flatnonzero(labels == label)) for label in classes]
        cut = [np.split(rows, np.rint(bounds * len(rows)).astype(int)) for rows in groups]
        return {
            split: np.sort(np.concatenate(pieces))
            for split, pieces in zip(shares, zip(*cut, strict=True), strict=True)
        }

    def loss(self, outputs: Tensor, targets: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
        """Return the mean loss of logits (N, classes) against targets (N,): cross-entropy."""
        from torch.nn.functional import cross_entropy

        return cross_entropy(outputs, targets, label_smoothing=label_smoothing)
