"""Images that lie on the device as bytes, and endless streams of batches made from them there.

No worker processes: sets that fit in memory are cropped, flipped and normalised in batches on the
device. What is random is drawn on the host from the stream's own generators, so that a resumed
stream continues exactly, on any device.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.api import Augmentation, Examples, Task
from harness.training.augmentation import Draws, augment, draw, limited, normalise
from harness.training.examples import check_examples
from harness.training.schedules import count_epoch_steps


class DeviceData:
    """Some rows of a task's examples on a device.

    Args:
        examples: Labelled images in memory; they are copied.
        rows: Which of them; None takes all.
        task: Whose mean, deviation and augmentation limits hold.
        device: Where the copies live.

    Raises:
        DataError: If the examples do not have the form that the task states.

    Attributes:
        images: uint8, shape (N, channels, height, width).
        labels: int64, shape (N,).
        mean: Of each channel, shape (1, channels, 1, 1), pixels scaled to [0, 1].
        deviation: Likewise.
        limits: What augmentation may do.
    """

    def __init__(
        self, examples: Examples, rows: NDArray[np.int64] | None, task: Task, device: str = "cpu"
    ) -> None:
        check_examples(examples, task)
        chosen = np.arange(len(examples.labels)) if rows is None else rows
        self.images = torch.from_numpy(examples.images[chosen]).to(device)
        self.labels = torch.from_numpy(examples.labels[chosen]).to(device)
        self.mean = torch.tensor(task.mean, device=device).view(1, -1, 1, 1)
        self.deviation = torch.tensor(task.deviation, device=device).view(1, -1, 1, 1)
        self.limits = task.limits

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def device(self) -> torch.device:
        """Where the images live."""
        return self.images.device

    def slice(self, start: int, stop: int) -> tuple[Tensor, Tensor]:
        """Return normalised images and labels of a range of rows, not augmented."""
        images = normalise(self.images[start:stop], self.mean, self.deviation)
        return images, self.labels[start:stop]


class BatchStream:
    """Augmented batches without end.

    Each epoch visits every example once in a fresh order; its last batch may be smaller (or, where
    one example would remain, larger by that one). Two streams with equal arguments hand out equal
    batches, and so does one that was resumed from ``state_dict``.

    Args:
        data: Where the images lie.
        batch_size: Examples in one batch.
        augmentation: What a recipe asks for, cut down to the task's limits here; None only
            normalises.
        seed: Of augmentation, and of the order unless that has a seed of its own.
        order_seed: Of the order, where trainings share it but not their augmentation.

    Attributes:
        epoch_steps: Batches in one epoch.
        examples: Examples handed out so far.
        epochs: Epochs finished so far.
    """

    def __init__(
        self,
        data: DeviceData,
        batch_size: int,
        *,
        augmentation: Augmentation | None,
        seed: int,
        order_seed: int | None = None,
    ) -> None:
        wished = augmentation or Augmentation(crop_padding=0, flip=False)
        self.data = data
        self.batch_size = batch_size
        self.augmentation = limited(wished, data.limits)
        self.epoch_steps = count_epoch_steps(len(data), batch_size)
        self.examples = 0
        self.epochs = 0
        self._draws = torch.Generator().manual_seed(seed)
        self._shuffles = self._draws
        if order_seed is not None:
            self._shuffles = torch.Generator().manual_seed(order_seed)
        self._position = 0
        self._place(torch.randperm(len(data), generator=self._shuffles))

    def next(self) -> tuple[Tensor, Tensor]:
        """Return normalised, augmented images and their targets on the device."""
        if self._position == len(self.data):
            self._position = 0
            self._place(torch.randperm(len(self.data), generator=self._shuffles))
        stop = min(self._position + self.batch_size, len(self.data))
        if len(self.data) - stop == 1:
            stop += 1  # see count_epoch_steps
        rows = self._rows[self._position : stop]
        self.examples += stop - self._position
        self.epochs += stop == len(self.data)
        self._position = stop
        images = self.data.images.index_select(0, rows)
        draws = self._on_device(draw(self.augmentation, images.shape, self._draws))
        pixels = augment(images, self.augmentation, draws, self.data.mean, self.data.deviation)
        return pixels, self.data.labels.index_select(0, rows)

    def state_dict(self) -> dict[str, Any]:
        """Return the stream's place: tensors and numbers."""
        return {
            "draws": self._draws.get_state(),
            "shuffles": self._shuffles.get_state(),
            "order": self._order,
            "position": self._position,
            "examples": self.examples,
            "epochs": self.epochs,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where ``state_dict`` was taken, on equal data and settings."""
        self._draws.set_state(state["draws"].cpu())
        self._shuffles.set_state(state["shuffles"].cpu())
        self._position = state["position"]
        self.examples = state["examples"]
        self.epochs = state["epochs"]
        self._place(state["order"].cpu())

    def _place(self, order: Tensor) -> None:
        """Keep an epoch's order on the host for the state, and on the device for indexing."""
        self._order = order
        self._rows = order.to(self.data.device)

    def _on_device(self, draws: Draws) -> Draws:
        drawn = (draws.offsets, draws.flips, draws.centres)
        device = self.data.device
        return Draws(*(None if d is None else d.to(device, non_blocking=True) for d in drawn))
