"""Tests keep their level and intervals cover, by simulation; where they do not, it is called so."""

import json
from dataclasses import replace

import numpy as np
import pytest

from analysis.calibration.laws import NORMAL, SKEWED, find_chance, find_even_shift, read_law
from analysis.calibration.rates import Design, Quantity, Rate, measure
from analysis.calibration.simulate import calibrate, list_quantities
from harness.cli import main

QUANTITIES = {one.name: one for one in list_quantities([NORMAL])}
RATE = Rate("coverage", "mean, t", 5, 0, 1.0, "normal", 0.0, 2000, 1.0, 0.95, 0.005, 0.93, 1.0)


def rate_of(name, *design, simulations=2000):
    quantity = QUANTITIES[name]._replace(designs=[Design(*design)])
    (found,) = measure(quantity, simulations, seed=1)
    return found


@pytest.mark.parametrize("m", [8, 24])
@pytest.mark.parametrize("ratio", [1.0, 3.0, 10.0])
def test_five_searches_against_random_keep_the_level_of_the_family(m, ratio):
    assert rate_of("declared family, any false rejection", 5, m, ratio, NORMAL).is_met


@pytest.mark.parametrize("failing", [0.0, 0.2])
def test_the_rank_sum_is_exact_where_both_sides_are_alike(failing):
    found = rate_of("studentised rank sum", 5, 8, 1.0, SKEWED, failing)
    assert found.is_met
    # A test that never rejects would show nothing.
    assert found.rate > 0.02


@pytest.mark.parametrize(
    "name", ["difference, Welch", "difference over two tasks, Welch", "retention, Fieller"]
)
@pytest.mark.parametrize("ratio", [0.1, 1.0, 10.0])
def test_intervals_of_normal_runs_cover(name, ratio):
    found = rate_of(name, 5, 24, ratio, NORMAL)
    assert found.is_met
    assert found.rate < 0.99


def test_an_interval_of_few_skewed_runs_is_called_broken():
    found = rate_of("mean, t", 5, 0, 1.0, SKEWED)
    assert not found.is_met
    assert found.rate < 0.9


def test_a_test_that_rejects_too_often_is_called_broken():
    eager = Quantity(
        "level",
        "eager",
        lambda rng, _, count: (rng.random(count) < 0.1).astype(float),
        [Design(5, 5, 1.0, NORMAL)],
    )
    (found,) = measure(eager, 2000, seed=0)
    assert not found.is_met
    assert found.rate == pytest.approx(0.1, abs=0.03)


def test_what_is_not_printed_does_not_count():
    half = Quantity(
        "coverage",
        "half",
        lambda _, __, count: np.where(np.arange(count) % 2, 1.0, np.nan),
        [Design(5, 5, 1.0, NORMAL)],
    )
    (found,) = measure(half, 100, seed=0)
    assert (found.printed, found.rate) == (0.5, 1.0)
    assert not list(measure(half._replace(simulate=lambda *_: np.full(9, np.nan)), 9, seed=0))


@pytest.mark.parametrize(
    ("about", "rate", "bounds", "is_met"),
    [
        ("level", 0.066, (0, 0.05), False),
        ("level", 0.064, (0, 0.05), True),
        ("coverage", 0.91, (0.93, 1), False),
        ("coverage", 0.99, (0.93, 1), True),
        ("found", 0.73, (0.75, 0.85), False),
        ("found", 0.87, (0.75, 0.85), False),
        ("found", 0.86, (0.75, 0.85), True),
    ],
)
def test_a_bound_is_broken_beyond_three_monte_carlo_errors(about, rate, bounds, is_met):
    found = replace(RATE, about=about, rate=rate, least=bounds[0], most=bounds[1])
    assert found.is_met is is_met


@pytest.mark.parametrize("law", [NORMAL, SKEWED])
def test_laws_have_mean_0_and_standard_deviation_1(law):
    drawn = law.draw(np.random.default_rng(0), 200_000)
    assert (drawn.mean(), drawn.std()) == pytest.approx((0, 1), abs=0.01)
    assert find_chance(law, 3.0, find_even_shift(law, 3.0)) == pytest.approx(0.5, abs=1e-4)


def test_the_chance_of_shifted_normal_values_is_known():
    # Phi(1 / sqrt(1 + 9)).
    assert find_chance(NORMAL, 3.0, 1.0) == pytest.approx(0.624085, abs=1e-4)


def test_cells_of_a_table_are_a_law():
    law = read_law()
    drawn = law.draw(np.random.default_rng(0), 100_000)
    assert (drawn.mean(), drawn.std()) == pytest.approx((0, 1), abs=0.02)
    assert "skewness -3.4" in law.about
    assert len(np.unique(drawn[:1000])) == 1000


@pytest.mark.slow
def test_every_quantity_is_simulated_in_the_designs_that_reports_have():
    found = list(calibrate(60, seed=2, laws=[SKEWED]))
    assert {one.name for one in found} == {*QUANTITIES}
    assert {(one.n, one.m, one.ratio) for one in found} >= {
        (5, m, ratio) for m in (5, 8, 24) for ratio in (0.1, 1, 3, 10)
    }
    assert {one.failing for one in found} == {0.0, 0.2}


def test_the_command_prints_a_row_for_each_design_and_fails_for_a_broken_one(monkeypatch, capsys):
    rows = [RATE]
    monkeypatch.setattr("analysis.calibration.simulate.calibrate", lambda *_: iter(rows))
    assert main(["calibrate", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["name"], row["is_met"]) == ("mean, t", True)
    rows.append(replace(RATE, about="level", name="ranks", rate=0.3, least=0.0, most=0.05))
    assert main(["calibrate"]) == 1
    out = capsys.readouterr().out
    assert out.count("  BROKEN") == 1
    assert "level: ranks" in out


def test_a_count_of_simulations_is_a_positive_number(capsys):
    with pytest.raises(SystemExit):
        main(["calibrate", "--simulations", "0"])
