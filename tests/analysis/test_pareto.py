"""The front and its hypervolume, against brute force."""

import math

import numpy as np
import pytest

from analysis.figures.style import thousands
from analysis.statistics.pareto import box_of, hypervolume, on_front


def _beats(a, b):
    return a[0] <= b[0] and a[1] >= b[1] and a != b


@pytest.mark.parametrize("seed", range(5))
def test_front_is_what_no_other_point_beats(seed):
    rng = np.random.default_rng(seed)
    points = [(float(x), float(y)) for x, y in rng.integers(0, 6, (20, 2))]
    expected = [not any(_beats(other, point) for other in points) for point in points]
    assert list(on_front(*zip(*points, strict=True))) == expected


def test_equal_points_are_on_the_front_together_and_unknown_ones_never():
    assert list(on_front([1, 1, math.nan, 2], [5, 5, 9, 5])) == [True, True, False, False]
    assert list(on_front([], [])) == []


@pytest.mark.parametrize("seed", range(5))
def test_hypervolume_is_the_share_of_random_points_that_are_dominated(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.random(8), rng.random(8)
    probes = rng.random((200_000, 2))
    dominated = ((x <= probes[:, :1]) & (y >= probes[:, 1:])).any(axis=1).mean()
    assert hypervolume(x, y, (0.0, 1.0, 0.0, 1.0)) == pytest.approx(dominated, abs=0.005)


def test_hypervolume_does_not_depend_on_the_units():
    x, y = np.array([1.0, 2.0, 4.0]), np.array([1.0, 5.0, 6.0])
    assert hypervolume(x, y, box_of(x, y)) == pytest.approx(
        hypervolume(1e6 * x, y / 100, box_of(1e6 * x, y / 100))
    )


def test_a_point_beyond_the_box_counts_at_its_edge_or_not_at_all():
    assert hypervolume([0.0], [9.0], (1.0, 2.0, 0.0, 1.0)) == 1.0
    assert hypervolume([3.0], [9.0], (1.0, 2.0, 0.0, 1.0)) == 0.0


@pytest.mark.parametrize(("x", "y"), [([], []), ([1.0], [2.0]), ([1.0, 2.0], [3.0, 3.0])])
def test_hypervolume_is_unknown_where_the_box_has_no_area(x, y):
    assert math.isnan(hypervolume(x, y, box_of(x, y)))


def test_costs_on_an_axis_have_prefixes_above_a_thousand_only():
    write = thousands()
    assert [write(cost) for cost in (0.1 + 0.2, 800, 20_000, 1.6e6)] == [
        "0.3", "800", "20 k", "1.6 M"
    ]  # fmt: skip
