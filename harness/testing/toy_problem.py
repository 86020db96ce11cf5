"""A toy problem: what the harness would hand a method, at no cost and with a trace."""

from __future__ import annotations

import copy
import functools
import zlib
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from harness.api import (
    Architecture,
    Costs,
    EdgeCosts,
    Evaluation,
    Problem,
    Scale,
    SearchSpace,
    Split,
    Stream,
    Task,
)
from harness.testing.clauses import complain_about
from harness.testing.toy_space import ToyCell
from harness.testing.toy_task import ToyBlobs
from harness.training.data import BatchStream, DeviceData
from harness.training.schedules import count_epoch_steps

SCALE = Scale(channels=4, cells=1)
FIDELITIES = (0, 1, 2)
STEPS = 12  # the horizon; two epochs and a bit, so that half of it is no end of an epoch
BATCH = 10

Broken = Literal["never", "sometimes", "always"]
Entry = tuple[object, ...]


class Toy:
    """A problem whose candidates are scored by a formula, and what was asked of it.

    Args:
        seed: Of what the method may draw from: its ``rng``, and torch's generators.
        space: What is searched; the toy cell by default.
        task: Whose images the streams hand out; toy blobs by default.
        scale: Of the super-network.
        has_images: Whether streams can be opened.
        fidelities: At which candidates may be evaluated.
        broken: Whether every other evaluation, or every evaluation and all images, are NaN.
        keeps_weights: Whether there are weights to inherit; else it is as in a table.
        target: What a network should cost, in toy units: an option costs as much as its number, and
            every network 1. None counts nothing.

    Attributes:
        problem: What the method is handed.
        trace: What was asked, in order.
        spent: Evaluations and examples, as the harness would bill them.
        scores: Every score of an architecture that was evaluated.
        again: Returns the same problem as it was at the beginning.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        space: SearchSpace | None = None,
        task: Task | None = None,
        scale: Scale = SCALE,
        has_images: bool = True,
        fidelities: tuple[int, ...] = FIDELITIES,
        broken: Broken = "never",
        keeps_weights: bool = True,
        target: float | None = None,
    ) -> None:
        self.broken = broken
        self.keeps_weights = keeps_weights
        self.has_images = has_images
        self.trace: list[Entry] = []
        self.spent = {"evaluations": 0, "examples": 0}
        self.scores: dict[Architecture, list[float]] = {}
        task = task or ToyBlobs()
        self._streams, epoch = _open_streams(task)
        self._train_images = len(self._streams[Split.TRAIN].data)
        self._kept: set[str] = set()
        torch.manual_seed(seed)
        self.problem = Problem(
            space=space or ToyCell(),
            shape=task.shape,
            scale=scale,
            device="cpu",
            rng=np.random.default_rng(seed),
            stream=self._stream,
            loss=task.loss,
            steps=STEPS,
            epoch_steps=epoch,
            fidelities=fidelities,
            evaluate=self._evaluate,
            release=self._release,
            is_spent=self._is_spent,
            costs=None if target is None else _count_options(space or ToyCell(), target),
        )
        self.again = functools.partial(
            Toy,
            seed,
            space=space,
            task=task,
            scale=scale,
            has_images=has_images,
            fidelities=fidelities,
            broken=broken,
            keeps_weights=keeps_weights,
            target=target,
        )

    def state_dict(self) -> dict[str, Any]:
        """Return what the harness would save besides the method's state."""
        return {
            "rng": self.problem.rng.bit_generator.state,
            "torch": torch.get_rng_state(),
            "streams": {split: s.state_dict() for split, s in self._streams.items()},
            "mutable": copy.deepcopy((self.trace, self.spent, self.scores, self._kept)),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what ``state_dict`` returned, as the harness does when a job is resumed."""
        self.problem.rng.bit_generator.state = state["rng"]
        torch.set_rng_state(state["torch"])
        for split, stream in self._streams.items():
            stream.load_state_dict(state["streams"][split])
        self.trace, self.spent, self.scores, self._kept = copy.deepcopy(state["mutable"])

    def _stream(self, split: Split) -> Stream:
        if not self.has_images or split not in self._streams:
            raise ValueError(f"A search may not look at the {split} split, or it is empty.")
        return _TracedStream(self, split, self._streams[split])

    def _evaluate(
        self, architecture: Architecture, fidelity: int, *, inherit: str | None = None
    ) -> Evaluation:
        fault = complain_about(architecture, self.problem.space)
        assert not fault, f"a candidate {fault}"
        if fidelity not in self.problem.fidelities:
            raise ValueError(f"Fidelity {fidelity} is none of {self.problem.fidelities}.")
        assert inherit is None or inherit in self._kept, (
            f"it inherits from {inherit!r}, which was released or never evaluated"
        )
        self.trace.append(("evaluate", architecture, fidelity, inherit))
        key, examples = f"{self.spent['evaluations']:06d}", fidelity * self._train_images
        self.spent["evaluations"] += 1
        self.spent["examples"] += examples
        self._kept.add(key)
        score = self._score(architecture, fidelity)
        self.scores.setdefault(architecture, []).append(score)
        has_inherited = inherit is not None and self.keeps_weights
        return Evaluation(key, score, 1.0, examples, has_inherited=has_inherited)

    def _is_spent(self) -> bool:
        """Tell whether there were as many candidates or train batches as the horizon allows."""
        counted = [e for e in self.trace if e[0] == "evaluate" or e == ("batch", str(Split.TRAIN))]
        return len(counted) >= STEPS

    def _score(self, architecture: Architecture, fidelity: int) -> float:
        """Return a score that prefers late options and rises with the effort; no two are equal."""
        diverges = {"never": False, "always": True, "sometimes": self.spent["evaluations"] % 2 == 1}
        if diverges[self.broken]:
            return float("nan")
        decisions = self.problem.space.decisions
        shares = [c / (len(d.options) - 1) for c, d in zip(architecture, decisions, strict=True)]
        share = sum(shares) / len(shares) * (1 - 0.5 / (1 + fidelity))
        return 90 * share + zlib.crc32(repr(architecture).encode()) / 2**32

    def _release(self, key: str) -> None:
        assert key in self._kept, f"it releases {key!r}, which was released or never evaluated"
        self.trace.append(("release", key))
        self._kept.discard(key)


class _TracedStream:
    """A stream that traces what it hands out."""

    def __init__(self, toy: Toy, split: Split, stream: BatchStream) -> None:
        self._toy = toy
        self._split = split
        self._stream = stream

    def next(self) -> tuple[Tensor, Tensor]:
        images, targets = self._stream.next()
        self._toy.trace.append(("batch", str(self._split)))
        if self._split is Split.TRAIN:
            self._toy.spent["examples"] += len(targets)
        factor = float("nan") if self._toy.broken == "always" else 1.0
        return images * factor, targets


def _count_options(space: SearchSpace, target: float) -> Costs:
    """Return costs by which an option costs as much as its number, and every network 1."""
    prices = tuple(tuple(map(float, range(len(d.options)))) for d in space.decisions)
    return Costs("toy units", target, lambda found: 1.0 + sum(found), EdgeCosts(1.0, prices))


def _open_streams(task: Task) -> tuple[dict[Split, BatchStream], int]:
    """Return streams that are the same whatever the seed, and the steps of an epoch."""
    examples = task.development()
    fractions = {Split.TRAIN: 0.5, Split.VALIDATION: 0.5}
    rows = task.split(examples, fractions, np.random.default_rng(0))
    streams = {
        split: BatchStream(
            DeviceData(examples, chosen, task), BATCH, augmentation=None, seed=number
        )
        for number, (split, chosen) in enumerate(rows.items())
    }
    return streams, count_epoch_steps(len(rows[Split.TRAIN]), BATCH)
