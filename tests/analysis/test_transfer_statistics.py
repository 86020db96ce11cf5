"""What a proxy costs, keeps and saves: known answers, independent oracles, laws."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.answers.transfer.consistency import brown_forsythe_p, spread_ratio
from analysis.answers.transfer.equivalents import equivalent_budget, sample_draws
from analysis.answers.transfer.gains import relative_improvement, size_adjusted_gain
from analysis.answers.transfer.populations import (
    equivalent_draws,
    expected_best,
    normalised_regret,
    percentile_rank,
)
from analysis.answers.transfer.retention import estimate_retention
from analysis.answers.transfer.savings import cost_saving, is_fixed, saving_table
from analysis.statistics.intervals import welch
from tests.analysis.loading import load_study

DIRECT = [73.1, 73.4, 72.9, 73.3, 73.0]
TRANSFERRED = [72.9, 73.2, 73.0, 73.1, 72.7]
RANDOM = [71.5, 71.9, 71.2, 71.7, 71.4]


@pytest.fixture(scope="module")
def table(reference):
    with np.load(reference / "nasbench201" / "nb201_tables.npz", allow_pickle=False) as columns:
        return {name: columns[name] for name in columns if name.endswith("e200_test")}


def _sized(rng, count, gain=0.0, slopes=(2.0, 3.0)):
    params, macs = rng.uniform(1e5, 2e6, count), rng.uniform(1e7, 2e8, count)
    value = gain + slopes[0] * np.log(params) + slopes[1] * np.log(macs) + rng.normal(0, 0.4, count)
    return pd.DataFrame({"value": value, "params": params, "macs": macs})


def test_gap_has_the_known_answer():
    found = welch(DIRECT, TRANSFERRED)
    assert found.estimate == pytest.approx(0.16)
    assert (found.low, found.high) == pytest.approx((-0.13197, 0.45197), abs=5e-6)


def test_relative_improvement_of_darts_over_random_cells_has_the_published_answer():
    random = [97.05, 96.85, 96.57, 97.09, 96.76, 97.10, 96.94, 97.02]
    darts = [97.47, 97.15, 97.41, 97.05, 96.93, 97.13, 97.40, 97.34]
    assert relative_improvement(darts, random) == pytest.approx(0.32242, abs=5e-6)


def test_retention_has_the_known_answer():
    found, g = estimate_retention(TRANSFERRED, DIRECT, RANDOM)
    assert found.estimate == pytest.approx(0.9)
    gain = welch(DIRECT, RANDOM)
    assert g == pytest.approx(((gain.high - gain.low) / 2 / gain.estimate) ** 2)
    # Each arm's own variance. With 12 degrees of freedom these are the specification's limits;
    # Satterthwaite's are fewer, and the interval wider.
    own = [np.var(arm, ddof=1) / 5 for arm in (TRANSFERRED, DIRECT, RANDOM)]
    assert fieller(1.44, 1.60, own, 12) == pytest.approx((0.7440, 1.0803), abs=5e-5)
    assert found.low < 0.7440 and found.high > 1.0803


def fieller(a, b, variances, freedom):
    """Return Fieller's limits of (x - random) / (direct - random) in closed form."""
    x, direct, random = variances
    t = stats.t.ppf(0.975, freedom)
    g = t * t * (direct + random) / b**2
    ratio, v_a, v_b = a / b, x + random, direct + random
    inside = v_a - 2 * ratio * random + ratio**2 * v_b - g * (v_a - random**2 / v_b)
    centre, half = ratio - g * random / v_b, t / b * math.sqrt(inside)
    return (centre - half) / (1 - g), (centre + half) / (1 - g)


def test_retention_limits_are_the_ratios_that_a_t_test_just_accepts():
    found, _ = estimate_retention(TRANSFERRED, DIRECT, RANDOM)
    arms = [np.array(arm) for arm in (TRANSFERRED, DIRECT, RANDOM)]
    for limit in (found.low, found.high):
        weights = (1, -limit, limit - 1)
        contrast = sum(w * arm.mean() for w, arm in zip(weights, arms, strict=True))
        parts = [w * w * arm.var(ddof=1) / 5 for w, arm in zip(weights, arms, strict=True)]
        freedom = sum(parts) ** 2 / sum(part**2 / 4 for part in parts)
        t = stats.t.ppf(0.975, freedom)
        assert abs(contrast) / math.sqrt(sum(parts)) == pytest.approx(t, rel=1e-6)


def test_arms_of_very_unequal_spread_keep_the_interval_of_retention_honest():
    # 500 alike searches, 24 random architectures: pooling called this undefined, or covered .35.
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        x, direct = 75 + 0.1 * rng.normal(size=500), 76 + 0.1 * rng.normal(size=500)
        found, _ = estimate_retention(x, direct, 70 + 3 * rng.normal(size=24))
        held += found.low <= 5 / 6 <= found.high
    assert held / 400 == pytest.approx(0.95, abs=0.035)


def test_direct_search_retains_all_of_itself():
    assert estimate_retention(DIRECT, DIRECT, RANDOM)[0].estimate == pytest.approx(1.0)


