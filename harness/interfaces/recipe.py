"""The rules by which a network is built and trained; part of a protocol, never of a method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, PositiveInt

Fraction = Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True)
class Scale:
    """How large the macro network around an architecture is.

    Attributes:
        channels: Initial channels C.
        cells: Number of cells (or blocks) L.
        auxiliary: Whether the network has an auxiliary head, used in training only.
    """

    channels: int
    cells: int
    auxiliary: bool = False


class Rules(BaseModel):
    """A frozen model that refuses keys it does not know, and numbers that are not finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Augmentation(Rules):
    """What is done to training images, within the task's limits.

    Attributes:
        crop_padding: Pixels of zero padding before a random crop of the original size.
        flip: Flip half of the images horizontally.
        cutout: Side of a square, centred anywhere in the image, that is set to zero (the mean)
            after normalisation; 0 erases nothing.
    """

    crop_padding: NonNegativeInt
    flip: bool
    cutout: NonNegativeInt = 0


class Recipe(Rules):
    """How a stand-alone network is trained: SGD with a cosine schedule over epochs.

    Attributes:
        channels: Initial channels of the network.
        cells: Number of its cells.
        epochs: Passes over the training examples; of candidates the fidelity decides instead.
        epoch_examples: Examples after which an epoch ends early, in whole batches; the next one
            goes on with other examples. None takes every example in each epoch.
        batch_size: Images per step; the last, smaller batch of an epoch is used too.
        learning_rate: Of epoch 0.
        final_learning_rate: Where the cosine would be after the last epoch.
        momentum: Of SGD.
        nesterov: Whether the momentum is Nesterov's.
        weight_decay: L2 term added to the gradient.
        gradient_clip: Largest global norm of the gradient; 0 does not clip.
        label_smoothing: Share of the target spread over all classes.
        auxiliary_weight: Weight of the auxiliary head's loss; 0 builds none.
        drop_path: Probability of dropping an operation's output, reached linearly in the last
            epoch.
        augmentation: Of the training images.
    """

    channels: PositiveInt
    cells: PositiveInt
    epochs: PositiveInt
    epoch_examples: PositiveInt | None = None
    batch_size: PositiveInt
    learning_rate: NonNegativeFloat
    final_learning_rate: NonNegativeFloat
    momentum: Fraction
    nesterov: bool
    weight_decay: NonNegativeFloat
    gradient_clip: NonNegativeFloat
    label_smoothing: Fraction
    auxiliary_weight: NonNegativeFloat
    drop_path: Fraction
    augmentation: Augmentation

    @property
    def scale(self) -> Scale:
        """The size of the network."""
        return Scale(self.channels, self.cells, auxiliary=self.auxiliary_weight > 0)
