"""A search job: a method stepped until its budget is spent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typing_extensions import override

from harness.api import Costs, Problem, SearchState, Split, Task
from harness.errors import PluginError, Unsupported
from harness.execution.environment import seed_everything, synchronise
from harness.execution.meter import Meter
from harness.execution.running_job import RunningJob
from harness.planning.evaluators import prepare_evaluator
from harness.planning.partition import Partition
from harness.planning.pricing import cost_fields, open_costs
from harness.planning.resolve_plugins import open_space, open_task, resolve_method
from harness.planning.seeding import derive_seed, generator
from harness.results.spec import SearchSpec, TaskData
from harness.training.data import BatchStream, DeviceData

# Steps in a row that may spend nothing. A real method needs none; a thousand take a moment.
FREE_STEPS = 1000


class SearchJob(RunningJob):
    """One search under way.

    Args:
        spec: All inputs.
        device: Where it runs.
        folder: Where candidates' weights are until they are released.
        source: Record architecture and final state of the search it goes on from, if any.

    Raises:
        Unsupported: If its plugins do not go together.
    """

    def __init__(
        self, spec: SearchSpec, device: str, folder: Path, source: dict[str, Any] | None = None
    ) -> None:
        self.spec = spec
        self.device = device
        self.space, method = open_space(spec.space), resolve_method(spec.method)
        if reason := method.unsupported(self.space, spec.rules):
            raise Unsupported(reason)
        self.task = open_task(spec.task)
        evaluator, self.partition = prepare_evaluator(spec, self.space, self.task, device, folder)
        self.images = self.partition.sizes()[str(Split.TRAIN)]
        purpose = f"search/{spec.method.name}/{spec.space.name}/{spec.task.title}/{spec.warm_start}"
        seed_everything(derive_seed(spec.seed, purpose, "torch"))
        self.rules = spec.rules.model_copy(update={"budget": spec.rules.budget.on(self.images)})
        self.meter = Meter(
            evaluator,
            self.rules,
            _streams(self.partition, self.task, spec, purpose, device),
            (spec.seed, purpose),
            device,
        )
        self.bill = self.meter.bill
        self.rng = generator(spec.seed, purpose, "rng")
        self.costs: Costs | None = None
        if spec.costs is not None:
            self.costs = open_costs(spec.costs, spec.space.name, self.space, self.task.shape)
        self.method = method.open(self._problem(), self.rules)
        if source is not None:
            self.method.warm_start(_search_state(source, self))
        self.steps = 0
        self._free_steps = 0  # in a row; counted from zero where a job is resumed
        self._ticks = 0
        self._is_sparse = evaluator.is_simulated
        self._seen = self._milestones()

    def _problem(self) -> Problem:
        rules, meter = self.rules, self.meter
        has_images = Split.TRAIN in meter.streams
        examples = rules.budget.examples if has_images else None
        return Problem(
            space=self.space,
            shape=self.task.shape,
            scale=rules.supernet.scale,
            device=self.device,
            rng=self.rng,
            stream=meter.stream,
            loss=self.task.loss,
            steps=None if examples is None else self._count_steps(examples),
            epoch_steps=meter.streams[Split.TRAIN].epoch_steps if has_images else 0,
            fidelities=rules.fidelities,
            evaluate=meter.evaluate,
            release=meter.release,
            costs=self.costs,
            is_spent=lambda: meter.is_exhausted,
        )

    def _count_steps(self, examples: int) -> int:
        """Return the train batches that a budget of ``examples`` reaches."""
        epochs, rest = divmod(examples, self.images)
        return epochs * self.meter.streams[Split.TRAIN].epoch_steps + -(
            -rest // self.spec.rules.batch_size
        )

    @property
    @override
    def is_finished(self) -> bool:
        return self.meter.is_exhausted

    @property
    @override
    def share_done(self) -> float:
        return min(1.0, self.meter.share_spent)

    @override
    def step(self) -> None:
        before = self.meter.spent()
        with self.meter.charging():
            self.method.step()
            if self._is_tick_due():
                synchronise(self.device)
        self.steps += 1
        self._free_steps = self._free_steps + 1 if self.meter.spent() == before else 0
        if self._free_steps >= FREE_STEPS:
            units = ", ".join(before)
            raise PluginError(
                f"The method {self.spec.method.name} took {FREE_STEPS:,} steps in a row that spent "
                f"none of its budget ({units}), which would never end; every step has to evaluate "
                "a candidate or take a batch for training."
            )

    @override
    def start(self) -> dict[str, Any]:
        graphs = self.space.graph(self.method.incumbent())
        return {**self._row(), "graphs": {name: graph.to_json() for name, graph in graphs.items()}}

    @override
    def tick(self) -> dict[str, Any] | None:
        if not (self._is_tick_due() or self.is_finished):
            return None
        self._seen = self._milestones()
        self._ticks += 1
        return self._row()

    def _row(self) -> dict[str, Any]:
        bill = self.meter.bill
        return {
            "tick": self._ticks,
            "step": self.steps,
            "epoch": round(bill.examples / self.images, 6),
            **bill.model_dump(),
            "incumbent": self.space.to_text(self.method.incumbent()),
            "best_validation": self.meter.best_validation,
            "insights": self.method.insights(),
        }

    def _milestones(self) -> tuple[Any, Any]:
        """Return what a tick is due for when it changes.

        Evaluations, and fractions of an epoch of the train stream, so far; where results are looked
        up, thousands a second, the answer and its best validation accuracy instead.
        """
        if self._is_sparse:
            return self.method.incumbent(), self.meter.best_validation
        stream, fraction = self.meter.streams.get(Split.TRAIN), 0
        if stream is not None:
            per_epoch = self.spec.rules.ticks_per_epoch
            fraction = stream.examples * per_epoch // len(stream.data)
        return self.meter.bill.evaluations, fraction

    def _is_tick_due(self) -> bool:
        return self._milestones() != self._seen

    @override
    def result(self) -> dict[str, Any]:
        architecture = self.method.incumbent()
        insights = self.method.insights()
        edges = getattr(self.space, "edges", None)
        if "alphas" in insights and edges is not None:
            insights["edges"] = [[edge.name, list(edge.options)] for edge in edges]
        insights["best_validation"] = self.meter.best_validation
        insights["steps"] = self.steps
        return {
            "architecture": self.space.to_text(architecture),
            "insights": insights,
            "execution": dict(self.method.execution()),
            "split_ids": self.partition.ids(),
            "split_sizes": self.partition.sizes(),
            "task_label": self.partition.label,
            **cost_fields(self.costs, architecture),
        }

    @override
    def final_state(self) -> dict[str, Any]:
        return {"method": self.spec.method.name, "state": self.method.state_dict()}

    @override
    def state_dict(self) -> dict[str, Any]:
        return {
            "method": self.method.state_dict(),
            "meter": self.meter.state_dict(),
            "rng": self.rng.bit_generator.state,
            "steps": self.steps,
            "ticks": self._ticks,
            "seen": list(self._seen),
        }

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.method.load_state_dict(state["method"])
        self.meter.load_state_dict(state["meter"])
        self.rng.bit_generator.state = state["rng"]
        self.steps, self._ticks = state["steps"], state["ticks"]
        first, second = state["seen"]
        self._seen = tuple(first) if self._is_sparse else first, second

    @override
    def saved(self) -> None:
        self.meter.sweep()


def _streams(
    parts: Partition, task: Task, spec: SearchSpec, purpose: str, device: str
) -> dict[Split, BatchStream]:
    """Return an endless stream of every split; of none where there are no images."""
    examples = parts.examples
    if examples is None:
        return {}
    return {
        split: BatchStream(
            DeviceData(examples, rows, task, device),
            spec.rules.batch_size,
            augmentation=spec.rules.augmentation,
            seed=derive_seed(spec.seed, purpose, "stream", str(split)),
        )
        for split, rows in parts.rows.items()
    }


def _search_state(source: dict[str, Any], search: SearchJob) -> SearchState:
    """Return what a warm start begins from, out of a finished search's record and state."""
    task = open_task(source["task"])
    return SearchState(
        method=source["method"],
        shape=task.shape,
        architecture=search.space.from_text(source["architecture"]),
        state=source["state"],
        has_same_classes=_are_same_classes((source["task"], task), (search.spec.task, search.task)),
    )


def _are_same_classes(one: tuple[TaskData, Task], other: tuple[TaskData, Task]) -> bool:
    """Tell whether two tasks have the same classes; a proxy may have fewer images, not classes."""
    settings = [
        (data.name, {k: v for k, v in data.params.items() if k not in task.proxies})
        for data, task in (one, other)
    ]
    return settings[0] == settings[1] and one[1].shape.classes == other[1].shape.classes
