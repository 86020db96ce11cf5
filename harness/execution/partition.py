"""Splits of a task for one seed: drawn once, shared by every method and arm."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.api import Examples, Split, Task
from harness.config.protocol import Splits
from harness.execution.seeding import generator


@dataclass(frozen=True)
class Partition:
    """A task's development examples and the rows of each split.

    Attributes:
        examples: All that is not test.
        rows: Sorted row numbers by split.
    """

    examples: Examples
    rows: dict[Split, NDArray[np.int64]]

    def ids(self) -> dict[str, str]:
        """Return a hash of each split's rows."""
        return {
            str(split): hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest()[:16]
            for split, rows in self.rows.items()
        }

    def sizes(self) -> dict[str, int]:
        """Return the number of images in each split."""
        return {str(split): len(rows) for split, rows in self.rows.items()}


def partition(task: Task, name: str, splits: Splits, seed: int) -> Partition:
    """Draw the splits of the task called ``name`` for one seed."""
    examples = task.development()
    rng = generator(seed, "split", name)
    rows = task.split(examples, splits.fractions(), rng, by_index=splits.by_index)
    return Partition(examples, rows)
