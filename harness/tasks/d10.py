"""d10: one handwritten digit anywhere on a cluttered canvas; 10 classes, no download."""

from __future__ import annotations

import numpy as np
from typing_extensions import override

from harness.api import Examples, TaskShape
from harness.tasks._digits import CANVAS, SCAN, Clutter, DigitTask, Scans, paste, scatter

CLUTTER = Clutter(pieces=2, side=4, intensity=60)


class D10(DigitTask):
    """One 8x8 scan at a random place of a 16x16 canvas, with clutter from the same split."""

    shape = TaskShape(inputs=(1, CANVAS, CANVAS), classes=10)
    label = "d10"

    @override
    def compose(self, scans: Scans, rounds: int, rng: np.random.Generator) -> Examples:
        chosen = np.repeat(np.arange(len(scans.numbers)), rounds)
        images = np.zeros((len(chosen), 1, CANVAS, CANVAS), np.uint8)
        for canvas, index in zip(images[:, 0], chosen, strict=True):
            row, column = rng.integers(CANVAS - SCAN + 1, size=2)
            paste(canvas, scans.images[index], int(row), int(column))
            scatter(canvas, CLUTTER, scans, rng)
        return Examples(images, scans.digits[chosen], scans.numbers[chosen, None])
