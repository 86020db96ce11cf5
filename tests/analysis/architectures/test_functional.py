"""What trained networks compute alike, against known values, formulas written out, and scipy."""

import itertools

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import pdist
from sklearn.metrics import cohen_kappa_score

from analysis.architectures.functional import (
    MEASURES,
    Probe,
    cka,
    compare_networks,
    read_probe,
    rsa,
)
from harness.errors import ConfigError

X = np.array([[1, 0], [0, 1], [-1, 0], [0, -1], [1, 1]], dtype=float)
Y = np.array([[1, 2], [0, 1], [-1, 0], [2, -1], [1, 1]], dtype=float)
TURN = np.array([[0, -1], [1, 0]], dtype=float)


def test_known_features_have_the_known_alignment():
    assert cka([X, Y])[0, 1] == pytest.approx(0.333333, abs=5e-7)


def test_rotation_and_scale_change_nothing():
    assert cka([X, X @ TURN, 3 * X]) == pytest.approx(np.ones((3, 3)))


def hsic(first, second):
    """Return the unbiased estimate of Song et al. (2012), written out."""
    n = len(first)
    k, m = (x @ x.T * (1 - np.eye(n)) for x in (first, second))
    one = np.ones(n)
    return (
        np.trace(k @ m)
        + (one @ k @ one) * (one @ m @ one) / ((n - 1) * (n - 2))
        - 2 / (n - 2) * (one @ k @ m @ one)
    ) / (n * (n - 3))


def test_debiased_alignment_is_that_of_the_unbiased_estimate():
    rng = np.random.default_rng(0)
    features = [rng.normal(size=(20, width)) for width in (3, 8, 30)]
    found = cka(features)
    for (i, x), (j, y) in itertools.product(enumerate(features), repeat=2):
        assert found[i, j] == pytest.approx(hsic(x, y) / np.sqrt(hsic(x, x) * hsic(y, y)))


def test_alignment_of_independent_features_is_about_zero_where_they_are_many():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(50, 200)), rng.normal(size=(50, 200))
    # The specification's draw has -.082; the plain estimate is .783.
    assert abs(cka([x, y])[0, 1]) < 0.15


def test_representational_similarity_is_spearmans_of_scipys_distances():
    rng = np.random.default_rng(2)
    features = [rng.normal(size=(15, width)) for width in (4, 9)]
    expected = stats.spearmanr(*(pdist(x, "correlation") for x in features)).statistic
    assert rsa(features)[0, 1] == pytest.approx(expected)
    assert rsa([features[0], 2 * features[0] + 1])[0, 1] == pytest.approx(1)


def probe(predictions, labels, seed=0):
    features = np.random.default_rng(seed).normal(size=(12, 3))
    return Probe(features, np.array(predictions), np.array(labels))


def test_agreement_kappa_and_error_consistency_are_those_of_their_definitions():
    rng = np.random.default_rng(3)
    labels = rng.integers(4, size=300)
    answers = [np.where(rng.random(300) < p, labels, rng.integers(4, size=300)) for p in (0.7, 0.5)]
    found = compare_networks([probe(answer, labels) for answer in answers])
    assert found["agreement"][0, 1] == np.mean(answers[0] == answers[1])
    assert found["kappa"][0, 1] == pytest.approx(cohen_kappa_score(*answers))
    right = [answer == labels for answer in answers]
    p, q = (np.mean(r) for r in right)
    chance = p * q + (1 - p) * (1 - q)
    observed = np.mean(right[0] == right[1])
    assert found["error_consistency"][0, 1] == pytest.approx((observed - chance) / (1 - chance))
    assert set(found) == set(MEASURES)
    for name in MEASURES:
        assert found[name] == pytest.approx(found[name].T), name


def test_networks_that_say_one_class_only_agree_and_nothing_is_beyond_chance():
    constant = probe([1] * 6, [1, 0, 1, 0, 1, 0])
    found = compare_networks([constant, constant])
    assert found["agreement"][0, 1] == 1
    assert np.isnan(found["kappa"][0, 1])


def test_constant_features_and_few_images_have_no_alignment():
    constant = np.ones((6, 2))
    assert np.isnan(cka([constant, constant])[0, 1])
    assert np.isnan(cka([X[:3], Y[:3]])).all()
    assert np.isnan(rsa([constant, constant])[0, 1])


def test_stored_answers_are_read_and_a_broken_file_is_named(tmp_path):
    arrays = {"features": X.astype(np.float32), "predictions": [0, 1], "labels": np.uint8([0, 0])}
    np.savez(tmp_path / "probe.npz", **arrays)
    found = read_probe(tmp_path / "probe.npz")
    assert found.features == pytest.approx(X)
    assert found.predictions.tolist() == [0, 1]
    (tmp_path / "broken.npz").write_text("no array")
    with pytest.raises(ConfigError, match=r"broken\.npz cannot be read as a training's answers"):
        read_probe(tmp_path / "broken.npz")
    np.savez(tmp_path / "other.npz", features=X)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_probe(tmp_path / "other.npz")
