"""Architecture parameters as a log or a file holds them, and the architecture they stand for."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from harness.api import Architecture, SearchSpace, WeightSharingSpace
from harness.errors import ConfigError, Unsupported

# What torch and numpy print beside numbers: device='cuda:0', grad_fn=<...>, dtype=float32.
_REMARK = re.compile(
    r"\w+=(<[^>]*>|'[^']*'|[\w.]+)|\b(tensor|array|Parameter|containing|parameter)\b"
)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_OTHER = re.compile(r"[A-Za-z_]")


def read_alphas(text: str, space: SearchSpace) -> Architecture:
    """Return the architecture that parameters stand for, one number per option of each edge.

    They are read in the order of the space's edges, from what torch or numpy prints, from JSON or
    from a table; rows of non-negative numbers that all sum to 1 are taken for probabilities, others
    for logits, of which the softmax is taken.

    Raises:
        Unsupported: If the space has no super-network, hence no such parameters.
        ConfigError: If there are more or fewer numbers than the space has options, or other words.
    """
    if not isinstance(space, WeightSharingSpace):
        raise Unsupported("The space has no super-network, so there are no alphas to read.")
    rows = _split(_read_numbers(text), [len(edge.options) for edge in space.edges])
    are_shares = all((row >= 0).all() and abs(row.sum() - 1) < 1e-3 for row in rows)
    return space.derive(rows if are_shares else [softmax(row) for row in rows])


def _read_numbers(text: str) -> NDArray[np.float64]:
    plain = _REMARK.sub(" ", text)
    if word := _OTHER.search(_NUMBER.sub(" ", plain)):
        line = plain[: word.start()].count("\n") + 1
        raise ConfigError(
            f"Line {line} of the alphas holds words; give the numbers only, edge by edge: what "
            "print(alphas) shows, JSON, or rows of a table."
        )
    found = np.array([float(number) for number in _NUMBER.findall(plain)])
    if not np.isfinite(found).all():
        raise ConfigError("The alphas hold a number that is not finite.")
    return found


def _split(numbers: NDArray[np.float64], sizes: list[int]) -> list[NDArray[np.float64]]:
    if len(numbers) != sum(sizes):
        raise ConfigError(
            f"There are {len(numbers)} alphas; expected {sum(sizes)}: the options of {len(sizes)} "
            f"edges, {', '.join(map(str, sorted(set(sizes))))} each."
        )
    return np.split(numbers, np.cumsum(sizes)[:-1])
