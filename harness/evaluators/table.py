"""Evaluate a cell of NAS-Bench-201 (Dong and Yang, ICLR 2020) by looking its results up."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import override

from harness.api import (
    Architecture,
    Assessment,
    ConfigError,
    Evaluation,
    Evaluator,
    EvaluatorContext,
    Outcome,
    Recipe,
    Recorded,
    Split,
    Unsupported,
)
from harness.evaluators._nb201_table import (
    BENCHMARKS,
    LONG,
    SHORT,
    TRIALS,
    TestSplit,
    Trial,
    mean_of,
    open_table,
    read_latencies,
)

EDGES = 6
# How every network of the table was trained; a look-up cannot change it.
TRAINED: dict[str, object] = {
    "channels": 16,
    "cells": 5,
    "batch_size": 256,
    "learning_rate": 0.1,
    "final_learning_rate": 0.0,
    "momentum": 0.9,
    "nesterov": True,
    "weight_decay": 5e-4,
    "auxiliary_weight": 0.0,
    "drop_path": 0.0,
}

LOOKED_UP = "Accuracies and seconds are those that NAS-Bench-201 recorded; nothing is trained here."


class Table(Evaluator):
    """Recorded accuracies and training times, after 12 or 200 epochs; nothing is trained.

    A candidate's score is its accuracy on x-valid: on c10 the 25,000 training images that it was
    not trained on, on c100 and in16 one half of the official test images. A train job reports the
    test accuracy: on c10 of a training on all 50,000 images.

    The clock is the recorded training time, on c10 that of 25,000 images: of 200 epochs as
    published, of 12 epochs 0.06 of it, as the benchmark does. No time is charged for validation,
    which published searches on the benchmark did charge.

    After 12 epochs there is one trial of every cell (on c10's x-valid the mean of two); after 200
    there are two or three, of which single ones are known for x-valid of c10 and for ori-test of
    c100 and in16.

    Args:
        context: What to work on; needs neither rows nor images.
        trial: The mean over trials, or the seed of one; the mean stands in for one not run.
        test_split: Which test accuracy a train job reports on c100 and in16: of the half that is
            not x-valid (x-test), or of all official test images (ori-test). c10 has only ori-test.
        device: Of nb201_device_latency.npz, whose latency a train job reports, e.g. pixel3.
    """

    is_simulated = True

    def __init__(
        self,
        context: EvaluatorContext,
        *,
        trial: Trial = "mean",
        test_split: TestSplit = "x-test",
        device: str | None = None,
    ) -> None:
        super().__init__(context)
        if context.task.benchmark not in BENCHMARKS:
            raise Unsupported(
                "NAS-Bench-201's table holds CIFAR-10, CIFAR-100 and ImageNet16-120 (c10, c100, "
                "in16) and no other task."
            )
        self.trial, self.device = trial, device
        self.benchmark = context.task.benchmark
        self.facts = BENCHMARKS[self.benchmark]
        self.test_split = test_split if test_split in self.facts.tested else "ori-test"
        self.table = open_table()
        cell = (self.table.operations,) * EDGES
        if tuple(decision.options for decision in context.space.decisions) != cell:
            raise Unsupported("NAS-Bench-201's table holds cells of the space nb201 only.")
        self._columns: dict[int, tuple[list[float], list[float]]] = {}

    @override
    def cheapest(self, recipe: Recipe, fidelities: Sequence[int]) -> Mapping[str, float]:
        if not fidelities:
            return {}
        shortest = min(fidelities)
        seconds = min(self._look_up(shortest)[1])
        return {"seconds": seconds, "examples": shortest * self.facts.train}

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
        scores, seconds = self._look_up(fidelity)
        row = self.table.rows.get(architecture)
        examples = fidelity * self.facts.train
        if row is None:
            return Evaluation(key, math.nan, mean_of(seconds), examples)
        return Evaluation(key, scores[row], seconds[row], examples)

    def _look_up(self, epochs: int) -> tuple[list[float], list[float]]:
        """Return validation accuracy and training time of every row; never anything of a test."""
        if epochs not in self._columns:
            _require_epochs(epochs)
            self._columns[epochs] = (
                self.table.validation(self.benchmark, epochs, self.trial),
                self.table.seconds(self.benchmark, epochs),
            )
        return self._columns[epochs]

    @override
    def assess(
        self, architecture: Architecture, recipe: Recipe, *, seed: int, order_seed: int
    ) -> Assessment:
        return _LookUp(self, architecture, recipe.epochs)

    def outcome(self, architecture: Architecture, epochs: int) -> Outcome:
        """Return what a training for good came to."""
        facts, table = self.facts, self.table
        tests = table.test(self.benchmark, epochs, self.test_split, self.trial)
        # CIFAR-10's is twice as long as recorded: on 50,000 images instead of 25,000.
        times = facts.final_train / facts.train
        seconds = table.seconds(self.benchmark, epochs)
        row = table.rows.get(architecture)
        if row is None:
            raise Unsupported(f"{table.file.path.name} does not hold this cell.")
        parameters, products = table.sizes(self.benchmark, self.context.task.shape.classes)
        return Outcome(
            test_accuracy=tests[row],
            validation_accuracy=None,
            parameters=parameters[row],
            multiply_adds=products[row],
            train_images=facts.final_train,
            test_images=facts.tested[self.test_split],
            seconds=times * seconds[row],
            latency_ms=None if self.device is None else self._latencies(self.device)[row],
        )

    def _latencies(self, device: str) -> list[float]:
        if not self.table.is_whole:
            raise ConfigError(
                f"Latencies are kept by row, and {self.table.file.path.name} lacks some of them; "
                "leave the evaluator's device out."
            )
        return read_latencies(device)

    @override
    def recorded(self, recipe: Recipe, fidelities: Sequence[int]) -> Recorded:
        for epochs in fidelities:
            _require_epochs(epochs)
        _require_recipe(recipe)
        if self.device is not None:
            self._latencies(self.device)
        facts = self.facts
        return Recorded(
            title="NAS-Bench-201 table",
            fingerprint=self.table.file.md5,
            notice=" ".join([LOOKED_UP, *self.table.notices(), *self._substitutions()]),
            splits={
                Split.TRAIN: f"{facts.searched} train",
                Split.VALIDATION: f"{facts.searched} x-valid",
                Split.TEST: f"{facts.final} {self.test_split}",
            },
            sizes={
                Split.TRAIN: facts.train,
                Split.VALIDATION: facts.validation,
                Split.TEST: facts.tested[self.test_split],
            },
        )

    def _substitutions(self) -> list[str]:
        if self.trial != TRIALS[-1]:
            return []
        return [f"Cells without a trial of seed {self.trial} count with the mean of the others."]


class _LookUp(Assessment):
    """A training that was carried out long ago; one step."""

    epoch_steps = steps = 1

    def __init__(self, table: Table, architecture: Architecture, epochs: int) -> None:
        _require_epochs(epochs)
        self._table, self._architecture, self._epochs = table, architecture, epochs
        self._is_done = False

    @property
    @override
    def examples(self) -> int:
        return self._epochs * self._table.facts.final_train if self._is_done else 0

    @override
    def step(self) -> None:
        self._is_done = True

    @override
    def report(self) -> dict[str, float]:
        return {}

    @override
    def outcome(self) -> Outcome:
        return self._table.outcome(self._architecture, self._epochs)

    @override
    def network_state(self) -> dict[str, Any]:
        return {}

    @override
    def state_dict(self) -> dict[str, Any]:
        return {"is_done": self._is_done}

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._is_done = bool(state["is_done"])


def _require_epochs(epochs: int) -> None:
    if epochs not in (SHORT, LONG):
        raise ConfigError(
            f"NAS-Bench-201's table has accuracies after {SHORT} and {LONG} epochs, not after "
            f"{epochs}; ask for one of the two."
        )


def _require_recipe(recipe: Recipe) -> None:
    for name, recorded in TRAINED.items():
        if getattr(recipe, name) != recorded:
            raise ConfigError(
                f"NAS-Bench-201's networks were trained with {name} {recorded}, not "
                f"{getattr(recipe, name)}; a table cannot be asked for anything else: take the "
                "protocol 'table'."
            )
