"""NNI's RandomOneShot, and the choice of a path by the weights that it trained."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from nni.nas.oneshot.pytorch.sampling import RandomSamplingLightningModule
from nni.nas.strategy import RandomOneShot
from torch import Tensor
from typing_extensions import override

from harness.api import Architecture, Gates, Problem, SearchState
from harness.search.nni.supernet import refuse_unknown_horizon, train
from harness.search.oneshot.bilevel import Batch, Bilevel
from harness.search.oneshot.descent import ChoiceDescent, WeightDescent
from harness.search.oneshot.objective import Tradeoff
from harness.search.oneshot.statistics import frozen_statistics
from harness.search.oneshot.supernet_search import Carry


class SeededPaths(RandomSamplingLightningModule):  # type: ignore[misc]
    """Uniform paths, drawn by NNI from a seeded generator instead of the system's entropy."""

    generator: np.random.RandomState

    @override
    def resample(self) -> dict[str, int]:
        path: dict[str, int] = {}
        for layer in self.model.choices:
            layer.choice.random(path, self.generator)
            layer.resample(memo=path)
        self.model.path = list(path.values())
        return path


class SeededRandomOneShot(RandomOneShot):  # type: ignore[misc]
    """RandomOneShot whose paths come from ``generator``."""

    def __init__(self, generator: np.random.RandomState) -> None:
        super().__init__()
        self.generator = generator

    @override
    def configure_oneshot_module(self, training_module: Any) -> SeededPaths:
        module = SeededPaths(training_module)
        module.generator = self.generator
        return module


class SinglePath(Bilevel):
    """Weights of uniform paths, trained by NNI; then sampled architectures are judged with them.

    NNI ends with the weights and leaves the choice to its user. Ours: the architecture that names
    the right class most often, of some drawn uniformly, each on the next validation batches (with
    the statistics of the batch, as everywhere in a search). One step is all of it. There are no
    architecture parameters: the alphas stay what they are.

    Args:
        problem: What to search.
        candidates: Architectures judged.
        batches: Validation batches that each is judged on.
        weights: How the super-network's weights descend.
        choices: Nothing descends by it.
        carry: What a warm start takes over: weights or not. The source's answer is judged, too.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        candidates: int,
        batches: int,
        weights: WeightDescent,
        choices: ChoiceDescent,
        carry: Carry,
    ) -> None:
        refuse_unknown_horizon(problem)
        super().__init__(
            problem, weights=weights, choices=choices, carry=carry, tradeoff=Tradeoff("none")
        )
        self.candidates, self.batches = candidates, batches
        self.best: Architecture = self.space.sample_path(problem.rng)
        self.score: float | None = None

    @override
    def step(self) -> None:
        seed = int(self.problem.rng.integers(2**32))
        strategy = SeededRandomOneShot(np.random.RandomState(seed))
        clip = self.weights.gradient_clip or None
        train(
            self,
            strategy,
            prepare=lambda space: None,
            after_step=self._end_step,
            gradient_clip_val=clip,
        )
        self.score = -math.inf
        for candidate in list(self._sample()):
            score = self._judge(candidate)
            if score > self.score:
                self.best, self.score = candidate, score

    def _end_step(self) -> None:
        self.steps += 1

    def _sample(self) -> Iterator[Architecture]:
        yield self.best
        for _ in range(1, self.candidates):
            yield self.space.sample_path(self.problem.rng)

    @torch.no_grad()
    def _judge(self, architecture: Architecture) -> float:
        """Return the accuracy in percent with the shared weights, on the next batches."""
        found = self.space.gates_of(architecture)
        gates = Gates([row.to(self.problem.device) for row in found.weights], found.active)
        with frozen_statistics(self._norms):
            hits = [self._hits(gates, self.validation.next()) for _ in range(self.batches)]
        return 100 * float(torch.cat(hits).double().mean())

    def _hits(self, gates: Gates, batch: Batch) -> Tensor:
        images, targets = batch
        hits: Tensor = self.supernet(images, gates).argmax(1) == targets
        return hits

    @override
    def incumbent(self) -> Architecture:
        return self.best

    @override
    def warm_start(self, source: SearchState) -> None:
        self.space.gates_of(source.architecture)  # refused if the super-network does not hold it
        if "weights" in self.carry:
            self._load_weights(source)
        self.best = source.architecture

    @override
    def insights(self) -> dict[str, Any]:
        return {"learning_rate": self.learning_rate, "shared_weights_accuracy": self.score}

    @override
    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "best": self.best, "score": self.score}

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.best, self.score = tuple(state["best"]), state["score"]
