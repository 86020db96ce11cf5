"""How many runs find a shift: the same answer as to which shift so many runs find."""

import numpy as np
import pytest

from analysis.statistics.power import (
    POWER,
    detectable_paired_shift,
    detectable_shift,
    find_equal_runs,
    find_pairs,
    find_runs,
)
from analysis.statistics.repetitions import Groups, Pairs


def draw(*sizes, deviations=(1.0, 1.0)):
    rng = np.random.default_rng(3)
    return [sd * rng.normal(size=n) for n, sd in zip(sizes, deviations, strict=False)]


@pytest.mark.parametrize(("n", "m", "alpha"), [(7, 12, 0.05), (12, 24, 0.01), (200, 150, 0.05)])
def test_shift_found_with_n_seeds_is_found_with_n_and_not_with_one_less(n, m, alpha):
    x, y = draw(n, m)
    shift = detectable_shift(x, y, alpha)
    groups = Groups.seen(x, y, alpha)
    found = find_runs(groups, shift, m)
    assert found == (pytest.approx(n, abs=n // 100), m)
    assert groups.power(*found)(shift) >= POWER > groups.power(found[0] - 1, m)(shift)


def test_pairs_that_find_a_shift_are_those_that_it_is_detectable_with():
    (differences,) = draw(14)
    shift = detectable_paired_shift(differences)
    pairs = Pairs.seen(differences, 0.05)
    assert find_pairs(pairs, shift) == 14
    assert pairs.power(14)(shift) >= POWER > pairs.power(13)(shift)


def test_approximation_for_many_runs_goes_on_where_the_simulation_ends():
    groups, pairs = Groups.seen(*draw(40, 40), 0.05), Pairs.seen(draw(40)[0], 0.05)
    assert groups.power(60, 60)(0.55) == pytest.approx(groups.power(61, 60)(0.55), abs=0.03)
    assert pairs.power(120)(0.3) == pytest.approx(pairs.power(121)(0.3), abs=0.03)


def test_random_arm_grows_only_where_no_number_of_seeds_is_enough():
    groups = Groups.seen(*draw(40, 40, deviations=(0.5, 2.0)), 0.05)
    assert find_runs(groups, 3.0, 24)[1] == 24
    seeds, random = find_runs(groups, 0.7, 24)
    assert random > 24
    assert groups.power(10_000, 24)(0.7) < POWER <= groups.power(seeds, random)(0.7)


def test_smaller_differences_and_levels_need_more_runs():
    x, y = draw(30, 30)
    needed = [
        find_equal_runs(Groups.seen(x, y, alpha), shift)
        for alpha, shift in [(0.05, 1.2), (0.05, 0.8), (0.01, 0.8), (0.01, 0.2)]
    ]
    assert needed == sorted(set(needed))


def test_what_ten_thousand_runs_do_not_find_has_no_number():
    assert find_equal_runs(Groups.seen(*draw(30, 30), 0.05), 1e-3) is None
    assert find_pairs(Pairs.seen(draw(30)[0], 0.05), 1e-3) is None
    assert Groups.seen([1.0] * 5, [2.0] * 5, 0.05) is None and Pairs.seen([1.0], 0.05) is None
