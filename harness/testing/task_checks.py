"""The contract of a task, one function per clause; each docstring is the clause.

A check takes the task's class, or anything else that returns a fresh task when called.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from harness.api import ConfigError, Examples, Split, Task
from harness.config.parameters import defaults
from harness.testing.clauses import Check, is_sentence
from harness.testing.plugin_checks import PLUGIN_CHECKS
from harness.training.examples import find_fault

Make = Callable[[], Task]
Rows = Mapping[Split, NDArray[np.int64]]

TOLERANCE = 0.01  # of mean and deviation: a subset may use its full set's
FRACTIONS: Sequence[Mapping[Split, float]] = (
    {Split.TRAIN: 0.5, Split.VALIDATION: 0.5, Split.SELECTION: 0.0},
    {Split.TRAIN: 0.75, Split.VALIDATION: 0.25},
    {Split.TRAIN: 0.4, Split.VALIDATION: 0.4, Split.SELECTION: 0.2},
)


def check_examples_have_the_stated_form(task: Make) -> None:
    """Images are uint8 of the stated shape; labels and units are int64, labels within range."""
    made = task()
    for name, examples in (("development", made.development()), ("test", made.test())):
        fault = find_fault(examples, made)
        assert fault is None, f"of the {name} examples, {fault}"


def check_data_are_always_the_same(task: Make) -> None:
    """Two tasks with equal parameters hold equal data in equal order, and equal fingerprints."""
    first, second = task(), task()
    pairs = (
        ("development", first.development(), second.development()),
        ("test", first.test(), second.test()),
    )
    for name, one, other in pairs:
        assert _are_equal(one, other), f"the {name} examples differ from one task to the next"
    assert _are_equal(first.development(), first.development()), "asked twice, the order differs"
    prints = first.fingerprint(), second.fingerprint()
    assert prints[0] == prints[1], f"equal data have the fingerprints {prints[0]} and {prints[1]}"
    assert prints[0] and set(prints[0]) <= set("0123456789abcdef"), (
        f"the fingerprint {prints[0]!r} is not hexadecimal"
    )


def check_splits_divide_the_development_examples(task: Make) -> None:
    """Splits are sorted row numbers, disjoint, and together every development example."""
    made = task()
    examples = made.development()
    for fractions, by_index in itertools.product(FRACTIONS, (False, True)):
        rows = _split(made, examples, fractions, by_index=by_index)
        for split, own in rows.items():
            assert split is not Split.TEST, "a search would be handed a test split"
            assert own.dtype == np.int64 and (np.diff(own) > 0).all(), f"{split} rows are unsorted"
        for (name, one), (other, two) in itertools.combinations(rows.items(), 2):
            shared = np.intersect1d(one, two)
            assert not len(shared), f"{name} and {other} share {len(shared)} rows"
        together = sorted(itertools.chain.from_iterable(r.tolist() for r in rows.values()))
        assert together == list(range(len(examples.labels))), (
            f"the splits hold {len(together)} of {len(examples.labels)} development rows"
        )


def check_splits_depend_on_the_seed_alone(task: Make) -> None:
    """The same seed gives the same splits, whatever else draws random numbers."""
    first, second = task(), task()
    for fractions in FRACTIONS:
        one = _split(first, first.development(), fractions)
        other = _split(second, second.development(), fractions)
        assert _are_same_rows(one, other), "one seed gives two partitions"


def check_splits_keep_the_fractions(task: Make) -> None:
    """Splits take their share of every class, unless the task has a partition of its own."""
    made = task()
    examples = made.development()
    for fractions in FRACTIONS:
        rows = _split(made, examples, fractions)
        if _has_own_partition(made, examples, fractions):
            continue
        every = np.bincount(examples.labels, minlength=made.shape.classes)
        for split, own in rows.items():
            have = np.bincount(examples.labels[own], minlength=made.shape.classes)
            off = np.abs(have - fractions[split] * every)
            assert off.max() <= 1, (
                f"{split} has {have[off.argmax()]} of {every[off.argmax()]} examples of class "
                f"{off.argmax()}, not {fractions[split]:.0%}"
            )


def check_splits_by_index_follow_the_order(task: Make) -> None:
    """Splits by index cut the examples in their order, unless the task has its own partition."""
    made = task()
    examples = made.development()
    count = len(examples.labels)
    for fractions in FRACTIONS:
        rows = _split(made, examples, fractions, by_index=True)
        again = _split(task(), examples, fractions, seed=1, by_index=True)
        assert _are_same_rows(rows, again), "splits by index differ from one seed to another"
        if _has_own_partition(made, examples, fractions):
            continue
        first = 0
        for split in (split for split in Split if split in rows):
            own = rows[split]
            last = first + len(own)
            assert np.array_equal(own, np.arange(first, last)), (
                f"the {split} rows by index are not {first} to {last - 1}"
            )
            assert abs(len(own) - fractions[split] * count) <= 1, (
                f"{split} by index has {len(own)} of {count} rows, not {fractions[split]:.0%}"
            )
            first = last
        assert first == count, f"the splits by index hold {first} of {count} development rows"


def check_no_unit_is_in_two_splits(task: Make) -> None:
    """Images that share a unit are in one split; none of the test split's is in another."""
    made = task()
    examples, test = made.development(), made.test()
    rows = _split(made, examples, FRACTIONS[0])
    units = {str(split): np.unique(examples.units[own]) for split, own in rows.items()}
    units["test"] = np.unique(test.units)
    for (name, one), (other, two) in itertools.combinations(units.items(), 2):
        shared = np.intersect1d(one, two)
        assert not len(shared), f"{name} and {other} share {len(shared)} units, e.g. {shared[0]}"


