"""Every test starts from the same seeds, one thread, and an environment of its own."""

import os
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
    monkeypatch.setenv("HARNESS_DATA", "/nonexistent")
    monkeypatch.setenv("HARNESS_DOWNLOAD", "0")


@pytest.fixture(scope="session")
def root():
    """The checkout's top folder."""
    return ROOT


@pytest.fixture(scope="session")
def reference(root):
    """The folder of the reference data; without it the test is skipped."""
    folder = Path(os.environ.get("HARNESS_REFERENCE", root.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no reference data at {folder}; set HARNESS_REFERENCE")
    return folder.resolve()
