"""Tests keep their level and intervals cover, by simulation."""

import json

import pytest

from analysis.statistics.calibration import Rate, calibrate
from harness.cli import main


@pytest.mark.slow
def test_every_test_keeps_its_level_and_every_interval_covers():
    found = list(calibrate(600, seed=1))
    assert {(one.n, one.tasks) for one in found} >= {(n, t) for n in (3, 5, 10) for t in (1, 2, 4)}
    broken = [one for one in found if not one.is_met]
    assert not broken, broken
    # Simulations that never reject would show nothing.
    levels = {one.name: one.rate for one in found if one.about == "type-I error" and one.n == 10}
    assert all(rate > 0.02 for name, rate in levels.items() if "TOST" not in name), levels


@pytest.mark.parametrize(
    ("about", "rate", "bound", "is_met"),
    [
        ("type-I error", 0.066, 0.05, False),
        ("type-I error", 0.064, 0.05, True),
        ("coverage", 0.91, 0.93, False),
        ("coverage", 0.99, 0.93, True),
        ("coverage", 0.5, float("nan"), True),
    ],
)
def test_a_bound_is_broken_beyond_three_monte_carlo_errors(about, rate, bound, is_met):
    assert Rate(about, "t", 5, 1, 2000, rate, 0.005, bound).is_met is is_met


def test_the_command_prints_a_row_for_each_cell_and_fails_for_a_broken_one(monkeypatch, capsys):
    cells = [Rate("coverage", "mean, t", 5, 1, 2000, 0.95, 0.005, 0.93)]
    monkeypatch.setattr("analysis.statistics.calibration.calibrate", lambda count: iter(cells))
    assert main(["calibrate", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["name"], row["is_met"]) == ("mean, t", True)
    cells.append(Rate("type-I error", "paired t", 3, 1, 2000, 0.3, 0.005, 0.05))
    assert main(["calibrate"]) == 1
    assert "paired t" in (out := capsys.readouterr().out) and out.count("BROKEN") == 1


def test_a_count_of_simulations_is_a_positive_number(capsys):
    with pytest.raises(SystemExit):
        main(["calibrate", "--simulations", "0"])
