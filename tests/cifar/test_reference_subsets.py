"""c10 and c100 on the published subsets: what they hold, how they are thinned and split."""

import hashlib
import itertools

import numpy as np
import pytest

from harness.api import ConfigError, Split
from harness.config.parameters import construct, resolve
from harness.tasks.c10 import C10
from harness.tasks.c100 import C100
from tests.cifar.files import (
    FINGERPRINTS,
    HALVES,
    REFERENCE,
    both,
)


@both
def test_reference_data_are_the_first_official_images_of_every_class(real, task):
    made, classes = task(), task.cifar.classes
    for examples, count, published, first, last in (
        (made.development(), 10_000, REFERENCE[task][0], 0, 49_999),
        (made.test(), 2_000, REFERENCE[task][1], 50_000, 59_999),
    ):
        assert examples.images.shape == (count, 3, 32, 32)
        assert examples.images.dtype == np.uint8 and examples.images.flags.c_contiguous
        pictures = examples.images.transpose(0, 2, 3, 1).tobytes()
        assert hashlib.md5(pictures).hexdigest() == published
        assert examples.labels.dtype == examples.units.dtype == np.int64
        assert np.bincount(examples.labels).tolist() == [count // classes] * classes
        units = examples.units[:, 0]
        assert (np.diff(units) > 0).all() and first <= units[0] and units[-1] <= last


@both
def test_fingerprint_depends_on_the_data_alone(real, task):
    assert task().fingerprint() == task().fingerprint() == FINGERPRINTS[task]
    assert task(proxy_seed=3).fingerprint() == FINGERPRINTS[task]
    assert task(classes=task.cifar.classes).fingerprint() == FINGERPRINTS[task]


@both
def test_subset_says_what_it_is(real, task):
    name = task.name
    assert task().missing() is None
    assert task().label == f"{name} (10,000-image subset)"
    assert task(images=0.1).label == f"{name} (10,000-image subset, images=0.1)"
    assert task(classes=5, proxy_seed=2).label == (
        f"{name} (10,000-image subset, classes=5, proxy_seed=2)"
    )
    assert task().notice == (
        "only a subset was used, 10,000 of 50,000 training and 2,000 of 10,000 test images (the "
        "first of every class): its numbers are not comparable with published ones."
    )


def test_data_are_read_once_and_cannot_be_changed(real):
    first, second = C10().development(), C10().development()
    assert first is second
    for array in (first.images, first.labels, first.units):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@both
def test_published_means_and_deviations_are_near_those_of_the_images(real, task):
    images = task().development().images / 255
    assert task().mean == pytest.approx(images.mean(axis=(0, 2, 3)), abs=0.005)
    assert task().deviation == pytest.approx(images.std(axis=(0, 2, 3)), abs=0.005)


@both
@pytest.mark.parametrize("share", [0.001, 0.1, 0.5])
def test_share_of_images_is_taken_of_every_class_and_never_of_the_test_split(real, task, share):
    proxy, whole = task(images=share), task()
    classes = task.cifar.classes
    each = max(1, round(share * 10_000 / classes))
    examples = proxy.development()
    assert np.bincount(examples.labels).tolist() == [each] * classes
    assert proxy.test() is whole.test()
    rows = np.searchsorted(whole.development().units[:, 0], examples.units[:, 0])
    assert (np.diff(rows) > 0).all()
    assert np.array_equal(examples.images, whole.development().images[rows])
    assert np.array_equal(examples.labels, whole.development().labels[rows])
    assert not examples.images.flags.writeable


@both
def test_few_classes_keep_all_their_images_and_restrict_both_splits(real, task):
    proxy, whole = task(classes=5, proxy_seed=1), task()
    old = None
    for mine, every in (
        (proxy.development(), whole.development()),
        (proxy.test(), whole.test()),
    ):
        rows = np.searchsorted(every.units[:, 0], mine.units[:, 0])
        assert np.array_equal(mine.images, every.images[rows])
        kept = np.unique(every.labels[rows])
        assert len(kept) == 5 and (old is None or np.array_equal(kept, old))
        assert np.array_equal(kept[mine.labels], every.labels[rows])  # renumbered in their order
        assert len(rows) == np.isin(every.labels, kept).sum()
        old = kept


def units(task):
    return set(task.development().units.ravel().tolist())


def test_seeds_draw_different_proxies_and_each_always_the_same(real):
    for proxy in ({"images": 0.1}, {"classes": 5}):
        assert units(C10(**proxy)) != units(C10(**proxy, proxy_seed=1))
        prints = [C10(**proxy, proxy_seed=s).fingerprint() for s in (0, 0, 1)]
        assert prints[0] == prints[1] != prints[2]
        assert FINGERPRINTS[C10] not in prints


def test_smaller_proxies_are_parts_of_larger_ones(real):
    assert units(C100(images=0.1)) < units(C100(images=0.3))
    assert units(C100(classes=10)) < units(C100(classes=30))


def test_images_and_classes_are_drawn_independently(real):
    assert units(C10(images=0.1, classes=4)) == units(C10(images=0.1)) & units(C10(classes=4))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"images": 0}, "images"),
        ({"images": 1.5}, "images"),
        ({"images": ".nan"}, "images"),
        ({"classes": 1}, "classes"),
        ({"classes": 2.5}, "classes"),
        ({"proxy_seed": -1}, "proxy_seed"),
    ],
)
def test_impossible_proxies_are_refused(given, named):
    with pytest.raises(ConfigError, match=f"task c10: .*{named}"):
        resolve("task", "c10", C10, given)


def test_more_classes_than_there_are_is_refused():
    parameters = resolve("task", "c10", C10, {"classes": 11})
    with pytest.raises(ConfigError, match=r"^task c10: classes=11 .* ask for 2 to 10"):
        C10(**construct(C10, parameters))
    assert C100(classes=11).shape.classes == 11


@both
def test_proxies_are_declared(task):
    assert task.proxies == ("images", "classes", "proxy_seed")


@both
def test_splits_are_stratified(real, task):
    examples = task().development()
    rows = task().split(examples, HALVES, np.random.default_rng(0))
    each = 5_000 // task.cifar.classes
    assert [np.bincount(examples.labels[own]).tolist() for own in rows.values()] == [
        [each] * task.cifar.classes
    ] * 2


def test_splits_by_index_cut_the_images_in_official_order(real):
    examples = C10().development()
    shares = {Split.SELECTION: 0.2, Split.VALIDATION: 0.3, Split.TRAIN: 0.5}
    rows = C10().split(examples, shares, np.random.default_rng(0), by_index=True)
    assert list(rows) == [Split.TRAIN, Split.VALIDATION, Split.SELECTION]
    assert [(own[0], own[-1]) for own in rows.values()] == [(0, 4999), (5000, 7999), (8000, 9999)]
    positions = [examples.units[own] for own in rows.values()]
    assert all(one.max() < other.min() for one, other in itertools.pairwise(positions))
