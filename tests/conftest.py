"""Every test starts from the same seeds, one thread, and an environment of its own."""

import random
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _same_start(monkeypatch):
    import torch

    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - what third-party code might draw from
    torch.manual_seed(0)
    torch.set_num_threads(1)
    monkeypatch.delenv("HARNESS_DATA", raising=False)


@pytest.fixture(scope="session")
def root():
    """The checkout's top folder."""
    return ROOT
