"""Everything a search spends is counted, and nothing of the test split can be had."""

import math
from types import SimpleNamespace

import pytest
import torch

from harness.api import Evaluation, Split
from harness.config.protocol import SearchRules
from harness.execution.meter import Meter
from tests.integration.tiny import PROTOCOL


class Judge:
    is_simulated = False

    def __init__(self, score=50.0, seconds=7.0):
        self.score, self.seconds = score, seconds
        self.released, self.seeds = [], []

    def evaluate(self, architecture, recipe, *, fidelity, seed, key, inherit=None):
        self.seeds.append(seed)
        torch.rand(3)  # a training draws; the search must not notice
        return Evaluation(key, self.score, self.seconds, examples=100)

    def release(self, key):
        self.released.append(key)


def meter(judge=None, **budget):
    rules = SearchRules.model_validate({**PROTOCOL["search"], "budget": budget})
    streams = {
        split: SimpleNamespace(next=lambda: (torch.zeros(4, 1), torch.zeros(4)))
        for split in (Split.TRAIN, Split.VALIDATION)
    }
    return Meter(judge or Judge(), rules, streams, (0, "test"))


def test_train_batches_spend_the_budget_and_validation_batches_are_billed():
    spent = meter(examples=8)
    train, validation = spent.stream(Split.TRAIN), spent.stream(Split.VALIDATION)
    train.next(), validation.next()
    assert (spent.bill.examples, spent.bill.validation_examples) == (4, 4)
    assert not spent.is_exhausted
    train.next()
    assert spent.is_exhausted


def test_candidates_spend_evaluations_examples_and_the_seconds_they_report():
    spent = meter(evaluations=2)
    with spent.charging():
        spent.evaluate((), 1)
    assert spent.bill.evaluations == 1 and spent.bill.examples == 100
    assert spent.bill.seconds == pytest.approx(7, abs=0.5)
    spent.evaluate((), 1)
    assert spent.is_exhausted


def test_a_step_under_way_is_told_that_the_seconds_are_spent():
    spent = meter(seconds=1e-9)
    assert not spent.is_exhausted
    with spent.charging():
        assert spent.is_exhausted


def test_under_a_recorded_clock_own_time_is_overhead():
    judge = Judge(seconds=1000.0)
    judge.is_simulated = True
    spent = meter(judge, seconds=5000)
    with spent.charging():
        spent.evaluate((), 1)
        assert spent.share_spent == 1000 / 5000
    assert spent.bill.seconds == 1000.0
    assert 0 < spent.bill.overhead_seconds < 10


@pytest.mark.parametrize("split", [Split.TEST, Split.SELECTION])
def test_there_is_no_stream_of_the_test_split_nor_of_an_empty_one(split):
    with pytest.raises(ValueError, match="may not look at"):
        meter(examples=8).stream(split)


def test_a_fidelity_that_is_not_offered_is_refused():
    with pytest.raises(ValueError, match="Fidelity 9 is not offered"):
        meter(evaluations=1).evaluate((), 9)


def test_the_best_score_is_kept_and_nan_is_never_better():
    judge = Judge()
    spent = meter(judge, evaluations=9)
    for score in (math.nan, 40.0, 60.0, math.nan, 50.0):
        judge.score = score
        spent.evaluate((), 1)
    assert spent.best_validation == 60.0
    judge.score = 99.0
    spent.evaluate((), 0)  # less effort is another scale
    assert spent.best_validation == 60.0


def test_a_candidate_does_not_disturb_the_searchs_own_random_numbers():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    meter(evaluations=5).evaluate((), 1)
    assert torch.equal(torch.rand(2), expected)


def test_every_candidate_has_a_seed_of_its_own():
    judge = Judge()
    spent = meter(judge, evaluations=9)
    for _ in range(5):
        spent.evaluate((), 1)
    assert len(set(judge.seeds)) == 5


def test_weights_are_forgotten_only_after_a_checkpoint():
    judge = Judge()
    spent = meter(judge, evaluations=9)
    key = spent.evaluate((), 1).key
    spent.release(key)
    assert judge.released == []
    spent.sweep()
    assert judge.released == [key]
