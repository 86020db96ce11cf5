"""How alike trained networks are in what they compute, whatever they are made of.

From the answers to a fixed batch of test images, and from the predictions on the whole test set,
as every training stores them. All pairs are compared at once: each measure is a product of vectors
that a network has for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from harness.errors import ConfigError

Matrix = NDArray[np.float64]
Integers = NDArray[np.int64]

# The unbiased estimate divides by n (n - 3).
FEWEST_IMAGES = 4
MEASURES = {
    "agreement": "equal predictions",
    "kappa": "Cohen's kappa",
    "error_consistency": "error consistency",
    "cka_debiased": "CKA, debiased",
    "rsa": "RSA",
}


@dataclass(frozen=True)
class Probe:
    """What a trained network answered.

    Attributes:
        features: (P, F) what enters the classifier, for the images of a fixed batch.
        predictions: (N,) class of each test image.
        labels: (N,) what it is.
    """

    features: Matrix
    predictions: Integers
    labels: Integers


def read_probe(file: Path) -> Probe:
    """Return a training's ``probe.npz``.

    Raises:
        ConfigError: If it cannot be read.
    """
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return Probe(
                features=arrays["features"].astype(np.float64),
                predictions=arrays["predictions"].astype(np.int64),
                labels=arrays["labels"].astype(np.int64),
            )
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise ConfigError(f"{file} cannot be read as a training's answers: {error}.") from error


def compare_networks(probes: Sequence[Probe]) -> dict[str, Matrix]:
    """Return every measure of all pairs, each an array (len(probes), len(probes)).

    ``agreement``: share of test images with equal predictions; ``kappa``: the same corrected for
    how often each network predicts each class (Cohen 1960); ``error_consistency``: agreement on
    which images are wrong, corrected for accuracies (Geirhos et al., NeurIPS 2020);
    ``cka_debiased``: of the features; ``rsa``: Spearman correlation of the images'
    dissimilarities.

    Args:
        probes: Of networks for one task, the same images in the same order.
    """
    labels = probes[0].labels
    predictions = np.array([probe.predictions for probe in probes])
    right = (predictions == labels).astype(float)
    equal = _agreement(predictions)
    return {
        "agreement": equal,
        "kappa": _beyond(equal, _expected(predictions)),
        "error_consistency": _beyond(_agreement(right.astype(int)), _expected(right.astype(int))),
        "cka_debiased": cka([probe.features for probe in probes]),
        "rsa": rsa([probe.features for probe in probes]),
    }


def cka(features: Sequence[Matrix]) -> Matrix:
    """Return the linear centred kernel alignment of all pairs (Kornblith et al., ICML 2019).

    It rests on the unbiased HSIC of Song et al. (JMLR 2012) and may be negative: the plain value is
    too high where features are as many as images. NaN where features are constant.

    Args:
        features: Of each network, (P, F); F may differ.
    """
    return _cosines(np.array([_centre_unbiased(x @ x.T).ravel() for x in features]))


def rsa(features: Sequence[Matrix]) -> Matrix:
    """Return the representational similarity of all pairs (Kriegeskorte et al., 2008).

    Spearman's correlation of the dissimilarities between images, one less the correlation of
    their features. NaN where all images look alike to a network.
    """
    upper = np.triu_indices(len(features[0]), 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        distances = [1 - np.atleast_2d(np.corrcoef(x))[upper] for x in features]
    ranks = np.array([stats.rankdata(distance, nan_policy="propagate") for distance in distances])
    return _cosines(ranks - ranks.mean(axis=1, keepdims=True))


def _centre_unbiased(kernel: Matrix) -> Matrix:
    """Return the kernel centred so that products of two are the unbiased HSIC, up to a factor."""
    n = len(kernel)
    if n < FEWEST_IMAGES:
        return np.full_like(kernel, np.nan)
    bare = kernel - np.diag(np.diag(kernel))
    rows = bare.sum(axis=0) / (n - 2)
    centred = bare - rows - rows[:, None] + rows.sum() / (n - 1)
    return np.asarray(centred - np.diag(np.diag(centred)))


def _cosines(vectors: Matrix) -> Matrix:
    products = vectors @ vectors.T
    lengths = np.sqrt(np.diag(products))
    # What rounding leaves of a constant vector is no length.
    scale = np.sqrt((vectors**2).max(initial=0)) * 1e-12
    lengths = np.where(lengths > scale, lengths, np.nan)
    return np.asarray(products / np.outer(lengths, lengths))


def _agreement(classes: Integers) -> Matrix:
    """Return the share of images on which two networks say the same."""
    return np.array([(classes == own).mean(axis=1) for own in classes])


def _expected(classes: Integers) -> Matrix:
    """Return the agreement of independent networks that say each class as often."""
    kinds = np.unique(classes)
    rates = np.array([(classes == kind).mean(axis=1) for kind in kinds]).T
    return np.asarray(rates @ rates.T)


def _beyond(observed: Matrix, expected: Matrix) -> Matrix:
    """Return what of the possible agreement beyond chance is reached; NaN where none is."""
    room = 1 - expected
    is_possible = room > 1e-12
    return np.where(is_possible, (observed - expected) / np.where(is_possible, room, 1.0), np.nan)