def test_random_architectures_retain_nothing():
    assert estimate_retention(RANDOM, DIRECT, RANDOM)[0].estimate == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("direct", "why"),
    [
        ([71.5, 71.9, 71.3, 71.6, 71.4], "direct search's gain is not told apart from 0"),
        ([70.0, 70.1, 70.2, 70.1, 70.0], "direct search does worse than random"),
    ],
)
def test_retention_is_not_estimable_where_direct_search_gains_nothing(direct, why):
    found, _ = estimate_retention(TRANSFERRED, direct, RANDOM)
    assert math.isnan(found.estimate) and math.isnan(found.low)
    assert found.method == f"not estimable: {why}"


@pytest.mark.parametrize(
    "arms",
    [([], DIRECT, RANDOM), ([1.0], [2.0], [0.5]), ([3.0, 3.0], [3.0, 3.0], [1.0, 1.0])],
)
def test_retention_of_too_little_gives_words_instead_of_limits(arms):
    found, _ = estimate_retention(*arms)
    assert math.isnan(found.low) and (":" in found.method)


def test_size_adjusted_gain_is_the_mean_residual_of_an_independent_fit():
    rng = np.random.default_rng(3)
    floor, arm = _sized(rng, 24), _sized(rng, 6, gain=1.5)
    fit = sm.OLS(floor["value"], sm.add_constant(np.log(floor[["params", "macs"]]))).fit()
    at = sm.add_constant(np.log(arm[["params", "macs"]]))
    residuals = arm["value"] - fit.predict(at)
    found = size_adjusted_gain(arm, floor)
    assert found.estimate == pytest.approx(residuals.mean())
    error = fit.get_prediction(at.mean().to_numpy()[None]).se_mean[0]
    parts = residuals.var(ddof=1) / 6, error**2
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / 5 + parts[1] ** 2 / 21)
    half = stats.t.ppf(0.975, freedom) * math.sqrt(sum(parts))
    assert found.high - found.low == pytest.approx(2 * half)


def test_a_gain_that_is_all_size_disappears_at_equal_size():
    rng = np.random.default_rng(0)
    floor, arm = _sized(rng, 200), _sized(rng, 50)
    arm["value"] += 2.0 * math.log(8) + 3.0 * math.log(4)
    arm["params"] *= 8
    arm["macs"] *= 4
    found = size_adjusted_gain(arm, floor)
    assert welch(list(arm["value"]), list(floor["value"])).low > 5
    assert found.low < 0 < found.high


def test_random_architectures_of_one_size_allow_no_adjustment():
    floor = pd.DataFrame({"value": RANDOM, "params": 5.0, "macs": 7.0})
    found = size_adjusted_gain(floor, floor)
    assert math.isnan(found.estimate)
    assert "one size" in found.method


def test_regret_and_percentile_of_the_best_and_the_worst():
    population = [10.0, 50.0, 60.0, 70.0]
    assert normalised_regret(70.0, population) == 0
    assert normalised_regret(np.mean(population), population) == pytest.approx(1)
    assert percentile_rank(70.0, population) == pytest.approx(87.5)
    assert percentile_rank(60.0, [*population, 60.0]) == pytest.approx(100 * 3 / 5)


def test_regret_is_never_negative_for_a_member():
    population = np.random.default_rng(1).normal(60, 5, 300)
    found = [normalised_regret(value, population) for value in population]
    assert min(found) == 0
    assert max(found) > 1


def test_regret_in_a_space_of_equals_is_unknown():
    assert math.isnan(normalised_regret(50.0, [50.0, 50.0]))


@pytest.mark.parametrize(
    ("draws", "best"),
    [
        (1, (87.0629, 61.4055, 33.5864)),
        (10, (93.0951, 69.8235, 43.3871)),
        (100, (93.8467, 71.5512, 45.6312)),
        (1000, (94.2068, 72.8395, 46.6371)),
    ],
)
def test_expected_best_of_n_random_cells_has_the_known_answers(table, draws, best):
    found = [
        expected_best(table[f"{task}_e200_test"], draws)
        for task in ("cifar10", "cifar100", "imagenet16_120")
    ]
    assert found == pytest.approx(best, abs=5e-5)


def test_expected_best_equals_the_mean_over_all_draws():
    population = [3.0, 1.0, 4.0, 1.5]
    brute = np.mean([max(drawn) for drawn in itertools.product(population, repeat=3)])
    assert expected_best(population, 3) == pytest.approx(brute)


def test_equivalent_draws_is_the_first_number_that_reaches_the_accuracy(table):
    population = table["cifar100_e200_test"]
    for accuracy in (62.0, 65.0, 71.5, 73.0):
        draws = int(equivalent_draws(accuracy, population))
        assert expected_best(population, draws) >= accuracy
        assert draws == 1 or expected_best(population, draws - 1) < accuracy
    assert equivalent_draws(population.max() + 0.1, population) == math.inf


