"""Several methods over several tasks: Demsar's worked example, and oracles."""

import itertools
import math

import numpy as np
import pytest
import scikit_posthocs
from scipy import stats

from analysis.statistics.bayesian import bayes_signed_rank
from analysis.statistics.ranking import (
    bars,
    diagram_refusal,
    friedman,
    friedman_permutation,
    nemenyi_distance,
    nemenyi_quantile,
    pairwise_p,
    task_ranks,
)

# Table 6: C4.5, +m, +cf, +m+cf on 14 data sets (the fourth digit of voting is needed for the
# printed ranks).
DEMSAR = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.0, 1.0, 1.0, 1.0],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975],
        [0.957, 0.978, 0.946, 0.970],
    ]
)


def test_demsars_ranks_and_statistics_are_his():
    assert task_ranks(DEMSAR).mean(axis=0) == pytest.approx([3.143, 2.0, 2.893, 1.964], abs=5e-4)
    found = friedman(DEMSAR)
    assert (found.chi_square, found.f, found.f_p) == pytest.approx(
        (9.2786, 3.6863, 0.01982), abs=5e-5
    )


def test_friedman_without_ties_is_scipys():
    scores = np.random.default_rng(0).normal(size=(9, 4))
    expected = stats.friedmanchisquare(*scores.T).statistic
    assert friedman(scores).chi_square == pytest.approx(expected)


def test_friedman_by_permutation_is_near_the_full_enumeration():
    scores = np.random.default_rng(3).normal([0, 0.5, 1], size=(4, 3))
    ranks = task_ranks(scores)

    def spread(table):
        return (np.sum(table, axis=0) ** 2).sum()

    every = itertools.product(itertools.permutations(range(3)), repeat=4)
    null = [spread([row[list(p)] for row, p in zip(ranks, ps, strict=True)]) for ps in every]
    exact = np.mean([value >= spread(ranks) - 1e-9 for value in null])
    found = friedman_permutation(scores, np.random.default_rng(0), draws=20_000)
    assert found.p == pytest.approx(exact, abs=4 * found.error)
    assert found.draws == 20_000


@pytest.mark.parametrize(
    ("alpha", "quantiles"),
    [
        (0.05, (1.960, 2.344, 2.569, 2.728, 2.850, 2.948, 3.031, 3.102, 3.164)),
        (0.10, (1.645, 2.052, 2.291, 2.460, 2.589, 2.693, 2.780, 2.855, 2.920)),
    ],
)
def test_nemenyis_constants_are_those_of_the_table(alpha, quantiles):
    for k, expected in enumerate(quantiles, start=2):
        assert nemenyi_quantile(k, alpha) == pytest.approx(expected, abs=5e-4)


def test_nemenyis_distance_has_the_known_values():
    assert nemenyi_distance(4, 14) == pytest.approx(1.2536, abs=5e-5)
    assert nemenyi_distance(4, 14, 0.10) == pytest.approx(1.1181, abs=5e-5)
    assert nemenyi_distance(4, 2) == pytest.approx(3.32, abs=5e-3)


def test_nemenyi_rejects_where_scikit_posthocs_does():
    scores = np.random.default_rng(5).normal([0, 0.4, 1.2, 1.6], size=(12, 4))
    p = scikit_posthocs.posthoc_nemenyi_friedman(scores).to_numpy()
    ranks = task_ranks(scores).mean(axis=0)
    gaps = np.abs(ranks[:, None] - ranks[None])
    assert ((p < 0.05) == (gaps > nemenyi_distance(4, 12))).all()
    assert (p < 0.05).any()


@pytest.mark.parametrize(
    ("zero_method", "statistic"), [("zsplit", 12), ("pratt", 10.5), ("wilcox", 6.5)]
)
def test_wilcoxon_of_demsars_first_pair_is_the_papers(zero_method, statistic):
    found = stats.wilcoxon(
        DEMSAR[:, 0], DEMSAR[:, 1], zero_method=zero_method, method="asymptotic", correction=False
    )
    assert found.statistic == pytest.approx(statistic)


def test_bayesian_signed_rank_has_the_known_posterior_and_is_baycomps():
    import baycomp

    x, y = DEMSAR[:, 0], DEMSAR[:, 1]
    found = bayes_signed_rank(x, y, 0.01, np.random.default_rng(0))
    assert (found.x, found.rope, found.y) == pytest.approx((0.000, 0.329, 0.671), abs=4e-3 + 5e-4)
    left, rope, right = baycomp.two_on_multiple(x, y, rope=0.01, nsamples=50_000, random_state=0)
    assert (found.x, found.rope, found.y) == pytest.approx((left, rope, right), abs=0.01)


def test_pairwise_p_is_holm_over_exact_sign_flips():
    p = pairwise_p(DEMSAR)
    assert (p == p.T).all() and (np.diag(p) == 1).all()
    signs = np.array(list(itertools.product((-1.0, 1.0), repeat=14)))
    raw = []
    for a, b in itertools.combinations(range(4), 2):
        d = (DEMSAR[:, a] - DEMSAR[:, b]).round(6)
        raw.append((np.abs(signs @ d) >= abs(d.sum()) - 1e-9).mean())
    from statsmodels.stats.multitest import multipletests

    adjusted = multipletests(raw, method="holm")[1]
    assert p[np.triu_indices(4, 1)] == pytest.approx(adjusted)


def test_bars_join_what_nothing_separates():
    ranks = np.array([1.0, 2.0, 3.0, 4.0])
    is_separated = np.zeros((4, 4), bool)
    for a, b in ((0, 2), (0, 3), (1, 3)):
        is_separated[a, b] = is_separated[b, a] = True
    assert bars(ranks, is_separated) == [(0, 1), (1, 2), (2, 3)]
    assert bars(ranks, ~np.eye(4, dtype=bool)) == []


def test_a_diagram_of_too_few_tasks_is_refused_with_the_reason():
    assert "needs 5 tasks and 3 methods; here are 2 and 4" in diagram_refusal(4, 2)
    assert diagram_refusal(3, 5) == ""
    assert math.isfinite(nemenyi_quantile(2))
