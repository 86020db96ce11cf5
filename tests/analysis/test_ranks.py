"""Whether rankings transfer: known answers, brute force, and the real table."""

import importlib
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.answers.rank_table import (
    choose_cells,
    read_columns,
    score_column,
    scoring,
    trials_column,
)
from analysis.answers.rank_transfer import curves, rank_transfer, without_noise
from analysis.statistics.ceilings import (
    attenuation,
    noise_ceiling,
    reliability,
    spearman_brown,
)
from analysis.statistics.correlations import (
    correlations,
    fieller_z,
    share,
    tau_interval,
    top,
)
from analysis.statistics.selection import (
    overlap_curve,
    precision_at_k,
    regret_curve,
    target_ranks_at_k,
    top_k_overlap,
)
from harness.api import NB201_TABLE
from harness.errors import DataError

S, T = (90, 91, 92, 93, 94, 95), (70, 72, 71, 74, 73, 75)
SCORES = st.lists(st.integers(0, 8), min_size=2, max_size=12)


@pytest.fixture(scope="module")
def columns():
    tasks = ("c10", "c100", "in16")
    names = {score_column(task, 200, "test") for task in tasks}
    names |= {trials_column(task) for task in tasks} | {"ops", "op_names", "iso_class"}
    return read_columns(names | {"cifar10_e200_valid"})


@pytest.fixture
def all_cells(columns):
    return choose_cells(columns, with_unconnected=True, only_unique=False)


def test_rank_correlations_have_the_known_answers():
    found = correlations(S, T)
    assert found.kendall == pytest.approx(0.733333, abs=5e-7)
    assert found.spearman == pytest.approx(0.885714, abs=5e-7)
    assert found.weighted == pytest.approx(0.790476, abs=5e-7)
    assert found.somers == pytest.approx(0.733333, abs=5e-7)
    assert stats.kendalltau(S, T).pvalue == pytest.approx(0.055556, abs=5e-7)


def test_ties_have_the_known_answer():
    found = correlations((90, 91, 91, 93), (70, 72, 71, 74))
    assert found.kendall == pytest.approx(0.912871, abs=5e-7)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=15))
def test_tau_and_somers_equal_counts_over_all_pairs(points):
    s, t = (np.array(side, dtype=float) for side in zip(*points, strict=True))
    pairs = list(itertools.combinations(range(len(s)), 2))
    signs = [(np.sign(s[i] - s[j]), np.sign(t[i] - t[j])) for i, j in pairs]
    concordance = sum(a * b for a, b in signs)
    by_source, by_target = (sum(abs(sign[side]) for sign in signs) for side in (0, 1))
    found = correlations(s, t)
    if by_source == 0 or by_target == 0:
        assert math.isnan(found.kendall)
        return
    assert found.kendall == pytest.approx(concordance / math.sqrt(by_source * by_target))
    assert found.somers == pytest.approx(concordance / by_source)


def test_noise_of_floating_point_breaks_no_ties():
    s = [90.0, 91.0, 91.0 + 1e-13, 93.0]
    assert correlations(s, (70, 72, 71, 74)).kendall == pytest.approx(0.912871, abs=5e-7)


def test_constant_scores_have_no_correlation():
    assert math.isnan(correlations([50.0] * 12, range(12)).kendall)
    found = tau_interval([50.0] * 12, range(12), np.random.default_rng(0))
    assert "constant" in found.method


@pytest.mark.parametrize(
    ("size", "method"),
    [(9, "n too small"), (10, "Fieller z"), (20, "percentile bootstrap"), (2001, "Fieller z")],
)
def test_interval_of_tau_depends_on_the_number_of_architectures(size, method):
    rng = np.random.default_rng(0)
    s = rng.normal(size=size)
    found = tau_interval(s, s + rng.normal(size=size), np.random.default_rng(1))
    assert found.method.startswith(method)
    assert math.isnan(found.low) == (size < 10)


def test_fieller_z_has_its_formula():
    found = fieller_z(0.6, 29)
    half = stats.norm.ppf(0.975) * math.sqrt(0.437 / 25)
    assert found.high == pytest.approx(math.tanh(math.atanh(0.6) + half))
    assert found.low == pytest.approx(math.tanh(math.atanh(0.6) - half))


@pytest.mark.slow
def test_bootstrap_of_tau_covers_the_truth_at_twenty_architectures(monkeypatch):
    # The package's function of this name hides the module from a dotted path.
    module = importlib.import_module("analysis.statistics.correlations")
    monkeypatch.setattr(module, "RESAMPLES", 200)
    rng = np.random.default_rng(0)
    rho = 0.8
    truth = 2 / math.pi * math.asin(rho)
    hits = 0
    for _ in range(150):
        s = rng.normal(size=20)
        t = rho * s + math.sqrt(1 - rho**2) * rng.normal(size=20)
        found = tau_interval(s, t, rng)
        hits += found.low <= truth <= found.high
    assert hits / 150 > 0.90