def test_below_the_random_mean_an_arm_is_worth_no_draw(table):
    population = table["cifar100_e200_test"]
    mean = population.mean()
    assert equivalent_draws(mean - 0.01, population) == 0
    assert equivalent_draws(mean, population) == 1
    assert list(sample_draws(np.array([1.9, 2.0]), np.array([[1.0, 2.0, 3.0]] * 2))) == [0, 1]


def test_equivalent_budget_from_the_random_arm_ends_where_its_knowledge_ends():
    floor = np.array([[1.0, 2.0, 3.0]] * 4)
    found = sample_draws(np.array([0.5, 2.1, 3.0, 3.1]), floor)
    assert list(found) == [0, 2, 3, math.inf]


def test_equivalent_budget_has_an_interval_from_twenty_runs_on():
    rng = np.random.default_rng(0)
    floor = list(np.random.default_rng(1).normal(78, 1, 24))
    found = equivalent_budget([79.0, 79.4, 79.2, 79.6], floor, rng)
    assert found.low <= found.estimate <= found.high
    few = equivalent_budget([79.0, 79.4], floor[:10], rng)
    assert math.isnan(few.low)
    assert "fewer than 20 runs" in few.method


def test_cost_saving_is_a_share_of_the_direct_cost():
    found = cost_saving([10.0, 11.0, 9.0], [40.0, 41.0, 39.0])
    assert found.estimate == pytest.approx(0.75)
    assert found.low < 0.75 < found.high


def test_spread_is_compared_around_medians():
    x, y = [1.0, 2.0, 3.0, 10.0], [4.0, 5.0, 4.5, 5.5]
    assert brown_forsythe_p(x, y) == pytest.approx(stats.levene(x, y, center="median").pvalue)
    assert math.isnan(brown_forsythe_p([1.0, 1.0], [1.0, 1.0]))


@pytest.mark.parametrize(("own", "direct"), [(0.0, 1.0), (1.0, 0.0), (math.nan, 1.0)])
def test_a_ratio_of_spreads_is_unknown_without_a_spread_on_either_side(own, direct):
    assert math.isnan(spread_ratio(own, direct))


def test_consistency_is_both_spreads_and_their_ratio(invent):
    table = load_study([invent(seeds=4, methods=("darts",))]).transfer["consistency"]
    assert len(table) and not {"low", "high", "interval"} & set(table)
    assert table["ratio"].to_list() == pytest.approx((table["sd"] / table["sd_direct"]).to_list())


def _permutation_p(x, y, shift):
    """Return the one-sided p of mean x - mean y > shift over all relabellings."""
    values = np.concatenate([np.array(x) - shift, y])
    observed = values[: len(x)].mean() - values[len(x) :].mean()
    differences = []
    for chosen in itertools.combinations(range(len(values)), len(x)):
        is_first = np.isin(np.arange(len(values)), chosen)
        differences.append(values[is_first].mean() - values[~is_first].mean())
    return np.mean(np.array(differences) >= observed - 1e-9)


def test_the_same_cell_on_source_and_target_is_one_observation_of_agreement(invent):
    results = load_study([invent(seeds=5)])
    shared, found = results.transfer["shared"], results.transfer["agreement"].iloc[0]
    assert len(shared) == 10
    assert (found["n"], found["methods"]) == (10, 2)
    tau = stats.kendalltau(shared["on_source"], shared["on_target"]).statistic
    assert found["kendall"] == pytest.approx(tau)


def test_agreement_of_few_cells_is_no_interval(invent):
    found = load_study([invent(seeds=3)]).transfer["agreement"].iloc[0]
    assert found["interval"] == "n too small: 6 < 10"


def test_savings_count_every_search_that_an_arm_rests_on(invent):
    study = load_study([invent(seeds=3, methods=("darts",))])
    runs = study.tables.runs
    varied = runs.assign(
        search_seconds=runs["search_seconds"] * (1 + runs["search_seed"] / 10),
        train_seconds=runs["train_seconds"] * (1 + runs["search_seed"] / 10),
    )
    table = saving_table(varied, study.pairs)
    assert set(table["currency"]) == {"search seconds", "search and training seconds"}
    found = table.set_index(["arm", "currency"])["saving"]
    assert found["transferred", "search seconds"] == pytest.approx(0.0)
    assert found["continued", "search seconds"] == pytest.approx(-1.0)
    assert found["transferred", "search and training seconds"] == pytest.approx(0.0)


def test_nothing_is_saved_in_a_currency_in_which_every_run_costs_the_same(invent):
    study = load_study([invent(seeds=3, methods=("darts",))])
    assert study.transfer["savings"].empty
    assert is_fixed([4000.0, 4000.0]) and not is_fixed([4000.0, 4001.0])
    assert not is_fixed([4000.0])  # one run says nothing of others


def test_retention_of_the_invented_arms_is_their_share_of_the_gain(invent):
    table = load_study([invent(spread=1e-3)]).transfer["retention"]
    found = table[table["method"] == "darts"].set_index("arm")["retention"]
    assert found["transferred"] == pytest.approx(3.0 / 6.5, abs=0.01)
    assert found["continued"] == pytest.approx(5.0 / 6.5, abs=0.01)
