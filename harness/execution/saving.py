"""State on disk: replaced atomically, read back without unpickling code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from harness.errors import DamagedFileError
from harness.results.files import replacing


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Replace ``path`` by ``state`` so that a reader sees the old file or the new one, whole."""
    with replacing(path) as file:
        torch.save(state, file)


def read_state(path: Path) -> dict[str, Any]:
    """Return what ``write_state`` wrote, tensors on the host.

    Raises:
        DamagedFileError: If the file is not what ``write_state`` leaves.
    """
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    except (OSError, MemoryError):
        raise
    except Exception as error:  # damage shows in a dozen ways
        raise DamagedFileError(
            f"{path} is damaged: expected what a job saves, found {type(error).__name__}."
        ) from error
    if not isinstance(state, dict):
        raise DamagedFileError(
            f"{path} is damaged: expected a state, found {type(state).__name__}."
        )
    return state


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Replace ``path`` by a compressed archive of ``arrays``."""
    with replacing(path) as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
