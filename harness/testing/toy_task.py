"""A toy task, generated in a blink: one half of one channel of a noisy image is brighter."""

from __future__ import annotations

import functools
import hashlib

import numpy as np
from typing_extensions import override

from harness.api import AugmentationLimits, Examples, Task, TaskShape

DEVELOPMENT_IMAGES = 96
TEST_IMAGES = 48


class ToyBlobs(Task):
    """Noise in which a class makes one half of one channel brighter.

    Args:
        inputs: Channels, height and width of an image.
        classes: At most twice the number of channels.

    Attributes:
        test_calls: How often the test split was asked for.
    """

    limits = AugmentationLimits(flip=True, crop_padding=1, cutout=2)
    label = "toy blobs"

    def __init__(self, *, inputs: tuple[int, int, int] = (3, 8, 8), classes: int = 3) -> None:
        self.shape = TaskShape(inputs, classes)
        self.test_calls = 0
        images = self.development().images / 255
        self.mean = tuple(images.mean(axis=(0, 2, 3)).tolist())
        self.deviation = tuple(images.std(axis=(0, 2, 3)).tolist())

    @override
    def development(self) -> Examples:
        return _draw(self.shape, 0, DEVELOPMENT_IMAGES)

    @override
    def test(self) -> Examples:
        self.test_calls += 1
        return _draw(self.shape, DEVELOPMENT_IMAGES, TEST_IMAGES)

    @override
    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for first, count in ((0, DEVELOPMENT_IMAGES), (DEVELOPMENT_IMAGES, TEST_IMAGES)):
            examples = _draw(self.shape, first, count)
            digest.update(examples.images.tobytes())
            digest.update(examples.labels.tobytes())
        return digest.hexdigest()[:16]


@functools.cache
def _draw(shape: TaskShape, first: int, count: int) -> Examples:
    """Return the examples whose units are ``first`` and the following ones."""
    rng = np.random.default_rng(first)
    channels, height, _ = shape.inputs
    labels = np.arange(count) % shape.classes
    pixels = rng.normal(100, 25, (count, *shape.inputs))
    for image, label in zip(pixels, labels, strict=True):
        half = slice(None, height // 2) if label < channels else slice(height // 2, None)
        image[label % channels, half] += 80
    images = pixels.clip(0, 255).astype(np.uint8)
    return Examples(images, labels, np.arange(first, first + count)[:, None])
