import io
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from harness.api import Augmentation, AugmentationLimits, Examples, TaskShape
from harness.training.data import BatchStream, DeviceData

EVERYTHING = Augmentation(crop_padding=2, flip=True, cutout=3)


def device_data(count=23, *, limits=None):
    rng = np.random.default_rng(0)
    examples = Examples(
        rng.integers(256, size=(count + 5, 2, 8, 8), dtype=np.uint8),
        np.arange(count + 5),  # a label of its own, so that a test can tell examples apart
        np.arange(count + 5)[:, None],
    )
    limits = limits or AugmentationLimits(flip=True, crop_padding=4, cutout=8)
    shape = TaskShape((2, 8, 8), count + 5)
    task = SimpleNamespace(shape=shape, mean=(0.5, 0.4), deviation=(0.2, 0.3), limits=limits)
    return DeviceData(examples, np.arange(count), task)


def stream(data=None, **settings):
    settings = {"augmentation": EVERYTHING, "seed": 1, **settings}
    return BatchStream(data or device_data(), settings.pop("batch_size", 5), **settings)


def batches(source, count):
    return [source.next() for _ in range(count)]


def same(first, second):
    return all(
        torch.equal(a[0], b[0]) and torch.equal(a[1], b[1])
        for a, b in zip(first, second, strict=True)
    )


@pytest.mark.parametrize("batch_size", [1, 4, 5, 11, 23, 100])
def test_each_epoch_visits_every_example_once(batch_size):
    source = stream(batch_size=batch_size)
    orders = []
    for epoch in range(3):
        assert source.epochs == epoch
        handed_out = batches(source, source.epoch_steps)
        order = torch.cat([targets for _, targets in handed_out]).tolist()
        assert sorted(order) == list(range(23))
        assert source.examples == 23 * (epoch + 1)
        orders.append(order)
    assert orders[0] != orders[1] != orders[2]
    assert source.epochs == 3


def test_no_batch_is_left_with_a_single_example():
    source = stream(batch_size=11)  # 23 = 11 + 12
    assert [len(targets) for _, targets in batches(source, source.epoch_steps)] == [11, 12]


def test_two_streams_with_one_seed_are_equal_and_other_seeds_differ():
    assert same(batches(stream(), 12), batches(stream(), 12))
    assert not same(batches(stream(), 12), batches(stream(seed=2), 12))


def test_trainings_may_share_the_order_but_not_the_augmentation():
    first, second = (batches(stream(seed=s, order_seed=7), 12) for s in (1, 2))
    assert all(torch.equal(a[1], b[1]) for a, b in zip(first, second, strict=True))
    assert not same(first, second)


@pytest.mark.parametrize("order_seed", [None, 7])
@pytest.mark.parametrize("done", [0, 3, 5, 8])
def test_a_stream_resumed_half_way_equals_an_uninterrupted_one(done, order_seed):
    source = stream(order_seed=order_seed)
    batches(source, done)
    file = io.BytesIO()
    torch.save(source.state_dict(), file)
    expected = batches(source, 9)
    file.seek(0)
    resumed = stream(seed=99, order_seed=None if order_seed is None else 98)
    resumed.load_state_dict(torch.load(file, weights_only=True))
    assert same(batches(resumed, 9), expected)
    assert (resumed.examples, resumed.epochs) == (source.examples, source.epochs)


def test_a_stream_stays_within_the_tasks_limits():
    none = AugmentationLimits(flip=False, crop_padding=0, cutout=0)
    data = device_data(limits=none)
    images, targets = stream(data).next()
    expected = data.slice(0, len(data))[0][targets]
    assert torch.equal(images, expected)


def test_images_lie_on_the_device_as_bytes_and_leave_as_normalised_floats():
    data = device_data()
    assert data.images.dtype == torch.uint8
    images, _ = stream(data, augmentation=None).next()
    assert images.dtype == torch.float32
    everything, labels = data.slice(0, len(data))
    assert labels.tolist() == list(range(23))
    expected = (data.images[:, 1].double() / 255 - 0.4) / 0.3
    torch.testing.assert_close(everything[:, 1].double(), expected, atol=1e-6, rtol=1e-5)
