"""Which population an interval speaks of: runs, test images, or both."""

import math

import numpy as np
import pandas as pd
import pytest

from analysis.statistics.crossed_bootstrap import (
    RESAMPLES,
    Answers,
    crossed_difference,
    read_answers,
    resample_images,
)
from harness.results.spec import TrainSpec
from harness.results.store import ExperimentFolder
from tests.analysis.loading import load_study


def _answers(correct, sources=None, seed=0):
    sources = np.arange(correct.shape[1])[:, None] if sources is None else sources
    names = {str(row): row for row in range(len(correct))}
    resampled = resample_images(correct, sources, np.random.default_rng(seed))
    return Answers(names, correct, sources, resampled)


def _names(first, last):
    return [str(row) for row in range(first, last)]


def _half(interval):
    return (interval.high - interval.low) / 2


def test_resampled_images_spread_as_the_binomial_says():
    correct = 100.0 * (np.random.default_rng(0).random((1, 2000)) < 0.8)
    found = _answers(correct).resampled
    share = correct.mean() / 100
    assert found.shape == (RESAMPLES, 1)
    assert found.std() == pytest.approx(100 * math.sqrt(share * (1 - share) / 2000), rel=0.06)
    assert found.mean() == pytest.approx(correct.mean(), abs=0.1)


def test_images_of_one_scan_are_drawn_together():
    rng = np.random.default_rng(0)
    of_scan = 100.0 * (rng.random(100) < 0.5)
    sources = np.repeat(np.arange(100), 10)[:, None]
    together = _answers(of_scan[sources[:, 0]][None], sources).resampled.std()
    apart = _answers(of_scan[sources[:, 0]][None]).resampled.std()
    assert together / apart == pytest.approx(math.sqrt(10), rel=0.1)


def test_an_image_of_two_scans_counts_as_often_as_both_are_drawn():
    correct = np.array([[100.0, 0.0, 0.0]])
    sources = np.array([[0, 1], [1, 2], [2, 0]])
    found = _answers(correct, sources).resampled[:, 0]
    counts = np.array([(2, 1, 0), (1, 1, 1), (2, 0, 1)])
    shares = {round(100 * a * b / max(1, a * b + b * c + c * a), 6) for a, b, c in counts}
    assert shares <= {round(value, 6) for value in found}


def test_equal_networks_differ_on_no_test_set():
    correct = 100.0 * (np.random.default_rng(0).random((1, 50)) < 0.7).repeat(4, axis=0)
    found = crossed_difference(_answers(correct), _names(0, 2), _names(2, 4), paired=False)
    assert found.both.estimate == 0
    assert math.isnan(found.both.low)
    assert found.both.method == "no interval: no spread"


def test_interval_over_runs_is_welchs():
    from analysis.statistics.intervals import welch

    correct = 100.0 * (np.random.default_rng(0).random((9, 400)) < 0.7)
    found = crossed_difference(_answers(correct), _names(0, 4), _names(4, 9), paired=False).runs
    expected = welch(correct[:4].mean(axis=1), correct[4:].mean(axis=1))
    assert (found.estimate, found.low, found.high) == pytest.approx(
        (expected.estimate, expected.low, expected.high)
    )


def test_paired_runs_are_resampled_as_pairs():
    rng = np.random.default_rng(0)
    common = rng.normal(70, 8, (5, 1))
    correct = common + rng.normal(0, 10, (10, 300)).reshape(2, 5, 300)
    answers = _answers(correct.reshape(10, 300))
    paired = crossed_difference(answers, _names(0, 5), _names(5, 10), paired=True)
    apart = crossed_difference(answers, _names(0, 5), _names(5, 10), paired=False)
    assert paired.both.estimate == pytest.approx(apart.both.estimate)
    assert _half(paired.both) < 0.3 * _half(apart.both)


def test_one_run_on_a_side_can_only_speak_of_its_own_networks():
    correct = 100.0 * (np.random.default_rng(0).random((3, 200)) < 0.7)
    found = crossed_difference(_answers(correct), ["0"], ["1", "2"], paired=False)
    assert math.isnan(found.both.low) and math.isnan(found.runs.low)
    assert found.images.low < found.images.high


@pytest.mark.parametrize("seed", range(5))
def test_interval_for_both_populations_holds_the_other_two(seed):
    correct = 100.0 * (np.random.default_rng(seed).random((4, 300)) < 0.7)
    found = crossed_difference(_answers(correct), ["0", "1"], ["2", "3"], paired=False)
    for other in (found.runs, found.images):
        assert found.both.low <= other.low and other.high <= found.both.high


@pytest.mark.slow
@pytest.mark.parametrize(
    ("runs", "images", "interaction"), [(1.0, 0.0, 10.0), (0.3, 10.0, 10.0), (1.0, 10.0, 0.0)]
)
def test_interval_for_both_covers_what_the_others_miss(monkeypatch, runs, images, interaction):
    monkeypatch.setattr("analysis.statistics.crossed_bootstrap.RESAMPLES", 250)
    rng = np.random.default_rng(0)
    hits = 0
    for trial in range(200):
        correct = np.concatenate(
            [
                rng.normal(0, runs, (3, 1))
                + rng.normal(0, images, (1, 150))
                + rng.normal(0, interaction, (3, 150))
                for _ in range(2)
            ]
        )
        found = crossed_difference(
            _answers(correct, seed=trial), _names(0, 3), _names(3, 6), paired=False, seed=trial
        )
        hits += found.both.low <= 0 <= found.both.high
    assert hits / 200 >= 0.93


@pytest.fixture
def with_answers(invent):
    """Return a function that invents an experiment and what its networks answered."""

    def write(**what):
        path = invent(**what)
        folder = ExperimentFolder(path)
        rng = np.random.default_rng(0)
        labels, units = rng.integers(10, size=400), rng.integers(100, size=(400, 2))
        for job in folder.plan().jobs:
            if isinstance(job.spec, TrainSpec):
                right = rng.random(400) < 0.8
                predictions = np.where(right, labels, (labels + 1) % 10)
                np.savez(folder.job(job).probe, predictions=predictions, labels=labels, units=units)
        return path

    return write


def test_every_gap_and_gain_gets_three_intervals(with_answers):
    table = load_study([with_answers(seeds=3, methods=("darts",))]).transfer["crossed"]
    found = table.set_index("difference").loc["direct - transferred"]
    assert (found["n_first"], found["n_second"], found["images"]) == (3, 3, 400)
    assert found["sources"] == 100
    assert found["both_low"] <= found["runs_low"]
    assert "transferred - random" in set(table["difference"])


def test_without_stored_answers_there_is_no_table(invent):
    assert len(load_study([invent(seeds=2)]).transfer["crossed"]) == 0


def test_answers_that_cannot_be_read_or_are_to_other_images_are_left_out(tmp_path):
    labels = np.arange(6)
    for name, size in (("a", 6), ("b", 5)):
        some = labels[:size]
        np.savez(tmp_path / f"{name}.npz", predictions=some, labels=some, units=some[:, None])
    (tmp_path / "c.npz").write_bytes(b"half a fi")
    jobs = pd.DataFrame({"job": list("abcd"), "unit": list("ABCD")})
    found = read_answers(jobs, {name: tmp_path / f"{name}.npz" for name in "abc"})
    assert list(found.rows) == ["A"]
    assert read_answers(jobs, {}) is None
