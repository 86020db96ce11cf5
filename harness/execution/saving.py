"""State on disk, replaced atomically."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from harness.results.files import replacing
from harness.training.states import read_state

__all__ = ["read_state", "write_arrays", "write_state"]


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Replace ``path`` by ``state`` so that a reader sees the old file or the new one, whole."""
    with replacing(path) as file:
        torch.save(state, file)


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Replace ``path`` by a compressed archive of ``arrays``."""
    with replacing(path) as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
