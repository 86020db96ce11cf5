"""What is computed for thousands of samples at once is what the report computes for one."""

import numpy as np
import pytest

from analysis.answers.transfer.retention import estimate_retention
from analysis.answers.transfer.savings import cost_saving
from analysis.calibration import arrays
from analysis.calibration.laws import NORMAL
from analysis.calibration.rates import Design
from analysis.statistics.best_of import best_of_difference
from analysis.statistics.effects import a12_interval
from analysis.statistics.home import home_advantage
from analysis.statistics.intervals import Difference, combine, contrast, estimate_mean, welch
from analysis.statistics.paired import signed_rank_test
from analysis.statistics.relabelling import Stratum, rank_test, stratified_rank_test

ROWS = 40
DESIGN = Design(5, 8, 3.0, NORMAL, 0.2)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def finite(row):
    return row[np.isfinite(row)]


def test_ranks(rng):
    x, y = DESIGN.draw_even(rng, ROWS)
    y[:5, :3] = x[:5, :3]
    expected = [rank_test(*row).p for row in zip(x, y, strict=True)]
    assert arrays.rank_p(x, y) == pytest.approx(expected, abs=1e-12)


def test_strata(rng):
    small = DESIGN._replace(m=5)
    tasks = [DESIGN.draw_even(rng, ROWS), small.draw_even(rng, ROWS)]
    names = [[f"{task}{side}{run}" for run in range(8)] for task in "ab" for side in "xy"]
    expected = [
        stratified_rank_test(
            [
                Stratum(x[row], y[row], mine[: x.shape[1]], other[: y.shape[1]])
                for (x, y), mine, other in zip(tasks, names[::2], names[1::2], strict=True)
            ]
        ).p
        for row in range(ROWS)
    ]
    assert arrays.stratified_p(tasks) == pytest.approx(expected, abs=1e-12)


def test_signed_ranks(rng):
    d = rng.normal(size=(ROWS, 8))
    d[:9, :2], d[5:15, 3:5], d[12:20, 6] = np.inf, -np.inf, 0.0
    expected = [signed_rank_test(row).p for row in d]
    assert arrays.signed_rank_p(d) == pytest.approx(expected, abs=1e-12)


def test_contrasts_of_runs_that_have_a_value(rng):
    x, y, z = (DESIGN.draw_second(rng, ROWS) for _ in range(3))
    low, high = arrays.limit(arrays.contrast_arms([(1.0, x), (-0.8, y), (-0.2, z)]))
    for row in range(ROWS):
        arms = [(w, finite(of[row])) for w, of in ((1.0, x), (-0.8, y), (-0.2, z))]
        found = contrast(arms, "t").interval()
        assert (low[row], high[row]) == pytest.approx((found.low, found.high), nan_ok=True)
    assert np.isfinite(low).sum() > ROWS / 2


def test_a_single_value_has_no_interval():
    low, _ = arrays.limit(arrays.contrast_arms([(1.0, np.array([[1.0, -np.inf], [1.0, 2.0]]))]))
    assert np.isnan(low).tolist() == [True, False]
    held = arrays.judge_cover((low, low + 99), 5.0)
    assert np.isnan(held[0])
    assert held[1] == 1


def test_a_published_mean_is_subtracted_as_a_sample_of_its_summary(rng):
    x, y = rng.normal(size=5), rng.normal(size=8)
    error = float(y.std(ddof=1)) / len(y) ** 0.5
    published = Difference(float(y.mean()), error, len(y) - 1, "published")
    found = combine([(1.0, estimate_mean(x)), (-1.0, published)], "Welch").interval()
    expected = welch(x, y)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_chances(rng):
    x, y = DESIGN.draw_even(rng, ROWS)
    limits = np.transpose(arrays.limit_chance(x, y))
    for row in range(ROWS):
        found = a12_interval(x[row], y[row])
        assert limits[row] == pytest.approx((found.low, found.high), abs=1e-9)


@pytest.mark.parametrize("size", [5, 8])
def test_the_best_of_several(rng, size):
    validation, test = rng.normal(size=(2, ROWS, size))
    found = np.transpose(arrays.estimate_best(validation, test, 4))
    for row in range(ROWS):
        one = best_of_difference(validation[row], test[row], 4)
        assert found[row] == pytest.approx((one.estimate, one.error, one.freedom))


def test_differences_of_estimates(rng):
    x, y = rng.normal(size=(2, ROWS, 6))
    sides = [arrays.contrast_arms([(1.0, side)]) for side in (x, y)]
    found = np.transpose(arrays.subtract_estimates(*sides))
    for row in range(ROWS):
        one = combine([(1.0, estimate_mean(x[row])), (-1.0, estimate_mean(y[row]))], "Welch")
        assert found[row] == pytest.approx((one.estimate, one.error, one.freedom))


def test_home_advantages(rng):
    a, b = rng.normal(size=(2, 2, ROWS, 5)) + 70
    on_a, on_b = arrays.measure_home(a, b)
    for row in range(ROWS):
        one = home_advantage(tuple(a[:, row]), tuple(b[:, row]))
        assert on_a[row] == pytest.approx(one.on_a)
        assert on_b[row] == pytest.approx(one.on_b)


def test_fieller_holds_a_value_whose_contrast_is_not_told_from_0(rng):
    kept = 0.8
    carried, direct = 3.2 + rng.normal(size=(ROWS, 5)), 4 + rng.normal(size=(ROWS, 5))
    random = 2 * rng.normal(size=(ROWS, 8))
    at = [(1.0, carried), (-kept, direct), (kept - 1, random)]
    held = arrays.judge_cover(arrays.limit(arrays.contrast_arms(at)), 0.0)
    seen = 0
    for row in range(ROWS):
        found, _ = estimate_retention(carried[row], direct[row], random[row])
        if np.isfinite(found.low):
            assert held[row] == (found.low <= kept <= found.high)
            seen += 1
    assert seen > ROWS / 2


def test_a_saving_is_held_by_fieller(rng):
    own, direct = 0.4 + 0.1 * rng.normal(size=(ROWS, 3)), 1 + 0.2 * rng.normal(size=(ROWS, 3))
    held = arrays.judge_cover(arrays.limit(arrays.contrast_arms([(1.0, own), (-0.4, direct)])), 0.0)
    for row in range(ROWS):
        found = cost_saving(own[row], direct[row])
        if np.isfinite(found.low):
            assert held[row] == (found.low <= 0.6 <= found.high)
