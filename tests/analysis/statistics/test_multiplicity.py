"""Several comparisons at once, beside statsmodels and brute force."""

from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from analysis.statistics.counter import counting
from analysis.statistics.counter import tests_run as count_tests
from analysis.statistics.exact import exact_rank_p, sign_flip_p
from analysis.statistics.multiplicity import holm

levels = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def reference(p, method):
    with mock.patch("gc.collect"):  # which it calls each time, a tenth of a second here
        return multipletests(p, method=method)[1].tolist()


@given(levels)
def test_correction_is_that_of_statsmodels(p):
    assert holm(p) == pytest.approx(reference(p, "holm"))


def test_every_test_of_a_report_is_counted():
    exact_rank_p([1, 2], [3, 4])
    assert count_tests() == 0  # outside any report
    with counting():
        exact_rank_p([1, 2], [3, 4])
        sign_flip_p([0.1, 0.2])
        assert count_tests() == 2
        with counting():
            assert count_tests() == 0
        assert count_tests() == 2
