"""Which stem a network of cells gets, by the size of its images; loads no torch."""

from __future__ import annotations

from harness.api import TaskShape

LARGE_SIDE = 64


def has_large_images(shape: TaskShape) -> bool:
    """Tell whether images get the stem that DARTS uses on ImageNet.

    It divides their resolution by 8 before the second input of the first cell. Images of which
    both sides have at least 64 pixels get it; all others the one of CIFAR, which keeps it.
    """
    _, height, width = shape.inputs
    return min(height, width) >= LARGE_SIDE


def count_halvings(shape: TaskShape) -> int:
    """Return how often a network halves its images: in the stem and in two reduction cells."""
    return 5 if has_large_images(shape) else 2
