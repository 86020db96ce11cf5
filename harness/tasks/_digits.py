"""What d10 and d100 have in common: the scans of scikit-learn and their partition by writers."""

from __future__ import annotations

import functools
import hashlib
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from harness.api import AugmentationLimits, ConfigError, Examples, Split, Task

SCAN = 8  # side of a scan, in pixels
CANVAS = 16  # side of an image

# The file holds 14 sheets of about 128 scans, one writer after the other; a sheet begins where the
# sequence of digits begins again. Blocks of whole sheets keep every writer in one split.
BLOCKS: Mapping[Split, range] = {
    Split.TRAIN: range(906),
    Split.VALIDATION: range(906, 1287),
    Split.TEST: range(1287, 1797),
}


@dataclass(frozen=True)
class Scans:
    """The handwritten digits of one block.

    Attributes:
        images: uint8, shape (N, 8, 8); 0 is background.
        digits: What was written, shape (N,).
        numbers: Places in the file of 1,797, shape (N,).
    """

    images: NDArray[np.uint8]
    digits: NDArray[np.int64]
    numbers: NDArray[np.int64]


@dataclass(frozen=True)
class Clutter:
    """Pieces cut from other scans, which make an image harder to read.

    Attributes:
        pieces: Number in one image.
        side: Of a piece, in pixels.
        intensity: Brightness in percent of the scan's own.
    """

    pieces: int
    side: int
    intensity: int


@functools.cache
def load_scans(split: Split) -> Scans:
    """Return the scans of one block, scaled from 0..16 to bytes."""
    from sklearn.datasets import load_digits  # slow to import

    bunch = load_digits()
    numbers = np.array(BLOCKS[split])
    levels = bunch.images[numbers].astype(np.int64)
    images = (levels * 255 // 16).astype(np.uint8)
    return Scans(images, bunch.target[numbers].astype(np.int64), numbers)


def dim(piece: NDArray[np.uint8], percent: int) -> NDArray[np.uint8]:
    """Return a piece at a share of its brightness."""
    return (piece.astype(np.int64) * percent // 100).astype(np.uint8)


def paste(canvas: NDArray[np.uint8], piece: NDArray[np.uint8], row: int, column: int) -> None:
    """Put a piece on the canvas; where both have ink the brighter wins, so nothing is hidden."""
    height, width = piece.shape
    window = canvas[row : row + height, column : column + width]
    np.maximum(window, piece, out=window)


def scatter(
    canvas: NDArray[np.uint8], clutter: Clutter, sources: Scans, rng: np.random.Generator
) -> None:
    """Put pieces of random scans at random places of the canvas."""
    for _ in range(clutter.pieces):
        scan = sources.images[rng.integers(len(sources.images))]
        top, left = rng.integers(SCAN - clutter.side + 1, size=2)
        piece = scan[top : top + clutter.side, left : left + clutter.side]
        row, column = rng.integers(CANVAS - clutter.side + 1, size=2)
        paste(canvas, dim(piece, clutter.intensity), int(row), int(column))


class DigitTask(Task):
    """Images composed of handwritten digits by a fixed rule, split by writers.

    Each block's images are composed of that block's scans alone, so no scan, and no writer, lies
    in two splits. The rule draws from generators with fixed seeds: the data are always the same.

    Attributes:
        images_per_scan: How many images are made from each scan of a block.
    """

    images_per_scan: ClassVar[Mapping[Split, int]] = dict.fromkeys(BLOCKS, 1)

    limits = AugmentationLimits(flip=False, crop_padding=1, cutout=4)
    notice = (
        "Images are composed of 1,797 scans of handwritten digits; the effective size of the test "
        "split is the number of its scans, 510."
    )

    @abstractmethod
    def compose(self, scans: Scans, rounds: int, rng: np.random.Generator) -> Examples:
        """Return the images of one block, ``rounds`` for each scan."""

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
        train, validation = (_compose(type(self), s) for s in (Split.TRAIN, Split.VALIDATION))
        return Examples(
            np.concatenate((train.images, validation.images)),
            np.concatenate((train.labels, validation.labels)),
            np.concatenate((train.units, validation.units)),
        )

    @override
    def test(self) -> Examples:
        return _compose(type(self), Split.TEST)

    @override
    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for split in BLOCKS:
            examples = _compose(type(self), split)
            for array in (examples.images, examples.labels, examples.units):
                digest.update(f"{array.dtype.str}{array.shape}".encode())
                digest.update(array.tobytes())
        return digest.hexdigest()[:16]

    @override
    def split(
        self,
        examples: Examples,
        fractions: Mapping[Split, float],
        rng: np.random.Generator,
        *,
        by_index: bool = False,
    ) -> dict[Split, NDArray[np.int64]]:
        share = fractions.get(Split.SELECTION, 0)
        if share > 0:
            raise ConfigError(
                f"{self.label} was asked for a selection split of {share:g}, but it keeps its own "
                "partition by writers into train and validation; set the selection share to 0."
            )
        return {
            split: np.flatnonzero(np.isin(examples.units[:, 0], BLOCKS[split]))
            for split in (Split.TRAIN, Split.VALIDATION)
        }


@functools.cache
def _compose(kind: type[DigitTask], split: Split) -> Examples:
    """Compose one block of a task, once per process."""
    seed = [kind.shape.classes, list(BLOCKS).index(split)]
    rng = np.random.Generator(np.random.PCG64(seed))
    return kind().compose(load_scans(split), kind.images_per_scan[split], rng)