def check_every_class_is_everywhere(task: Make) -> None:
    """Every class is present in the train, validation and test splits."""
    made = task()
    examples = made.development()
    rows = _split(made, examples, FRACTIONS[0])
    labels = {str(split): examples.labels[own] for split, own in rows.items()}
    for name, own in {**labels, "test": made.test().labels}.items():
        missing = np.setdiff1d(np.arange(made.shape.classes), own)
        assert not len(missing), f"{len(missing)} classes are missing in {name}, e.g. {missing[0]}"


def check_mean_and_deviation_are_those_of_the_images(task: Make) -> None:
    """Mean and deviation are those of the development images, pixels scaled to [0, 1]."""
    made = task()
    images, channels = made.development().images, made.shape.inputs[0]
    assert len(made.mean) == len(made.deviation) == channels, (
        f"there are {len(made.mean)} means and {len(made.deviation)} deviations for {channels} "
        "channels"
    )
    levels = np.arange(256) / 255
    for channel in range(channels):
        share = np.bincount(images[:, channel].ravel(), minlength=256) / images[:, channel].size
        mean = float(share @ levels)
        deviation = math.sqrt(float(share @ (levels - mean) ** 2))
        for name, given, true in (
            ("mean", made.mean[channel], mean),
            ("deviation", made.deviation[channel], deviation),
        ):
            assert abs(given - true) <= TOLERANCE, (
                f"the {name} of channel {channel} is {true:.4f}, not {given:.4f}"
            )


def check_loss_prefers_the_truth(task: Make) -> None:
    """The loss is a finite mean that falls where logits are right, smoothed or not."""
    made = task()
    classes = made.shape.classes
    targets = torch.arange(classes)
    right = (5 * torch.eye(classes)).requires_grad_()
    for smoothing in (0.0, 0.1):
        loss = made.loss(right, targets, label_smoothing=smoothing)
        wrong = made.loss(right.roll(1, 0), targets, label_smoothing=smoothing)
        assert loss.shape == () and bool(loss.isfinite()), f"the loss is {loss}, not one number"
        assert bool(loss < wrong), "wrong logits have no larger loss than right ones"
        twice = made.loss(right.repeat(2, 1), targets.repeat(2), label_smoothing=smoothing)
        assert torch.allclose(twice, loss), "the loss is no mean over the batch"
    (gradient,) = torch.autograd.grad(made.loss(right, targets), right)
    assert bool(gradient.isfinite().all()) and bool(gradient.any()), "the loss has no gradient"


def check_limits_fit_the_images(task: Make) -> None:
    """Augmentation may shift and erase less than an image."""
    made = task()
    limits, side = made.limits, min(made.shape.inputs[1:])
    assert isinstance(limits.flip, bool), f"flip is {limits.flip!r}, neither True nor False"
    for name, value in (("crop_padding", limits.crop_padding), ("cutout", limits.cutout)):
        assert isinstance(value, int) and 0 <= value < side, f"{name} is {value} of {side} pixels"


def check_label_and_notice_are_texts(task: Make) -> None:
    """It has a label for reports, and its notice is empty or a sentence."""
    made = task()
    assert isinstance(made.label, str) and made.label.strip(), f"the label is {made.label!r}"
    notice = made.notice[:1].upper() + made.notice[1:]
    assert not notice or is_sentence(notice), f"the notice {made.notice!r} is no sentence"


def check_proxies_are_parameters(task: Make) -> None:
    """What it calls proxies are parameters of its constructor."""
    made = task()
    parameters = defaults(type(made))
    for name in made.proxies:
        assert name in parameters, f"the proxy {name!r} is no parameter of {type(made).__name__}"


def _split(
    task: Task,
    examples: Examples,
    fractions: Mapping[Split, float],
    seed: int = 0,
    *,
    by_index: bool = False,
) -> Rows:
    """Return the task's splits; one with a partition of its own may refuse a selection split."""
    rng = np.random.default_rng(seed)
    try:
        return task.split(examples, fractions, rng, by_index=by_index)
    except ConfigError:
        assert fractions.get(Split.SELECTION), "it refuses to be split into train and validation"
        return _split(task, examples, FRACTIONS[0], seed, by_index=by_index)


def _has_own_partition(task: Task, examples: Examples, fractions: Mapping[Split, float]) -> bool:
    """Tell whether the task keeps a partition of its own, which no seed changes."""
    return _are_same_rows(
        _split(task, examples, fractions), _split(task, examples, fractions, seed=1)
    )


def _are_equal(one: Examples, other: Examples) -> bool:
    return (
        np.array_equal(one.images, other.images)
        and np.array_equal(one.labels, other.labels)
        and np.array_equal(one.units, other.units)
    )


def _are_same_rows(one: Rows, other: Rows) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[s], other[s]) for s in one)


TASK_CHECKS: Sequence[Check] = (
    *PLUGIN_CHECKS,
    check_examples_have_the_stated_form,
    check_data_are_always_the_same,
    check_splits_divide_the_development_examples,
    check_splits_depend_on_the_seed_alone,
    check_splits_keep_the_fractions,
    check_splits_by_index_follow_the_order,
    check_no_unit_is_in_two_splits,
    check_every_class_is_everywhere,
    check_mean_and_deviation_are_those_of_the_images,
    check_loss_prefers_the_truth,
    check_limits_fit_the_images,
    check_label_and_notice_are_texts,
    check_proxies_are_parameters,
)
