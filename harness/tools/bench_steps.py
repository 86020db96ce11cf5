"""Speed of a search step, against the plain implementation of the same super-network."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from harness.api import Gates
from harness.execution.environment import synchronise
from harness.search.oneshot.bilevel import Bilevel
from harness.tools.bench_captured import Setting, open_search
from harness.training.augmentation import normalise
from methods.darts import Darts

WARMUP_STEPS = 2


@dataclass(frozen=True)
class Comparison:
    """What was measured.

    Attributes:
        implementation: Which one was compared with the plain one: the fused one on a processor, the
            wide one on a GPU; ``fused`` in the names below is either.
        plain_seconds: Median of a step.
        fused_seconds: Median of a step.
        ratio: Median over pairs of steps, one after the other, of fused to plain seconds.
        ratio_quartiles: First and third.
        difference: Largest relative difference, in float64, of outputs, gradients of gates and of
            weights, and running statistics.
        steps: That were timed of each.
    """

    implementation: str
    plain_seconds: float
    fused_seconds: float
    ratio: float
    ratio_quartiles: tuple[float, float]
    difference: float
    steps: int


def compare(setting: Setting, steps: int, report: Callable[[str], None]) -> Comparison:
    """Measure both implementations in turn, in one process, from equal weights.

    Args:
        setting: What is measured.
        steps: Timed of each, after a warm-up.
        report: Is told how far it is.
    """
    torch.set_num_threads(setting.threads)
    report("comparing outputs and gradients")
    difference = _find_difference(setting)
    searches = _open_searches(setting)
    for search in searches:
        for _ in range(WARMUP_STEPS):
            search.step()
    seconds: list[tuple[float, float]] = []
    for step in range(steps):
        report(f"step {step + 1} of {steps}")
        seconds.append(_time_pair(searches, setting.device, swap=step % 2 == 1))
    ratios = sorted(fused_time / plain_time for plain_time, fused_time in seconds)
    plain_seconds, fused_seconds = (
        statistics.median(times) for times in zip(*seconds, strict=True)
    )
    quartiles = statistics.quantiles(ratios, n=4, method="inclusive") if steps > 1 else ratios * 3
    return Comparison(
        implementation=_name_faster(setting),
        plain_seconds=plain_seconds,
        fused_seconds=fused_seconds,
        ratio=statistics.median(ratios),
        ratio_quartiles=(quartiles[0], quartiles[2]),
        difference=difference,
        steps=steps,
    )


def has_implementations(setting: Setting) -> bool:
    """Tell whether the super-network has a plain and a fused implementation."""
    return hasattr(setting.space.supernet(setting.shape, setting.scale), "implementation")


def _open_searches(setting: Setting) -> list[Bilevel]:
    """Return first-order searches in the plain and in the faster implementation."""
    return [
        open_search(setting, Darts, "eager", implementation=implementation, order=1)
        for implementation in ("plain", _name_faster(setting))
    ]


def _name_faster(setting: Setting) -> str:
    return "fused" if setting.device == "cpu" else "wide"


def _make_batch(setting: Setting, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shape = (setting.batch_size, *setting.shape.inputs)
    pixels = torch.randint(256, shape, dtype=torch.uint8, generator=generator)
    targets = torch.randint(setting.shape.classes, shape[:1], generator=generator)
    half = torch.full((1, shape[1], 1, 1), 0.5)
    images = normalise(pixels.to(setting.device), half.to(setting.device), half.to(setting.device))
    return images, targets.to(setting.device)


def _find_difference(setting: Setting) -> float:
    """Return by how much the implementations differ, relative to the plain one's norms."""
    found = [_look_at(search.supernet.double(), setting) for search in _open_searches(setting)]
    return max(
        float((fused - plain).norm() / plain.norm()) for plain, fused in zip(*found, strict=True)
    )


def _look_at(network: nn.Module, setting: Setting) -> list[Tensor]:
    """Return outputs, gradients of all gates, of all weights, and all running statistics."""
    images, targets = _make_batch(setting, 0)
    generator = torch.Generator().manual_seed(0)
    gates = [
        torch.randn(len(edge.options), dtype=torch.float64, generator=generator)
        .softmax(0)
        .to(setting.device)
        .requires_grad_()
        for edge in setting.space.edges
    ]
    outputs = network(images.double(), Gates(gates))
    weights = list(network.parameters())
    gradients = torch.autograd.grad(cross_entropy(outputs, targets), [*gates, *weights])
    groups: Sequence[Sequence[Tensor]] = (
        [outputs],
        gradients[: len(gates)],
        gradients[len(gates) :],
        [buffer.double() for buffer in network.buffers()],
    )
    return [torch.cat([tensor.detach().flatten() for tensor in group]) for group in groups]


def _time_pair(searches: Sequence[Bilevel], device: str, *, swap: bool) -> tuple[float, float]:
    """Return the seconds of a plain and a fused step, either first."""
    seconds = [0.0, 0.0]
    for index in (1, 0) if swap else (0, 1):
        synchronise(device)
        start = time.perf_counter()
        searches[index].step()
        synchronise(device)
        seconds[index] = time.perf_counter() - start
    return seconds[0], seconds[1]
