"""Faulty tasks, each caught by the clause that names its fault."""

import dataclasses

import numpy as np
import pytest
from torch.nn.functional import cross_entropy

from harness.api import AugmentationLimits, ConfigError, DataError, Split
from harness.testing.check import run_check
from harness.testing.clauses import title
from harness.testing.task_checks import TASK_CHECKS
from harness.testing.toy_task import ToyBlobs


class Floating(ToyBlobs):
    def development(self):
        examples = super().development()
        return dataclasses.replace(examples, images=examples.images / 255)


class OneClassTooMany(ToyBlobs):
    def test(self):
        examples = super().test()
        return dataclasses.replace(examples, labels=examples.labels + 1)


class Restless(ToyBlobs):
    def development(self):
        examples = super().development()
        images = np.random.default_rng().permuted(examples.images, axis=3)
        return dataclasses.replace(examples, images=images)


class Nameless(ToyBlobs):
    def fingerprint(self):
        return "toy blobs v1"


class Overlapping(ToyBlobs):
    def split(self, examples, fractions, rng, *, by_index=False):
        rows = super().split(examples, fractions, rng, by_index=by_index)
        first = rows[Split.TRAIN][:1]
        return {**rows, Split.VALIDATION: np.union1d(first, rows[Split.VALIDATION])}


class Wasteful(ToyBlobs):
    def split(self, examples, fractions, rng, *, by_index=False):
        return {
            split: rows[1:]
            for split, rows in super().split(examples, fractions, rng, by_index=by_index).items()
        }


class Reckless(ToyBlobs):
    def split(self, examples, fractions, rng, *, by_index=False):
        return super().split(examples, fractions, np.random.default_rng(), by_index=by_index)


class Unfair(ToyBlobs):
    def split(self, examples, fractions, rng, *, by_index=False):
        some = {**fractions, Split.TRAIN: 0.9, Split.VALIDATION: 0.1, Split.SELECTION: 0.0}
        return super().split(examples, some, rng, by_index=by_index)


class Deaf(ToyBlobs):
    def split(self, examples, fractions, rng, *, by_index=False):
        return super().split(examples, fractions, rng)


class Reversed(ToyBlobs):
    def split(self, examples, fractions, rng, *, by_index=False):
        rows = super().split(examples, fractions, rng, by_index=by_index)
        last = len(examples.labels) - 1
        return {split: (last - own)[::-1] for split, own in rows.items()} if by_index else rows


class Leaking(ToyBlobs):
    def test(self):
        examples = super().test()
        return dataclasses.replace(examples, units=examples.units - 10)


class Refusing(ToyBlobs):
    def split(self, examples, fractions, rng, *, by_index=False):
        raise ConfigError("It has a partition of its own.")


class Incomplete(ToyBlobs):
    def test(self):
        examples = super().test()
        return dataclasses.replace(examples, labels=examples.labels.clip(max=1))


class Shifted(ToyBlobs):
    def __init__(self):
        super().__init__()
        self.mean = (0.5, 0.5, 0.5)


class Contrary(ToyBlobs):
    def loss(self, outputs, targets, *, label_smoothing=0.0):
        return -cross_entropy(outputs, targets, label_smoothing=label_smoothing)


class Summing(ToyBlobs):
    def loss(self, outputs, targets, *, label_smoothing=0.0):
        return super().loss(outputs, targets, label_smoothing=label_smoothing) * len(targets)


class Erasing(ToyBlobs):
    limits = AugmentationLimits(flip=True, crop_padding=1, cutout=8)


class Unlabelled(ToyBlobs):
    label = ""


class Mumbling(ToyBlobs):
    notice = "it is,\nas it were, a toy"


class Pretending(ToyBlobs):
    proxies = ("share",)


class Undocumented(ToyBlobs):
    """Toy blobs."""


FAULTS = [
    (Undocumented, "parameters_are_documented", "'inputs' is not documented"),
    (Floating, "examples_have_the_stated_form", "float64, not uint8"),
    (OneClassTooMany, "examples_have_the_stated_form", "from 1 to 3 in 3 classes"),
    (Restless, "data_are_always_the_same", "development examples differ"),
    (Nameless, "data_are_always_the_same", "not hexadecimal"),
    (Overlapping, "splits_divide_the_development_examples", "train and validation share 1 rows"),
    (Wasteful, "splits_divide_the_development_examples", "94 of 96 development rows"),
    (Refusing, "splits_divide_the_development_examples", "refuses to be split"),
    (Reckless, "splits_depend_on_the_seed_alone", "two partitions"),
    (Unfair, "splits_keep_the_fractions", "not 50%"),
    (Deaf, "splits_by_index_follow_the_order", "differ from one seed to another"),
    (Reversed, "splits_by_index_follow_the_order", "are not 0 to 47"),
    (Leaking, "no_unit_is_in_two_splits", "share"),
    (Incomplete, "every_class_is_everywhere", "missing in test, e.g. 2"),
    (Shifted, "mean_and_deviation_are_those_of_the_images", "the mean of channel 0"),
    (Contrary, "loss_prefers_the_truth", "wrong logits have no larger loss"),
    (Summing, "loss_prefers_the_truth", "no mean over the batch"),
    (Erasing, "limits_fit_the_images", "cutout is 8 of 8 pixels"),
    (Unlabelled, "label_and_notice_are_texts", "the label is ''"),
    (Mumbling, "label_and_notice_are_texts", "no sentence"),
    (Pretending, "proxies_are_parameters", "the proxy 'share' is no parameter of Pretending"),
]


@pytest.mark.parametrize(("task", "caught_by", "message"), FAULTS)
def test_faulty_task_is_caught_by_the_clause_that_names_its_fault(task, caught_by, message):
    check = next(check for check in TASK_CHECKS if title(check) == caught_by)
    assert message in run_check("toy", check, task).message


def test_every_clause_about_data_catches_some_faulty_task():
    general = {"says_what_it_is", "unknown_parameter_is_refused"}
    assert {c for _, c, _ in FAULTS} == {title(check) for check in TASK_CHECKS} - general


@pytest.mark.parametrize("check", TASK_CHECKS, ids=title)
def test_healthy_task_keeps_every_clause(check):
    check(ToyBlobs)


def test_task_with_a_partition_of_its_own_keeps_every_clause():
    class Blocks(ToyBlobs):
        """Its first half is for training.

        Args:
            inputs: Of an image.
            classes: Number of them.
        """

        def split(self, examples, fractions, rng, *, by_index=False):
            if fractions.get(Split.SELECTION):
                raise ConfigError("There is no selection split.")
            return {Split.TRAIN: np.arange(48), Split.VALIDATION: np.arange(48, 96)}

    assert all(run_check("toy", check, Blocks).status == "passed" for check in TASK_CHECKS)


def test_task_whose_data_are_missing_is_excepted():
    class Missing(ToyBlobs):
        def __init__(self):
            raise DataError("The folder data/ is empty; say --data DIR.")

    verdict = run_check("toy", TASK_CHECKS[-1], Missing)
    assert (verdict.status, verdict.message[:10]) == ("excepted", "The folder")