@given(SCORES, st.randoms(use_true_random=False))
def test_overlap_counts_common_members(s, random):
    t = random.sample(s, len(s))
    for k in range(1, len(s) + 1):
        best = [set(sorted(range(len(x)), key=lambda i: -x[i])[:k]) for x in (s, t)]
        found = top_k_overlap(s, t, k)
        assert found.overlap == pytest.approx(len(best[0] & best[1]) / k)
        assert overlap_curve(s, t)[k - 1] == pytest.approx(found.overlap)
        assert found.tied_source == sum(x == sorted(s)[-k] for x in s) - sum(
            s[i] == sorted(s)[-k] for i in best[0]
        )


def test_overlap_beyond_chance_has_the_hypergeometric_p():
    s, t = np.arange(20.0), np.arange(20.0)
    t[[18, 2]] = t[[2, 18]]
    found = top_k_overlap(s, t, 4)
    ways = sum(math.comb(4, x) * math.comb(16, 4 - x) for x in (3, 4)) / math.comb(20, 4)
    assert (found.overlap, found.chance) == (0.75, 0.2)
    assert found.p == pytest.approx(ways)


def test_an_impossible_k_is_refused():
    with pytest.raises(ValueError, match="expected 1 to 6"):
        top_k_overlap(S, T, 7)


def test_precision_and_ranks_of_the_sources_best():
    s, t = [5, 4, 3, 2, 1], [1, 5, 3, 4, 2]
    assert precision_at_k(s, t, 2, 0.4) == 0.5
    assert target_ranks_at_k(s, t, 3) == (1, 5)


@given(SCORES, st.randoms(use_true_random=False))
def test_regret_is_never_negative_never_grows_and_ends_at_zero(s, random):
    found = regret_curve(s, random.sample(s, len(s)))
    if len(set(s)) == 1:
        assert np.isnan(found).all()
        return
    assert (found >= 0).all() and (np.diff(found) <= 0).all() and found[-1] == 0
    assert regret_curve(s, s)[0] == 0


def test_regret_at_one_is_the_transfer_decision_itself():
    t = (70, 72, 71, 76, 73, 75)
    assert regret_curve(S, t)[0] == pytest.approx((76 - 75) / (76 - np.mean(t)))


def test_attenuation_has_the_known_answer():
    assert attenuation(0.70, 0.81, 0.81) == pytest.approx(0.864198, abs=5e-7)
    assert math.isnan(attenuation(0.7, 0.0, 0.8))


def test_spearman_brown_of_two_trainings():
    assert spearman_brown(0.5, 2) == pytest.approx(2 / 3)
    assert spearman_brown(0.7, 1) == pytest.approx(0.7)


def test_reliability_equals_the_anova_of_a_balanced_design():
    rng = np.random.default_rng(0)
    trials = rng.normal(size=(30, 1)) + 0.5 * rng.normal(size=(30, 3))
    between = 3 * trials.mean(axis=1).var(ddof=1)
    within = trials.var(axis=1, ddof=1).mean()
    assert reliability(trials) == pytest.approx((between - within) / (between + 2 * within))


def test_single_trainings_have_no_noise_to_estimate():
    assert math.isnan(reliability(np.array([[1.0, math.nan], [2.0, math.nan]])))


def tau(a, b):
    return stats.kendalltau(a, b).statistic


def test_ceiling_is_read_on_columns_that_every_architecture_has():
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(12, 2)), rng.normal(size=(12, 3))
    target[0, 2] = math.nan
    found = noise_ceiling(source, target)
    assert found.trials == 2
    assert found.ceiling == pytest.approx(tau(target[:, 0], target[:, 1]))
    across = [tau(source[:, i], target[:, j]) for i in range(2) for j in range(2)]
    assert found.tau == pytest.approx(np.mean(across))
    assert math.isnan(noise_ceiling(None, target).tau)


def test_a_training_is_not_compared_with_itself():
    trials = np.random.default_rng(0).normal(size=(30, 2))
    found = noise_ceiling(trials, trials)
    assert found.tau == pytest.approx(found.ceiling) and found.ratio == 1


def test_share_of_the_ceiling_is_never_above_one():
    truth = np.arange(40.0)
    noise = 10 * np.random.default_rng(0).normal(size=(40, 3))
    found = noise_ceiling(truth[:, None], truth[:, None] + noise)
    assert found.tau > found.ceiling and found.ratio == 1
    assert attenuation(0.9, 0.8, 0.9) == 1 and math.isnan(attenuation(math.nan, 0.8, 0.9))


