"""Splits of a task for one seed: drawn once, shared by every method and arm.

Where results are looked up the splits are those of the table, and there are no examples.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.api import Examples, Recorded, Split, Task
from harness.config.protocol import Splits
from harness.planning.seeding import generator
from harness.training.examples import check_examples, check_pixels


@dataclass(frozen=True)
class Partition:
    """A task's development examples and the rows of each split.

    Attributes:
        label: Of the task, as reports print it.
        examples: All that is not test; None where results are looked up.
        rows: Sorted row numbers by split; empty where results are looked up.
        recorded: What is known of the task then; else None.
    """

    label: str
    examples: Examples | None
    rows: dict[Split, NDArray[np.int64]]
    recorded: Recorded | None = None

    def ids(self) -> dict[str, str]:
        """Return a hash of each split's rows, or what the table calls the split."""
        if self.recorded is not None:
            return {str(split): name for split, name in self.recorded.splits.items()}
        return {
            str(split): hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest()[:16]
            for split, rows in self.rows.items()
        }

    def sizes(self) -> dict[str, int]:
        """Return the number of images in each split of the development examples."""
        if self.recorded is not None:
            sizes = self.recorded.sizes.items()
            return {str(split): size for split, size in sizes if split is not Split.TEST}
        return {str(split): len(rows) for split, rows in self.rows.items()}


def partition(task: Task, name: str, splits: Splits, seed: int) -> Partition:
    """Draw the splits of the task called ``name`` for one seed.

    Raises:
        DataError: If its data are not what it says of them.
    """
    examples = task.development()
    check_examples(examples, task)
    check_pixels(examples, task)
    rng = generator(seed, "split", name)
    rows = task.split(examples, splits.fractions(), rng, by_index=splits.by_index)
    return Partition(task.label, examples, rows)
