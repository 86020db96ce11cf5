"""State on disk: replaced atomically, read back without unpickling code."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Replace ``path`` by ``state`` so that a reader sees the old file or the new one, whole."""
    temporary = path.with_name(path.name + ".tmp")
    torch.save(state, temporary)
    os.replace(temporary, path)  # noqa: PTH105 - the atomic rename is the point


def read_state(path: Path) -> dict[str, Any]:
    """Return what ``write_state`` wrote, tensors on the host."""
    state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    return state


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Replace ``path`` by a compressed archive of ``arrays``."""
    temporary = path.with_name(f"{path.stem}.tmp.npz")
    np.savez_compressed(temporary, allow_pickle=False, **arrays)
    os.replace(temporary, path)  # noqa: PTH105 - the atomic rename is the point