def test_share_compares_one_training_a_side(columns, all_cells):
    source, target = (scoring(columns, task, 200, "test") for task in ("c100", "in16"))
    row = rank_transfer(source, target, all_cells, np.random.default_rng(0), [1.0]).iloc[0]
    sides = [columns[f"{name}_e200_valtest_seeds"] for name in ("cifar100", "imagenet16_120")]
    across = [tau(sides[0][:, i].round(6), sides[1][:, j].round(6)) for i in (0, 1) for j in (0, 1)]
    assert row["kendall_single"] == pytest.approx(np.mean(across))
    assert row["share_of_ceiling"] == pytest.approx(np.mean(across) / row["ceiling"])


def test_no_share_where_trainings_of_the_score_are_not_published(columns, all_cells):
    source, target = (scoring(columns, task, 200, "test") for task in ("c10", "in16"))
    row = rank_transfer(source, target, all_cells, np.random.default_rng(0), [1.0]).iloc[0]
    assert np.isnan([row["kendall_single"], row["share_of_ceiling"]]).all() and row["ceiling"] > 0
    assert curves(source, target, all_cells)["overlap_single"].isna().all()


def test_ranking_of_all_cells_transfers_and_that_of_the_best_does_not(columns, all_cells):
    source, target = (scoring(columns, task, 200, "test") for task in ("c10", "in16"))
    table = rank_transfer(source, target, all_cells, np.random.default_rng(0)).set_index("subset")
    assert table.loc["all", "kendall"] == pytest.approx(0.84, abs=0.005)
    assert table.loc["top 10%", "kendall"] == pytest.approx(0.29, abs=0.005)
    assert table.loc["top 10%", "ceiling"] == pytest.approx(0.68, abs=0.005)
    assert table.loc["all", "spearman"] == pytest.approx(0.9593, abs=5e-5)
    assert table.loc["connected", "n"] == 15_284


def test_unique_cells_lower_tau_by_about_five_hundredths(columns, all_cells):
    source, target = (scoring(columns, task, 200, "test") for task in ("c10", "in16"))
    unique = choose_cells(columns, with_unconnected=True, only_unique=True)
    assert len(unique.rows) == 6466
    taus = [
        correlations(source.scores[its.rows], target.scores[its.rows]).kendall
        for its in (all_cells, unique)
    ]
    assert taus[0] - taus[1] == pytest.approx(0.05, abs=0.005)


def test_cells_without_a_path_are_the_341_at_chance(columns, all_cells):
    at_chance = columns["cifar10_e200_test"] == 10.0
    assert (~all_cells.connected).sum() == 341
    assert (at_chance == ~all_cells.connected).all()


def test_correction_for_noise_uses_the_reliability_of_means(columns, all_cells):
    source, target = (scoring(columns, task, 200, "test") for task in ("c10", "in16"))
    found = without_noise(source, target, all_cells)
    product = found["reliability_source"] * found["reliability_target"]
    assert found["corrected"] == pytest.approx(found["spearman"] / math.sqrt(product))
    assert 0.99 < found["reliability_target"] < 1


def test_curves_stand_beside_chance_and_what_a_second_training_gives(columns, all_cells):
    source, target = (scoring(columns, task, 200, "test") for task in ("c10", "in16"))
    table = curves(source, target, all_cells)
    assert table["overlap"].iloc[-1] == table["chance"].iloc[-1] == 1
    assert (table["overlap"].iloc[99:] < table["overlap_ceiling"].iloc[99:] + 1e-9).mean() > 0.9
    first = scoring(columns, "c10", 200, "test")
    single = curves(scoring(columns, "c100", 200, "test"), target, all_cells)
    below = single["overlap_single"].iloc[99:] < single["overlap_ceiling"].iloc[99:] + 1e-9
    assert below.mean() > 0.9
    lacking = curves(source, type(first)("in16", target.scores, "twelve epochs"), all_cells)
    assert lacking["overlap_ceiling"].isna().all()


def test_best_is_best_first_and_earlier_rows_win_ties():
    assert list(top([1.0, 3.0, 3.0, 2.0], 3)) == [1, 2, 3]
    assert share(15625, 0.1) == 1562
    assert share(3, 0.01) == 1


def test_broken_tables_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    (tmp_path / NB201_TABLE).write_bytes(b"no archive")
    with pytest.raises(DataError, match="cannot be read"):
        read_columns(["ops"])
    with (tmp_path / NB201_TABLE).open("wb") as file:
        np.savez(file, other=np.zeros(3))
    with pytest.raises(DataError, match="no array 'ops'"):
        read_columns(["ops"])


def test_the_table_may_lie_in_a_subfolder_of_the_data(tmp_path, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    (tmp_path / "nasbench201").mkdir()
    np.savez(tmp_path / "nasbench201" / NB201_TABLE, ops=np.arange(6))
    assert list(read_columns(["ops"])["ops"]) == list(range(6))
