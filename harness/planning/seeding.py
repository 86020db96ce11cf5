"""Independent random streams, each named after what it is for."""

from __future__ import annotations

import hashlib

import numpy as np


def derive_seed(root: int, *purpose: str) -> int:
    """Return a seed (32 bits) that depends on ``root`` and ``purpose`` alone.

    Never ``seed + i``: the purpose names the job's kind, method, space, task and ancestor, so that
    jobs are independent and the order of calls does not matter.
    """
    digest = hashlib.sha256("/".join([str(root), *purpose]).encode()).digest()
    return int.from_bytes(digest[:4], "big")


def generator(root: int, *purpose: str) -> np.random.Generator:
    """Return a generator seeded by ``derive_seed``."""
    return np.random.default_rng(derive_seed(root, *purpose))
