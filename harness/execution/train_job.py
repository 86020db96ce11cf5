"""A train job: the final training of one architecture, tested once at its end."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from typing_extensions import override

from harness.api import Costs, Outcome, Split
from harness.execution.environment import seed_everything, synchronise
from harness.execution.running_job import RunningJob
from harness.planning.evaluators import prepare_evaluator
from harness.planning.pricing import cost_fields, open_costs
from harness.planning.resolve_plugins import open_space, open_task
from harness.planning.seeding import derive_seed
from harness.results.record import Bill
from harness.results.spec import SearchSpec, TrainSpec


def network_seed(spec: TrainSpec | SearchSpec, origin: str, repeat: int) -> int:
    """Return the seed of a final training's network, initial weights and drops.

    Args:
        spec: Of the training, or of the search it rests on.
        origin: Digest of that search, or the architecture that was given.
        repeat: Which of several trainings.
    """
    purpose = f"train/{spec.space.name}/{spec.task.title}/{origin}"
    return derive_seed(spec.seed, purpose, str(repeat))


class TrainJob(RunningJob):
    """One final training under way.

    Args:
        spec: All inputs.
        architecture: In the space's notation.
        device: Where it runs.
        folder: The job's.
    """

    def __init__(self, spec: TrainSpec, architecture: str, device: str, folder: Path) -> None:
        self.spec = spec
        self.architecture = architecture
        self.device = device
        self.bill = Bill()
        self.space = open_space(spec.space)
        self.task = open_task(spec.task)
        evaluator, self.partition = prepare_evaluator(spec, self.space, self.task, device, folder)
        self.is_simulated = evaluator.is_simulated
        seed = network_seed(spec, spec.search or architecture, spec.repeat)
        seed_everything(seed)
        # Shared on purpose: every network of one seed sees the data in the same order.
        order = derive_seed(spec.seed, "order", spec.task.title, str(spec.repeat))
        self.assessment = evaluator.assess(
            self.space.from_text(architecture), spec.rules.recipe, seed=seed, order_seed=order
        )
        self.steps = 0
        self.probe: Mapping[str, np.ndarray[Any, Any]] = {}

    @property
    @override
    def is_finished(self) -> bool:
        return self.steps >= self.assessment.steps

    @property
    @override
    def share_done(self) -> float:
        return self.steps / max(1, self.assessment.steps)

    @override
    def step(self) -> None:
        began = time.perf_counter()
        self.assessment.step()
        self.steps += 1
        if self._is_tick_due():
            synchronise(self.device)
        self._charge(time.perf_counter() - began)
        self.bill.examples = self.assessment.examples

    def _is_tick_due(self) -> bool:
        return self.steps % self.assessment.epoch_steps == 0 or self.is_finished

    @override
    def tick(self) -> dict[str, Any] | None:
        if self.is_simulated or not self._is_tick_due():  # a look-up has no course
            return None
        epochs = self.steps / self.assessment.epoch_steps
        return {
            "tick": math.ceil(epochs),
            "step": self.steps,
            "epoch": epochs,
            "seconds": self.bill.seconds,
            "overhead_seconds": self.bill.overhead_seconds,
            "examples": self.bill.examples,
            **self.assessment.report(),
        }

    @override
    def result(self) -> dict[str, Any]:
        began = time.perf_counter()
        outcome = self.assessment.outcome()
        self._charge(time.perf_counter() - began)
        self.bill.seconds += outcome.seconds or 0.0
        self.probe = outcome.probe
        return {
            "architecture": self.architecture,
            "split_ids": self.partition.ids(),
            "split_sizes": self._sizes(outcome),
            "task_label": self.partition.label,
            **cost_fields(self._costs(), self.space.from_text(self.architecture)),
            **_fields(outcome),
        }

    def _charge(self, elapsed: float) -> None:
        """Charge own time; as overhead where the clock is a table's."""
        if self.is_simulated:
            self.bill.overhead_seconds += elapsed
        else:
            self.bill.seconds += elapsed

    def _sizes(self, outcome: Outcome) -> dict[str, int]:
        sizes = self.partition.sizes()
        if self.is_simulated:  # trained once on all that it is not tested on
            sizes = {str(Split.TRAIN): outcome.train_images}
        return {**sizes, str(Split.TEST): outcome.test_images}

    def _costs(self) -> Costs | None:
        rules, name = self.spec.costs, self.spec.space.name
        return None if rules is None else open_costs(rules, name, self.space, self.task.shape)

    @override
    def final_state(self) -> dict[str, Any]:
        return {"network": self.assessment.network_state()}

    @override
    def state_dict(self) -> dict[str, Any]:
        return {
            "assessment": self.assessment.state_dict(),
            "bill": self.bill.model_dump(),
            "steps": self.steps,
        }

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.assessment.load_state_dict(state["assessment"])
        self.bill = Bill(**state["bill"])
        self.steps = state["steps"]


def _fields(outcome: Outcome) -> dict[str, Any]:
    return {
        "test_accuracy": outcome.test_accuracy,
        "validation_accuracy": outcome.validation_accuracy,
        "selection_rule": "last epoch",
        "parameters": outcome.parameters,
        "multiply_adds": outcome.multiply_adds,
        "execution": dict(outcome.execution),
        **({} if outcome.latency_ms is None else {"latency_ms": outcome.latency_ms}),
    }
