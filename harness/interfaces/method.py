"""A NAS method: it proposes architectures, one step at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from harness.errors import Unsupported
from harness.interfaces.architecture import Architecture
from harness.interfaces.problem import Problem
from harness.interfaces.space import SearchSpace
from harness.interfaces.task import TaskShape

if TYPE_CHECKING:
    from torch import Tensor, nn

    from harness.interfaces.gates import Gates


class SearchKind(StrEnum):
    """What a search trains; protocols set budgets by it, so that a method need not be known.

    An example that a super-network is trained on takes far longer than one that a single candidate
    is trained on, so equal seconds are different numbers of examples.
    """

    CANDIDATES = "candidates"
    SUPERNET = "supernet"


@dataclass(frozen=True)
class Startup:
    """What a search does before its first decision that rests on a score or a loss.

    Attributes:
        parameter: Name of the hyper-parameter that says how much.
        fidelities: Of the candidates that are evaluated, one after another.
        epochs: Of the train stream.
    """

    parameter: str = ""
    fidelities: Sequence[int] = ()
    epochs: int = 0


@dataclass(frozen=True)
class SearchState:
    """Where another search ended; what a warm start begins from.

    Attributes:
        method: Name of the method that searched.
        shape: Of the task it searched on.
        architecture: Its answer.
        state: What its ``state_dict`` returned.
        has_same_classes: Whether its task's classes are those searched now, so that a classifier
            may be taken over; an equal number of classes does not say so.
    """

    method: str
    shape: TaskShape
    architecture: Architecture
    state: dict[str, Any]
    has_same_classes: bool = False


@dataclass(frozen=True)
class SearchNetwork:
    """What monitors look at.

    Attributes:
        supernet: The weight-sharing network.
        alphas: The architecture parameters, one tensor per edge.
        gates: Returns the gates of the present parameters.
        probabilities: Returns the present probabilities of each edge's operations.
    """

    supernet: nn.Module
    alphas: Sequence[Tensor]
    gates: Callable[[], Gates]
    probabilities: Callable[[], Sequence[Tensor]]


class Method(ABC):
    """A search algorithm; one instance serves one search.

    The harness owns the loop: it calls ``step`` until the budget is spent, meters each call, and
    logs, checkpoints or stops between two of them. A step is one candidate, or one step on the
    architecture parameters and one on the weights. Hyper-parameters are the keyword-only arguments
    of the constructor, all with a default, each documented under ``Args:`` of the class.

    Attributes:
        currencies: Units of the budget that this method spends; one of them must be limited.
        contract_params: Hyper-parameters with which a dozen steps reach every branch; used by the
            contract checks.
        exceptions: Contract clauses that do not hold, each with its reason.
    """

    currencies: ClassVar[tuple[str, ...]] = ("evaluations", "examples", "seconds")
    contract_params: ClassVar[Mapping[str, Any]] = {}
    exceptions: ClassVar[Mapping[str, str]] = {}

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    @classmethod
    def kind(cls, params: Mapping[str, Any]) -> SearchKind:
        """Return what a search by this method trains.

        By default candidates, if evaluations are among its currencies, else a super-network.

        Args:
            params: All hyper-parameters, each of its declared type, as the constructor gets them.
        """
        evaluates = "evaluations" in cls.currencies
        return SearchKind.CANDIDATES if evaluates else SearchKind.SUPERNET

    @classmethod
    def unsupported(
        cls, space: SearchSpace, *, has_images: bool, fidelities: tuple[int, ...]
    ) -> str | None:
        """Say in a sentence why this method cannot search ``space``, or return None.

        Args:
            space: What would be searched.
            has_images: Whether train and validation images can be streamed.
            fidelities: Efforts at which candidates may be evaluated.
        """
        return None

    @classmethod
    def complaint(
        cls,
        params: Mapping[str, Any],
        *,
        fidelities: tuple[int, ...],
        target: float | None,
        budget: Mapping[str, float],
    ) -> str | None:
        """Say in a sentence which hyper-parameters cannot go together here, or return None.

        Asked when an experiment is planned, before anything runs or is written, and again before
        the method is built.

        Args:
            params: All hyper-parameters, each of its declared type, as the constructor gets them.
            fidelities: Efforts at which candidates may be evaluated.
            target: What a network should cost, in the comparison's currency; None asks for nothing.
            budget: Limits of a search by unit: evaluations, examples, epochs, seconds.
        """
        return None

    @classmethod
    def startup(cls, params: Mapping[str, Any], *, fidelities: tuple[int, ...]) -> Startup:
        """Return what a search does before it can learn from anything; by default nothing.

        A budget that is spent by then is warned about when an experiment is planned.

        Args:
            params: All hyper-parameters, each of its declared type, as the constructor gets them.
            fidelities: Efforts at which candidates may be evaluated; at least one, or the method
                ``unsupported``.
        """
        return Startup()

    @classmethod
    def heeds_target(cls, params: Mapping[str, Any]) -> bool:
        """Tell whether a search aims at the target of cost that a comparison may set.

        Reports and plans name the methods that do not. By default no method does.

        Args:
            params: All hyper-parameters, each of its declared type, as the constructor gets them.
        """
        return False

    @abstractmethod
    def step(self) -> None:
        """Do one unit of work."""

    @abstractmethod
    def incumbent(self) -> Architecture:
        """Return the architecture to report if the search stopped now; valid at any time."""

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed search needs to go on exactly here: tensors, plain containers."""

    @abstractmethod
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what ``state_dict`` returned."""

    def warm_start(self, source: SearchState) -> None:
        """Begin where another search ended; called once, before the first step.

        Raises:
            Unsupported: If this method cannot, or not from that search.
        """
        raise Unsupported("The method defines no warm start.")

    def insights(self) -> dict[str, Any]:
        """Return what is worth logging at a tick: numbers, texts, or lists of numbers.

        ``alphas`` holds the raw architecture parameters, one list per edge.
        """
        return {}

    def execution(self) -> Mapping[str, str]:
        """Return how steps ran (captured or eager, memory layout, precision), for the record."""
        return {}

    def search_network(self) -> SearchNetwork | None:
        """Return the super-network under search, or None if there is none."""
        return None
