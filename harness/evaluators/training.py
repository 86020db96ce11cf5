"""Evaluate an architecture by training it from scratch on the task's images."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from typing_extensions import override

from harness.api import (
    Architecture,
    Assessment,
    Evaluation,
    Evaluator,
    EvaluatorContext,
    Outcome,
    Recipe,
    Split,
)
from harness.hardware.counting import count
from harness.training.accuracy import accuracy, predict
from harness.training.data import BatchStream, DeviceData
from harness.training.fitting import Fit
from harness.training.states import read_state

# Test images whose logits and features every train job keeps, for functional similarity.
PROBE_IMAGES = 256


class Training(Evaluator):
    """SGD by the protocol's recipe; accuracy after the last epoch, never the best one."""

    @override
    def cheapest(self, recipe: Recipe, fidelities: Sequence[int]) -> Mapping[str, float]:
        images = len(self.context.rows[Split.TRAIN])
        return {
            "examples": min(fidelities, default=0) * min(images, recipe.epoch_examples or images)
        }

    @override
    def evaluate(
        self,
        architecture: Architecture,
        recipe: Recipe,
        *,
        fidelity: int,
        seed: int,
        key: str,
        inherit: str | None = None,
    ) -> Evaluation:
        began = time.perf_counter()
        torch.manual_seed(seed)
        context, rows = self.context, self.context.rows
        network = _build(context, architecture, recipe)
        if inherit is not None:
            parent = read_state(self._file(inherit), context.device)
            context.space.inherit(architecture, network, parent["architecture"], parent["weights"])
        stream = _stream(context, rows[Split.TRAIN], recipe, seed=seed)
        fit = Fit(network, recipe, stream, context.task.loss, epochs=fidelity)
        for _ in range(fit.steps):
            fit.step()
        validation = _data(context, rows[Split.VALIDATION])
        score = accuracy(predict(network, validation), validation.labels)
        self._keep(key, architecture, network)
        seconds = time.perf_counter() - began
        return Evaluation(key, score, seconds, fit.examples, has_inherited=inherit is not None)

    @override
    def assess(
        self, architecture: Architecture, recipe: Recipe, *, seed: int, order_seed: int
    ) -> Assessment:
        torch.manual_seed(seed)
        return _FinalTraining(self.context, architecture, recipe, seed, order_seed)

    @override
    def release(self, key: str) -> None:
        self._file(key).unlink(missing_ok=True)

    def _file(self, key: str) -> Path:
        return self.context.folder / f"{key}.pt"

    def _keep(self, key: str, architecture: Architecture, network: nn.Module) -> None:
        self.context.folder.mkdir(parents=True, exist_ok=True)
        state = {"architecture": architecture, "weights": network.state_dict()}
        torch.save(state, self._file(key))


class _FinalTraining(Assessment):
    """A network fitted on train + validation, one mini-batch a step."""

    def __init__(
        self,
        context: EvaluatorContext,
        architecture: Architecture,
        recipe: Recipe,
        seed: int,
        order_seed: int,
    ) -> None:
        self.context = context
        rows = np.sort(np.concatenate([context.rows[s] for s in _FITTED if s in context.rows]))
        self.train_images = len(rows)
        self.network = _build(context, architecture, recipe)
        stream = _stream(context, rows, recipe, seed=seed, order_seed=order_seed)
        self.fit = Fit(self.network, recipe, stream, context.task.loss)
        self.steps, self.epoch_steps = self.fit.steps, self.fit.epoch_steps

    @property
    @override
    def examples(self) -> int:
        return self.fit.examples

    @override
    def step(self) -> None:
        self.fit.step()

    @override
    def report(self) -> dict[str, float]:
        return self.fit.report()

    @override
    def outcome(self) -> Outcome:
        context = self.context
        test = context.task.test()
        data = DeviceData(test, None, context.task, context.device)
        logits = predict(self.network, data)
        parameters, multiply_adds = count(self.network, context.task.shape)
        return Outcome(
            test_accuracy=accuracy(logits, data.labels),
            validation_accuracy=None,
            parameters=parameters,
            multiply_adds=multiply_adds,
            train_images=self.train_images,
            test_images=len(data),
            probe={
                "logits": logits[:PROBE_IMAGES].numpy(),
                "features": _features(self.network, data),
                "predictions": logits.argmax(1).numpy(),
                "labels": test.labels,
                "units": test.units,
            },
            execution=self.fit.describe(),
        )

    @override
    def network_state(self) -> dict[str, Any]:
        return self.network.state_dict()

    @override
    def state_dict(self) -> dict[str, Any]:
        return self.fit.state_dict()

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.fit.load_state_dict(state)


_FITTED = (Split.TRAIN, Split.VALIDATION)


def _build(context: EvaluatorContext, architecture: Architecture, recipe: Recipe) -> nn.Module:
    return context.space.build(architecture, context.task.shape, recipe.scale).to(context.device)


def _data(context: EvaluatorContext, rows: NDArray[np.int64]) -> DeviceData:
    return DeviceData(context.task.development(), rows, context.task, context.device)


def _stream(
    context: EvaluatorContext,
    rows: NDArray[np.int64],
    recipe: Recipe,
    *,
    seed: int,
    order_seed: int | None = None,
) -> BatchStream:
    return BatchStream(
        _data(context, rows),
        recipe.batch_size,
        augmentation=recipe.augmentation,
        seed=seed,
        order_seed=order_seed,
    )


def _features(network: nn.Module, data: DeviceData) -> NDArray[np.float32]:
    """Return what enters the classifier for the probe's images, shape (P, F)."""
    seen: list[Tensor] = []
    classifier = network.get_submodule("classifier")
    hook = classifier.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].cpu()))
    images, _ = data.slice(0, PROBE_IMAGES)
    was_training = network.training
    with torch.no_grad():
        network.eval()(images)
    network.train(was_training)
    hook.remove()
    features: NDArray[np.float32] = torch.cat(seen).numpy()
    return features
