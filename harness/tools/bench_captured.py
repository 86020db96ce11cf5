"""What search steps and training steps cost, eager and captured, with their kernels and memory.

These are the steps of searches and trainings themselves, batches and schedules included, on noise.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, cast

import numpy as np
import torch
from typing_extensions import override

from harness.api import (
    Augmentation,
    AugmentationLimits,
    Examples,
    Problem,
    Recipe,
    Scale,
    Split,
    Task,
    TaskShape,
    WeightSharingSpace,
)
from harness.config.documents import read_yaml
from harness.config.shipped import protocol_file
from harness.execution.environment import synchronise
from harness.search.oneshot.bilevel import Bilevel
from harness.search.oneshot.descent import ChoiceDescent
from harness.training.capture import WARMUP_CALLS, WORTHWHILE_STEPS
from harness.training.data import BatchStream, DeviceData
from harness.training.fitting import Fit
from methods.darts import Darts
from methods.proxylessnas import ProxylessNas

Mode = Literal["eager", "captured"]

AUGMENTATION = Augmentation(crop_padding=4, flip=True, cutout=16)
EVALUATION = (36, 20)  # channels and cells
EPOCH_STEPS = 8
EPOCHS = {"eager": (WORTHWHILE_STEPS - 1) // EPOCH_STEPS, "captured": WORTHWHILE_STEPS}
OFTEN = ChoiceDescent(interval=1, warmup_share=0)


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
class StepTime:
    """What one kind of step takes.

    Attributes:
        step: Which, in words.
        mode: How it ran: eager or captured.
        seconds: Median, the batch included.
        kernels: Launched on the GPU in a step; None on a processor.
        kernel_seconds: Of all of them, one after another; None on a processor.
        peak_bytes: Most memory of the GPU in use; None on a processor.
    """

    step: str
    mode: str
    seconds: float
    kernels: int | None
    kernel_seconds: float | None
    peak_bytes: int | None


class Noise(Task):
    """Images of noise.

    Args:
        shape: Of them.
        count: How many.
    """

    mean, deviation = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
    limits = AugmentationLimits(flip=True, crop_padding=4, cutout=16)
    label = "noise"

    def __init__(self, shape: TaskShape, count: int) -> None:
        self.shape, self.count = shape, count

    @override
    def development(self) -> Examples:
        rng = np.random.default_rng(0)
        images = rng.integers(256, size=(self.count, *self.shape.inputs), dtype=np.uint8)
        labels = np.arange(self.count) % self.shape.classes
        return Examples(images, labels, np.arange(self.count)[:, None])

    @override
    def test(self) -> Examples:
        return self.development()

    @override
    def fingerprint(self) -> str:
        return ""


def open_stream(setting: Setting, batch_size: int, seed: int) -> BatchStream:
    """Return augmented batches of noise, a handful of which is an epoch."""
    task = Noise(setting.shape, EPOCH_STEPS * batch_size)
    data = DeviceData(task.development(), None, task, setting.device)
    return BatchStream(data, batch_size, augmentation=AUGMENTATION, seed=seed)


def open_search(
    setting: Setting,
    kind: type[Bilevel],
    mode: Mode,
    *,
    implementation: str = "auto",
    **params: Any,
) -> Bilevel:
    """Return a search on noise.

    Args:
        setting: Space, size and device.
        kind: The method.
        mode: Whether its steps are captured, where they can be.
        implementation: Of the super-network, where it has several.
        params: Of the method.
    """
    torch.manual_seed(0)
    streams = {
        split: open_stream(setting, setting.batch_size, seed)
        for seed, split in enumerate((Split.TRAIN, Split.VALIDATION))
    }
    problem = Problem(
        space=setting.space,
        shape=setting.shape,
        scale=setting.scale,
        device=setting.device,
        rng=np.random.default_rng(0),
        stream=streams.__getitem__,
        loss=Noise(setting.shape, 1).loss,
        steps=WORTHWHILE_STEPS * (10 if mode == "captured" else 1) - 1,
        epoch_steps=EPOCH_STEPS,
        fidelities=(),
        evaluate=cast("Any", None),
        release=lambda key: None,
    )
    method = kind(problem, **params)
    if hasattr(method.supernet, "implementation"):
        method.supernet.implementation = implementation  # type: ignore[assignment]
    return method


def open_training(setting: Setting, scale: Scale, mode: Mode) -> Fit:
    """Return the training of a random network by the recipe of the protocol ``paper``, on noise."""
    torch.manual_seed(0)
    published = Recipe.model_validate(read_yaml(protocol_file("paper"))["train"]["recipe"])
    changes = {"channels": scale.channels, "cells": scale.cells, "epochs": EPOCHS[mode]}
    if not scale.auxiliary:
        changes["auxiliary_weight"] = 0
    recipe = published.model_copy(update=changes)
    space = setting.space
    architecture = space.sample(np.random.default_rng(0))
    network = space.build(architecture, setting.shape, scale).to(setting.device)
    stream = open_stream(setting, recipe.batch_size, 0)
    return Fit(network, recipe, stream, Noise(setting.shape, 1).loss)


def list_trainings(setting: Setting) -> list[Scale]:
    """Return sizes of networks to train: the super-network's, and that of DARTS' final training."""
    auxiliary = setting.space.has_auxiliary_head and setting.shape.inputs[1:] == (32, 32)
    sizes = ((setting.scale.channels, setting.scale.cells), EVALUATION)
    return [Scale(*size, auxiliary=auxiliary) for size in sizes]


def time_steps(
    setting: Setting, trainings: list[Scale], steps: int, report: Callable[[str], None]
) -> Iterator[StepTime]:
    """Yield what each kind of step takes, one kind after the other.

    Args:
        setting: Of searches: space, size, batch and device.
        trainings: Sizes of the networks that are trained.
        steps: That are timed of each.
        report: Is told what is measured.
    """
    for name, mode, begin in _list_steps(setting, trainings):
        if mode == "captured" and setting.device == "cpu":
            continue
        report(f"{name}, {mode}")
        yield _time_step(name, setting.device, begin(), steps)


Opening = Callable[[], Bilevel | Fit]


def _list_steps(setting: Setting, trainings: list[Scale]) -> Iterator[tuple[str, Mode, Opening]]:
    searches: list[tuple[str, type[Bilevel], Mode, dict[str, Any]]] = [
        ("darts, first order, plain", Darts, "eager", {"implementation": "plain", "order": 1}),
        ("darts, first order", Darts, "eager", {"order": 1}),
        ("darts, first order, plain", Darts, "captured", {"implementation": "plain", "order": 1}),
        ("darts, first order, fused", Darts, "captured", {"implementation": "fused", "order": 1}),
        ("darts, first order", Darts, "captured", {"order": 1}),
        ("darts, second order", Darts, "captured", {"order": 2}),
        ("proxylessnas, weights and choices in turn", ProxylessNas, "eager", {"choices": OFTEN}),
    ]
    for name, kind, mode, params in searches:
        yield name, mode, partial(open_search, setting, kind, mode, **params)
    modes: tuple[Mode, ...] = ("eager", "captured")
    for scale in trainings:
        name = f"training, {scale.channels} channels, {scale.cells} cells"
        for mode in modes:
            yield name, mode, partial(open_training, setting, scale, mode)


def _time_step(name: str, device: str, work: Bilevel | Fit, steps: int) -> StepTime:
    on_gpu = device != "cpu"
    if on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    for _ in range(WARMUP_CALLS + 2 if on_gpu else 1):
        work.step()
    seconds = []
    for _ in range(steps):
        synchronise(device)
        began = time.perf_counter()
        work.step()
        synchronise(device)
        seconds.append(time.perf_counter() - began)
    peak = torch.cuda.max_memory_allocated(device) if on_gpu else None
    kernels, kernel_seconds = _count_kernels(work, device) if on_gpu else (None, None)
    told = work.execution() if isinstance(work, Bilevel) else work.describe()
    return StepTime(name, told["steps"], statistics.median(seconds), kernels, kernel_seconds, peak)


def _count_kernels(work: Bilevel | Fit, device: str) -> tuple[int, float]:
    """Return the kernels of one step and the seconds of all of them."""
    from torch.profiler import ProfilerActivity, profile

    synchronise(device)
    with profile(activities=[ProfilerActivity.CUDA]) as found:
        work.step()
        synchronise(device)
    kernels = [e for e in found.events() if e.device_type.name == "CUDA"]
    return len(kernels), sum(event.device_time_total for event in kernels) / 1e6
