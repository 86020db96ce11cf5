"""Divergences and confidence of architecture parameters, against known values and scipy."""

import numpy as np
import pytest
from scipy import special, stats

from analysis.architectures.alphas import (
    margin,
    normalised_entropy,
    shares,
    without,
)


def test_known_shares_have_the_known_entropy():
    assert normalised_entropy(np.array([0.7, 0.2, 0.1])) == pytest.approx(0.729847, abs=5e-7)
    assert shares(np.array([1.0, 0, 0])) == pytest.approx([0.5761, 0.2119, 0.2119], abs=5e-5)


def test_random_parameters_agree_with_scipy():
    alphas = np.random.default_rng(0).normal(size=(14, 8))
    found = shares(alphas)
    assert found == pytest.approx(special.softmax(alphas, axis=1))
    assert normalised_entropy(found) == pytest.approx(stats.entropy(found, axis=1) / np.log(8))
    best, second = np.sort(found, axis=1)[:, ::-1][:, :2].T
    assert margin(found) == pytest.approx(best - second)


def test_large_parameters_do_not_overflow_and_a_diverged_search_is_unknown():
    assert shares(np.array([1000.0, 0, 0])) == pytest.approx([1, 0, 0])
    assert np.isnan(shares(np.array([np.nan, 0, 0]))).all()


def test_none_is_left_out_by_making_the_others_add_up_to_one():
    share = np.array([[0.5, 0.25, 0.25], [0.2, 0.2, 0.6]])
    assert without(share, 0) == pytest.approx(np.array([[0.5, 0.5], [0.25, 0.75]]))
