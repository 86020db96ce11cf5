"""Speed and memory of a search step, against the plain implementation of the same super-network."""

from __future__ import annotations

import copy
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from harness.api import Gates, Scale, TaskShape, WeightSharingSpace
from harness.execution.environment import synchronise
from harness.search.oneshot.descent import ChoiceDescent, WeightDescent
from harness.search.oneshot.statistics import batch_norms, frozen_statistics
from harness.tools.bench_memory import count_kept
from harness.training.augmentation import normalise

WARMUP_STEPS = 2
KEPT, ALLOCATED = "bytes kept for the backward pass", "most bytes allocated in a step"


@dataclass(frozen=True)
class Setting:
    """What is measured.

    Attributes:
        space: A space whose super-network has a plain and a fused implementation.
        shape: Of the images, which are noise.
        scale: Of the super-network.
        batch_size: Images of each of the step's two batches.
        device: Where it runs.
        threads: Of this process.
    """

    space: WeightSharingSpace
    shape: TaskShape
    scale: Scale
    batch_size: int
    device: str
    threads: int = 1


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
        plain_examples_per_second: Of the weights' batches.
        fused_examples_per_second: Of the weights' batches.
        plain_bytes: Memory of a step.
        fused_bytes: Memory of a step.
        memory: What the bytes are.
        difference: Largest relative difference, in float64, of outputs, gradients of gates and of
            weights, and running statistics.
        steps: That were timed of each.
    """

    implementation: str
    plain_seconds: float
    fused_seconds: float
    ratio: float
    ratio_quartiles: tuple[float, float]
    plain_examples_per_second: float
    fused_examples_per_second: float
    plain_bytes: int
    fused_bytes: int
    memory: str
    difference: float
    steps: int


class SearchStep:
    """One step of a first-order search, again and again on the same two batches.

    Args:
        network: The super-network.
        setting: What is measured.
    """

    def __init__(self, network: nn.Module, setting: Setting) -> None:
        self.network = network
        self.descent = WeightDescent()
        self.choices = [
            torch.zeros(len(edge.options), device=setting.device).requires_grad_()
            for edge in setting.space.edges
        ]
        self._norms = batch_norms(network)
        self._weight_optimizer = torch.optim.SGD(
            network.parameters(),
            self.descent.learning_rate,
            momentum=self.descent.momentum,
            weight_decay=self.descent.weight_decay,
        )
        choices = ChoiceDescent()
        self._choice_optimizer = torch.optim.Adam(
            self.choices, choices.learning_rate, choices.betas, weight_decay=choices.weight_decay
        )
        self._train, self._validation = (_make_batch(setting, seed) for seed in (0, 1))

    def run(self) -> None:
        """Descend on the choices, then on the weights."""
        with frozen_statistics(self._norms):
            gradients = torch.autograd.grad(self._loss(self._validation), self.choices)
        for choice, gradient in zip(self.choices, gradients, strict=True):
            choice.grad = gradient
        self._choice_optimizer.step()
        loss = self.train_loss()
        self._weight_optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), self.descent.gradient_clip)
        self._weight_optimizer.step()

    def train_loss(self) -> Tensor:
        """Return the loss that the weights descend on, with its graph."""
        with torch.no_grad():
            weights = self._weights()
        return cross_entropy(self.network(self._train[0], Gates(weights)), self._train[1])

    def _loss(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        return cross_entropy(self.network(batch[0], Gates(self._weights())), batch[1])

    def _weights(self) -> list[Tensor]:
        return [choice.softmax(0) for choice in self.choices]


def compare(setting: Setting, steps: int, report: Callable[[str], None]) -> Comparison:
    """Measure both implementations in turn, in one process, from equal weights.

    Args:
        setting: What is measured.
        steps: Timed of each, after a warm-up.
        report: Is told how far it is.
    """
    torch.set_num_threads(setting.threads)
    plain, fused = _build(setting)
    report("comparing outputs and gradients")
    difference = _find_difference(setting)
    report("measuring memory")
    searches = [SearchStep(network, setting) for network in (plain, fused)]
    for search in searches:
        for _ in range(WARMUP_STEPS):
            search.run()
    plain_bytes, fused_bytes = (_measure_memory(search, setting.device) for search in searches)
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
        plain_examples_per_second=setting.batch_size / plain_seconds,
        fused_examples_per_second=setting.batch_size / fused_seconds,
        plain_bytes=plain_bytes,
        fused_bytes=fused_bytes,
        memory=KEPT if setting.device == "cpu" else ALLOCATED,
        difference=difference,
        steps=steps,
    )


def has_implementations(setting: Setting) -> bool:
    """Tell whether the super-network has a plain and a fused implementation."""
    return hasattr(setting.space.supernet(setting.shape, setting.scale), "implementation")


def _build(setting: Setting) -> tuple[nn.Module, nn.Module]:
    """Return the plain and the faster implementation, with equal weights."""
    torch.manual_seed(0)
    plain = setting.space.supernet(setting.shape, setting.scale).to(setting.device)
    fused = copy.deepcopy(plain)
    for network, implementation in ((plain, "plain"), (fused, _name_faster(setting))):
        cast("Any", network).implementation = implementation
    return plain, fused


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
    found = [_look_at(network.double(), setting) for network in _build(setting)]
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


def _measure_memory(search: SearchStep, device: str) -> int:
    """Return the most bytes allocated, or on a processor those kept for the backward pass."""
    if device != "cpu":
        torch.cuda.reset_peak_memory_stats(device)
        search.run()
        return int(torch.cuda.max_memory_allocated(device))
    return count_kept(search.network, search.train_loss)


def _time_pair(searches: Sequence[SearchStep], device: str, *, swap: bool) -> tuple[float, float]:
    """Return the seconds of a plain and a fused step, either first."""
    seconds = [0.0, 0.0]
    for index in (1, 0) if swap else (0, 1):
        synchronise(device)
        start = time.perf_counter()
        searches[index].run()
        synchronise(device)
        seconds[index] = time.perf_counter() - start
    return seconds[0], seconds[1]
