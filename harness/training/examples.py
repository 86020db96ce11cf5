"""Whether a task's examples are what it says: looked at when they are opened, without a copy.

Wrong ones would train all the same, to chance and without a word.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from harness.api import DataError, Examples, Task


def check_examples(examples: Examples, task: Task) -> None:
    """Refuse examples that do not have the form that a task states.

    Raises:
        DataError: If images, labels or units are of another type, shape or range.
    """
    if fault := next(_list_faults(examples, task), None):
        raise DataError(f"The data of {task.label} cannot be used: {fault}.")


def check_pixels(examples: Examples, task: Task) -> None:
    """Refuse images that show nothing, and a mean or deviation that normalises to no number.

    Raises:
        DataError: If all pixels are equal, or mean or deviation cannot be of pixels in [0, 1].
    """
    if fault := next(_list_pixel_faults(examples, task), None):
        raise DataError(f"The data of {task.label} cannot be used: {fault}.")


def find_fault(examples: Examples, task: Task) -> str | None:
    """Say in a clause what of the examples' form is not as the task states, or return None."""
    return next(_list_faults(examples, task), None)


def _list_faults(examples: Examples, task: Task) -> Iterator[str]:
    for name, array in vars(examples).items():
        if not isinstance(array, np.ndarray):
            yield f"the {name} are a {type(array).__name__}, not a numpy array"
    images, count = examples.images, len(examples.images)
    if images.dtype != np.uint8:
        yield (
            f"the images are {images.dtype}, not uint8 from 0 to 255; floats from 0 to 1 have to "
            "be multiplied by 255 and rounded"
        )
    if not count:
        yield "there are no images"
    expected = count, *task.shape.inputs
    if images.shape != expected:
        yield f"the images have the shape {images.shape}, not {expected} (channels come first)"
    yield from _list_label_faults(examples, task.shape.classes)


def _list_label_faults(examples: Examples, classes: int) -> Iterator[str]:
    labels, units, count = examples.labels, examples.units, len(examples.images)
    if labels.dtype != np.int64 or labels.shape != (count,):
        yield f"the labels are {labels.dtype} {labels.shape}, not int64 {(count,)}"
    if units.dtype != np.int64 or units.ndim != 2 or len(units) != count:
        yield f"the units are {units.dtype} {units.shape}, not int64 ({count}, U)"
    low, high = labels.min(), labels.max()
    if low < 0 or high >= classes:
        yield f"the labels reach from {low} to {high} in {classes} classes, 0 to {classes - 1}"


def _list_pixel_faults(examples: Examples, task: Task) -> Iterator[str]:
    yield from _list_scale_faults(task)
    low, high = examples.images.min(), examples.images.max()
    if low == high:
        yield f"every pixel is {low}"
    if high <= 1:
        yield "no pixel is above 1; pixels are from 0 to 255, so multiply by 255 before rounding"


def _list_scale_faults(task: Task) -> Iterator[str]:
    channels = task.shape.inputs[0]
    for name, values in (("mean", task.mean), ("deviation", task.deviation)):
        if len(values) != channels:
            yield f"there are {len(values)} values of the {name} for {channels} channels"
    for value in task.mean:
        if not 0 <= value <= 1:
            yield f"the mean {value:g} of a channel is none of pixels scaled to [0, 1]"
    for value in task.deviation:
        if not 0 < value < math.inf:
            yield f"the deviation {value:g} of a channel is not a positive number"
