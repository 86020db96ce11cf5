"""State on disk, read back without unpickling code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from harness.errors import DamagedFileError


def read_state(path: Path, device: str = "cpu") -> dict[str, Any]:
    """Return a mapping that ``torch.save`` wrote, its tensors on ``device``.

    Raises:
        DamagedFileError: If the file holds something else, or part of one.
    """
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True, map_location=device)
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
