"""What the loop drives: a job under way, be it a search or a final training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from harness.api import SearchSpace
from harness.results.record import Bill


class RunningJob(ABC):
    """A job cut into steps, between any two of which it can be saved and taken up again.

    Attributes:
        bill: What it has spent.
        device: Where it runs.
        space: Where its architecture lives.
        probe: Outputs for later analysis, once it is finished; None if it keeps none.
    """

    bill: Bill
    device: str
    space: SearchSpace
    probe: Mapping[str, NDArray[Any]] | None = None

    @property
    @abstractmethod
    def is_finished(self) -> bool:
        """Whether no step is left."""

    @property
    @abstractmethod
    def share_done(self) -> float:
        """How much of the job is done, 0 to 1."""

    @abstractmethod
    def step(self) -> None:
        """Take one step and charge it to the bill."""

    def start(self) -> dict[str, Any] | None:
        """Return the trajectory's first row, before any step; None if there is none."""
        return None

    @abstractmethod
    def tick(self) -> dict[str, Any] | None:
        """Return a row for the trajectory if one is due after the last step."""

    @abstractmethod
    def result(self) -> dict[str, Any]:
        """Return the record's fields that only this kind of job knows; called once, at the end."""

    @abstractmethod
    def final_state(self) -> dict[str, Any]:
        """Return what other jobs may start from: tensors and plain containers."""

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed job needs: tensors and plain containers."""

    @abstractmethod
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what ``state_dict`` returned."""

    def saved(self) -> None:  # noqa: B027 - most jobs have nothing to do then
        """Note that a checkpoint has been written."""
