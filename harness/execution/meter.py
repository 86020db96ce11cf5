"""What a search spends: the only source of evaluations and batches counts them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from harness.api import Architecture, Evaluation, Evaluator, Split, Stream
from harness.config.protocol import SearchRules
from harness.planning.seeding import derive_seed
from harness.results.record import Bill
from harness.training.data import BatchStream


class _MeteredStream:
    """A stream whose examples go on the bill; the train split's count towards the budget."""

    def __init__(self, stream: BatchStream, bill: Bill, *, is_training: bool) -> None:
        self._stream = stream
        self._bill = bill
        self._is_training = is_training

    def next(self) -> tuple[torch.Tensor, torch.Tensor]:
        images, targets = self._stream.next()
        if self._is_training:
            self._bill.examples += len(targets)
        else:
            self._bill.validation_examples += len(targets)
        return images, targets


class Meter:
    """Hands out evaluations and batches, and counts them; a method has no other source of either.

    Seconds are the method's own time plus the seconds that evaluations report; under an evaluator
    with recorded seconds own time is overhead.

    Args:
        evaluator: Who evaluates candidates.
        rules: Of the search.
        streams: The streams a method may open.
        seeds: Root and purpose of the candidates' seeds.
        device: Whose random numbers trainings of candidates draw.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        rules: SearchRules,
        streams: dict[Split, BatchStream],
        seeds: tuple[int, str],
        device: str = "cpu",
    ) -> None:
        self.evaluator = evaluator
        self.rules = rules
        self.streams = streams
        self.seeds = seeds
        self.bill = Bill()
        self.best_validation: float | None = None
        self._released: list[str] = []
        self._charged_since: float | None = None
        self._accelerators = [device] if torch.device(device).type == "cuda" else []

    @property
    def is_exhausted(self) -> bool:
        """Whether any limit of the budget is reached."""
        return self.share_spent >= 1

    @property
    def share_spent(self) -> float:
        """The largest share of a limit that is spent, the step under way included."""
        spent, limits = self.spent(), self.rules.budget.limits()
        return max(spent[unit] / limit for unit, limit in limits.items())

    def spent(self) -> dict[str, float]:
        """Return what counts towards the budget so far, by each unit that has a limit."""
        spent: dict[str, float] = self.bill.model_dump()
        if self._charged_since is not None and not self.evaluator.is_simulated:
            spent["seconds"] += time.perf_counter() - self._charged_since
        return {unit: spent[unit] for unit in self.rules.budget.limits()}

    def stream(self, split: Split) -> Stream:
        """Open the one stream of a split; never of the test split."""
        if not self.streams:
            raise ValueError("There are no images: candidates are looked up in a table.")
        if split not in self.streams:
            raise ValueError(f"A search may not look at the {split} split, or it is empty.")
        is_training = split is Split.TRAIN
        return _MeteredStream(self.streams[split], self.bill, is_training=is_training)

    def evaluate(
        self, architecture: Architecture, fidelity: int, *, inherit: str | None = None
    ) -> Evaluation:
        """Evaluate a candidate and put it on the bill."""
        if fidelity not in self.rules.fidelities:
            raise ValueError(
                f"Fidelity {fidelity} is not offered; there are {self.rules.fidelities}."
            )
        began = time.perf_counter()
        key = f"{self.bill.evaluations:06d}"
        with torch.random.fork_rng(self._accelerators):  # a training draws from its own seed
            evaluation = self.evaluator.evaluate(
                architecture,
                self.rules.candidate,
                fidelity=fidelity,
                seed=derive_seed(self.seeds[0], self.seeds[1], "candidate", key),
                key=key,
                inherit=inherit,
            )
        self.bill.evaluations += 1
        self.bill.examples += evaluation.examples
        if not self.evaluator.is_simulated:
            self.bill.seconds -= time.perf_counter() - began
        self.bill.seconds += evaluation.seconds
        self._keep_best(evaluation.score, fidelity)
        return evaluation

    def release(self, key: str) -> None:
        """Forget a candidate's weights, once no checkpoint can ask for them any more."""
        self._released.append(key)

    def sweep(self) -> None:
        """Do what ``release`` announced; called when a checkpoint has been written."""
        for key in self._released:
            self.evaluator.release(key)
        self._released.clear()

    @contextmanager
    def charging(self) -> Iterator[None]:
        """Charge the time that passes inside; as overhead where the clock is a table's."""
        self._charged_since = time.perf_counter()
        yield
        elapsed = time.perf_counter() - self._charged_since
        self._charged_since = None
        if self.evaluator.is_simulated:
            self.bill.overhead_seconds += elapsed
        else:
            self.bill.seconds += elapsed

    def state_dict(self) -> dict[str, Any]:
        """Return the bill and every stream's place."""
        return {
            "bill": self.bill.model_dump(),
            "best_validation": self.best_validation,
            "released": list(self._released),
            "streams": {str(split): s.state_dict() for split, s in self.streams.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what ``state_dict`` returned; streams already open stay so."""
        for unit, value in state["bill"].items():
            setattr(self.bill, unit, value)
        self.best_validation = state["best_validation"]
        self._released = list(state["released"])
        for split, stream in self.streams.items():
            stream.load_state_dict(state["streams"][str(split)])

    def _keep_best(self, score: float, fidelity: int) -> None:
        """Remember the best score at full effort; NaN is never better."""
        best = float("-inf") if self.best_validation is None else self.best_validation
        if fidelity == self.rules.fidelities[-1] and score > best:
            self.best_validation = score
