"""How long operations and networks take on this machine, one after the other, undisturbed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from harness.api import OperationKey, SearchSpace
from harness.hardware.prices import Timing


@dataclass(frozen=True)
class Stopwatch:
    """How something is timed: forward passes in evaluation mode, without gradients.

    Attributes:
        device: Where.
        batch_size: Images in one pass.
        threads: Of the process, on a processor.
        warm_up: Passes that are not counted.
        repeats: Passes that are.
    """

    device: str = "cpu"
    batch_size: int = 1
    threads: int = 1
    warm_up: int = 5
    repeats: int = 30

    @torch.no_grad()
    def time(self, module: nn.Module, size: tuple[int, int, int]) -> list[float]:
        """Return the milliseconds of each counted pass over images of ``size``."""
        torch.set_num_threads(self.threads)
        module = module.to(self.device).eval()
        images = torch.randn(self.batch_size, *size, device=self.device)
        if self.device == "cpu":  # as training data lie there
            images = images.contiguous(memory_format=torch.channels_last)
        for _ in range(self.warm_up):
            module(images)
        return [self._pass(module, images) for _ in range(self.repeats)]

    def _pass(self, module: nn.Module, images: torch.Tensor) -> float:
        self._wait()
        began = time.perf_counter()
        module(images)
        self._wait()
        return 1000 * (time.perf_counter() - began)

    def _wait(self) -> None:
        if self.device != "cpu":
            torch.cuda.synchronize(self.device)


def summarise(milliseconds: Sequence[float]) -> Timing:
    """Return median and quartiles."""
    low, median, high = np.percentile(milliseconds, (25, 50, 75))
    return Timing(median=float(median), low=float(low), high=float(high))


def measure_operations(
    keys: Sequence[OperationKey],
    space: SearchSpace,
    stopwatch: Stopwatch,
    progress: Callable[[int], None],
) -> dict[str, Timing]:
    """Return the timing of every operation by its text, sorted.

    Args:
        keys: What to time; each is timed once.
        space: Which builds the operations.
        stopwatch: How to time.
        progress: Told how many are done.
    """
    found = {}
    for number, key in enumerate(sorted(set(keys)), 1):
        found[key.to_text()] = summarise(stopwatch.time(space.operation(key), key.inputs))
        progress(number)
    return found


def compare(predicted: Sequence[float], measured: Sequence[float]) -> dict[str, object]:
    """Say how well the sums of operations predict whole networks.

    Returns:
        Both in milliseconds; the root mean square and the mean relative error of the prediction;
        the same relative error after one factor for all networks (what only scales every network
        cannot mislead a search); Spearman's rank correlation.
    """
    from scipy.stats import spearmanr  # slow to import, and every job imports this module

    sums, measures = np.asarray(predicted), np.asarray(measured)
    factor = float((sums * measures).sum() / (sums**2).sum())
    return {
        "networks": len(measures),
        "predicted": [float(value) for value in sums],
        "measured": [float(value) for value in measures],
        "root_mean_square_error": float(np.sqrt(((sums - measures) ** 2).mean())),
        "mean_relative_error": float((np.abs(sums - measures) / measures).mean()),
        "factor": factor,
        "mean_relative_error_after_factor": float(
            (np.abs(factor * sums - measures) / measures).mean()
        ),
        "rank_correlation": float(spearmanr(sums, measures).statistic),
    }
