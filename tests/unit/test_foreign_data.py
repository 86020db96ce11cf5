"""Data of other people's tasks are looked at when they are opened, and refused in one line."""

import dataclasses
import re

import numpy as np
import pytest

from harness.api import DataError
from harness.config.protocol import Splits
from harness.planning.partition import partition
from harness.testing.toy_task import ToyBlobs
from harness.training.data import DeviceData

SPLITS = Splits(train=0.5, validation=0.5, selection=0)


def toy(**changes):
    """Return a task whose attributes, or development examples, are changed by functions."""

    class Changed(ToyBlobs):
        def development(self):
            found = super().development()
            own = {n: f(getattr(found, n)) for n, f in changes.items() if hasattr(found, n)}
            return dataclasses.replace(found, **own)

    task = Changed.__new__(Changed)
    vars(task).update(vars(ToyBlobs()))
    for name in changes.keys() & {"mean", "deviation"}:
        setattr(task, name, changes[name](getattr(task, name)))
    return task


FORMS = {
    "floats": ({"images": lambda x: x / 255}, "images are float64, not uint8 from 0 to 255"),
    "single": ({"images": lambda x: x.astype("f4")}, "multiplied by 255 and rounded"),
    "lists": ({"labels": lambda x: x.tolist()}, "labels are a list, not a numpy array"),
    "channels last": (
        {"images": lambda x: x.transpose(0, 2, 3, 1)},
        "shape (96, 8, 8, 3), not (96, 3, 8, 8) (channels come first)",
    ),
    "no channels": ({"images": lambda x: x[:, 0]}, "shape (96, 8, 8), not (96, 3, 8, 8)"),
    "no images": ({"images": lambda x: x[:0]}, "there are no images"),
    "fewer labels": ({"labels": lambda x: x[1:]}, "labels are int64 (95,), not int64 (96,)"),
    "one-hot": ({"labels": lambda x: np.eye(3, dtype=int)[x]}, "labels are int64 (96, 3)"),
    "bytes": ({"labels": lambda x: x.astype(np.uint8)}, "labels are uint8 (96,), not int64"),
    "from one": ({"labels": lambda x: x + 1}, "labels reach from 1 to 3 in 3 classes, 0 to 2"),
    "negative": ({"labels": lambda x: x - 1}, "labels reach from -1 to 1 in 3 classes"),
    "flat units": ({"units": lambda x: x[:, 0]}, "units are int64 (96,), not int64 (96, U)"),
}
PIXELS = {
    "black": ({"images": lambda x: 0 * x}, "every pixel is 0"),
    "cut off": ({"images": lambda x: (x / 200).astype("u1")}, "no pixel is above 1"),
    "in bytes": ({"mean": lambda x: tuple(255 * v for v in x)}, "none of pixels scaled to [0, 1]"),
    "zero": ({"deviation": lambda x: (0.0, *x[1:])}, "deviation 0 of a channel is not a positive"),
    "nan": ({"deviation": lambda x: (np.nan, *x[1:])}, "deviation nan of a channel is not"),
    "infinite": ({"deviation": lambda x: (np.inf, *x[1:])}, "deviation inf of a channel is not"),
    "grey": ({"mean": lambda x: x[:1]}, "there are 1 values of the mean for 3 channels"),
}


@pytest.mark.parametrize(("changes", "said"), (FORMS | PIXELS).values(), ids=FORMS | PIXELS)
def test_a_partition_refuses_data_that_are_not_as_stated(changes, said):
    with pytest.raises(DataError, match=rf"^The data of toy blobs .*{re.escape(said)}[^\n]*\.$"):
        partition(toy(**changes), "toy", SPLITS, seed=0)


@pytest.mark.parametrize(("changes", "said"), FORMS.values(), ids=FORMS)
def test_a_test_split_is_looked_at_when_it_is_opened(changes, said):
    task = toy(**changes)
    with pytest.raises(DataError, match=re.escape(said)):
        DeviceData(task.development(), None, task)


def test_sound_data_pass():
    task = toy()
    assert len(DeviceData(task.development(), None, task)) == 96
    assert sum(partition(task, "toy", SPLITS, seed=0).sizes().values()) == 96
