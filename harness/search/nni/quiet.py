"""What NNI and Lightning must not do to their host: print, warn, or draw from generators unseeded.

Both are imported (which takes seconds) and set to work inside these contexts only.
"""

from __future__ import annotations

import logging
import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

LOGGERS = ("nni", "pytorch_lightning", "lightning", "lightning_fabric", "lightning_utilities")


@contextmanager
def silenced() -> Iterator[None]:
    """Keep their logs and warnings from being seen, and put the levels of logging back."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for logger in loggers:
                logger.setLevel(logging.CRITICAL + 1)
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


@contextmanager
def seeded(rng: np.random.Generator) -> Iterator[None]:
    """Seed the global generators of Python and numpy from ``rng``, and put them back.

    Torch's are the search's own, which the harness seeds and saves.
    """
    python, host = random.getstate(), np.random.get_state()  # noqa: NPY002 - what NNI draws from
    random.seed(int(rng.integers(2**32)))
    np.random.seed(int(rng.integers(2**32)))  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(host)  # noqa: NPY002
