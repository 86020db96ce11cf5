"""Several methods over several tasks: Demsar's worked example, and oracles."""

import itertools

import numpy as np
import pytest
from scipy import stats

from analysis.statistics.ranking import (
    bars,
    pairwise_p,
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


@pytest.mark.parametrize(
    ("zero_method", "statistic"), [("zsplit", 12), ("pratt", 10.5), ("wilcox", 6.5)]
)
def test_wilcoxon_of_demsars_first_pair_is_the_papers(zero_method, statistic):
    found = stats.wilcoxon(
        DEMSAR[:, 0], DEMSAR[:, 1], zero_method=zero_method, method="asymptotic", correction=False
    )
    assert found.statistic == pytest.approx(statistic)


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
