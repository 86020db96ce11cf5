import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from harness.api import ConfigError, Split
from harness.plugins import TASKS
from harness.tasks._digits import BLOCKS, CANVAS, SCAN
from harness.tasks.d10 import D10
from harness.tasks.d100 import D100

SHARES = {Split.TRAIN: 0.5, Split.VALIDATION: 0.5, Split.SELECTION: 0.0}
both = pytest.mark.parametrize("task", [D10(), D100()], ids=["d10", "d100"])


def partition(task):
    """Return the examples of all three splits."""
    development = task.development()
    rows = task.split(development, SHARES, np.random.default_rng(0))
    parts = {
        split: (development.images[r], development.labels[r], development.units[r])
        for split, r in rows.items()
    }
    test = task.test()
    return {**parts, Split.TEST: (test.images, test.labels, test.units)}


def test_blocks_are_contiguous_cover_the_file_and_end_where_a_writers_sheet_ends():
    assert [n for block in BLOCKS.values() for n in block] == list(range(1797))
    digits = load_digits().target
    for block in BLOCKS.values():  # each writer was asked for the same sequence of digits
        assert digits[: block.stop][-6:].tolist() == [4, 9, 0, 8, 9, 8]


@both
def test_no_scan_lies_in_two_splits(task):
    for split, (_, _, units) in partition(task).items():
        assert set(units.ravel()) == set(BLOCKS[split])


@both
def test_images_are_bytes_of_the_declared_shape(task):
    for images, labels, units in partition(task).values():
        assert images.dtype == np.uint8
        assert images.shape == (len(labels), 1, CANVAS, CANVAS) == (len(labels), *task.shape.inputs)
        assert labels.dtype == units.dtype == np.int64
        assert images.max() == 255
        assert images.min() == 0


@both
def test_labels_are_what_was_written_on_the_scans(task):
    digits = load_digits().target
    for _, labels, units in partition(task).values():
        places = 10 ** np.arange(units.shape[1])[::-1]
        assert np.array_equal(labels, digits[units] @ places)


@both
def test_every_class_is_present_in_every_split_and_about_equally_often(task):
    for _, labels, _ in partition(task).values():
        counts = np.bincount(labels, minlength=task.shape.classes)
        assert len(counts) == task.shape.classes
        assert counts.min() > 0.75 * counts.mean()
        assert counts.max() < 1.25 * counts.mean()


@both
def test_every_scan_is_used_about_equally_often(task):
    for split, (_, _, units) in partition(task).items():
        counts = np.bincount(units.ravel())[BLOCKS[split].start :]
        assert counts.max() - counts.min() <= 3


def test_no_pair_of_scans_comes_twice_and_none_is_its_own_partner():
    for _, _, units in partition(D100()).values():
        assert len(np.unique(units, axis=0)) == len(units)
        assert (units[:, 0] != units[:, 1]).all()


@both
def test_a_whole_scan_stands_somewhere_in_each_image(task):
    levels = load_digits().images.astype(int) * 255 // 16
    images, _, units = (part[::17] for part in partition(task)[Split.TEST])
    for image, scans in zip(images[:, 0].astype(int), units, strict=True):
        windows = np.lib.stride_tricks.sliding_window_view(image, (SCAN, SCAN))
        for number in scans:
            assert (windows >= levels[number]).all(axis=(2, 3)).any()


@both
def test_the_data_are_the_same_each_time(task):
    first, second = task.development(), type(task)().development()
    assert np.array_equal(first.images, second.images)
    assert task.fingerprint() == type(task)().fingerprint()
    assert len(task.fingerprint()) == 16


def test_the_fingerprint_is_the_same_in_another_process(root):
    code = "from harness.tasks.d10 import D10; print(D10().fingerprint())"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == D10().fingerprint()


def test_the_two_tasks_have_different_fingerprints():
    assert D10().fingerprint() != D100().fingerprint()


@both
def test_mean_and_deviation_are_those_of_the_development_images(task):
    pixels = task.development().images / 255
    assert task.mean == pytest.approx((pixels.mean(),))
    assert task.deviation == pytest.approx((pixels.std(),))


@both
def test_the_partition_does_not_depend_on_fractions_seed_or_order(task):
    development = task.development()
    first = task.split(development, SHARES, np.random.default_rng(0))
    shares = {Split.TRAIN: 0.9, Split.VALIDATION: 0.1}
    second = task.split(development, shares, np.random.default_rng(1), by_index=True)
    assert list(first) == list(second) == [Split.TRAIN, Split.VALIDATION]
    assert all(np.array_equal(first[split], second[split]) for split in first)
    assert np.array_equal(np.concatenate(list(first.values())), range(len(development.labels)))


@both
def test_a_selection_split_is_refused_in_one_line(task):
    shares = {Split.TRAIN: 0.4, Split.VALIDATION: 0.4, Split.SELECTION: 0.2}
    with pytest.raises(ConfigError, match=f"^{task.label} .*0\\.2") as refusal:
        task.split(task.development(), shares, np.random.default_rng(0))
    assert "\n" not in str(refusal.value)


@both
def test_digits_never_flip_and_reports_say_how_many_scans_are_tested(task):
    assert not task.limits.flip
    assert f"the number of its scans, {len(BLOCKS[Split.TEST])}" in task.notice


def test_reports_on_d100_say_what_the_pair_is_good_for():
    assert "never evidence about transfer" in D100.notice and "transfer" not in D10.notice


def test_the_registry_lists_the_tasks_but_not_what_they_share():
    names = TASKS.names()
    assert "_digits" not in names
    assert TASKS.load("d10") is D10
    assert TASKS.load("d100") is D100


def test_a_task_can_be_imported_without_torch(root):
    code = "import sys, harness.tasks.d10, harness.tasks.d100; print('torch' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "False"
