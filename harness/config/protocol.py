"""The rules of a comparison: what every method of it obeys.

Everything here is part of the identity of the jobs made under it. The protocol owns batch sizes,
epochs, scale, splits and augmentation; a method owns its optimiser rules.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from harness.api import Augmentation, Recipe, Rules, SearchKind, Split
from harness.config.costs import CostRules, SuperNetwork
from harness.config.documents import merge


class Arm(StrEnum):
    """What is trained where, for a pair source -> target and one seed."""

    SOURCE = "source"
    TRANSFERRED = "transferred"
    CONTINUED = "continued"
    DIRECT = "direct"
    DIRECT_LONG = "direct_long"
    RESUMED = "resumed"
    GIVEN = "given"
    RANDOM = "random"

    @property
    def is_searched(self) -> bool:
        """Whether a method finds what is trained."""
        return self not in (Arm.GIVEN, Arm.RANDOM)


class Plugin(Rules):
    """A plugin and those of its parameters that differ from the defaults."""

    name: str
    params: dict[str, Any] = Field(default_factory=dict)


def spell_out(value: Any) -> Any:
    """Return a bare name as the mapping it is short for."""
    return {"name": value} if isinstance(value, str) else value


PluginChoice = Annotated[Plugin, BeforeValidator(spell_out)]


class Splits(Rules):
    """Shares of a task's development examples; a task with a partition of its own keeps that.

    Attributes:
        train: What weights are fitted on.
        validation: What architectures are evaluated by.
        selection: What neither sees.
        by_index: Cut the examples in the order of the data's files, as the official code of DARTS
            does; otherwise every class is divided at random, again for each seed.
    """

    train: PositiveFloat
    validation: NonNegativeFloat
    selection: NonNegativeFloat
    by_index: bool = False

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if abs(self.train + self.validation + self.selection - 1) > 1e-9:
            raise ValueError("the shares of train, validation and selection add up to one")
        return self

    def fractions(self) -> dict[Split, float]:
        """Return the share of each split."""
        return {
            Split.TRAIN: self.train,
            Split.VALIDATION: self.validation,
            Split.SELECTION: self.selection,
        }


class Budget(Rules):
    """What a search may spend; it ends when the first limit is reached.

    Attributes:
        evaluations: Candidates evaluated.
        examples: Training examples: what the train stream hands out and what the training of
            candidates sees. Validation examples are billed, not limited.
        epochs: The same, in multiples of the searched train split, so that a proxy with fewer
            images costs less.
        seconds: Time charged; not reproducible.
    """

    evaluations: PositiveInt | None = None
    examples: PositiveInt | None = None
    epochs: PositiveInt | None = None
    seconds: PositiveFloat | None = None

    @model_validator(mode="after")
    def _has_a_limit(self) -> Self:
        if not self.limits():
            raise ValueError("a budget limits evaluations, examples, epochs or seconds")
        if self.examples and self.epochs:
            raise ValueError("a budget limits examples or epochs, not both")
        return self

    def on(self, images: int) -> Self:
        """Return the same budget with epochs of so many images counted in examples."""
        if self.epochs is None:
            return self
        return self.model_copy(update={"examples": self.epochs * images, "epochs": None})

    def limits(self) -> dict[str, float]:
        """Return the limits that are set, by unit."""
        return self.model_dump(exclude_none=True)

    def times(self, factor: int) -> Self:
        """Return ``factor`` times the budget."""
        return self.model_validate({unit: limit * factor for unit, limit in self.limits().items()})


class SearchRules(Rules):
    """What every search obeys.

    Attributes:
        supernet: Size of a weight-sharing network.
        batch_size: Of the train, validation and selection streams.
        augmentation: Of the streams' images.
        budget: Of every cold search, unless the protocol has one for its kind or method; a
            continued search gets it before and after.
        ticks_per_epoch: Rows logged in each epoch of the train stream.
        evaluator: Who evaluates candidates.
        fidelities: Efforts at which candidates may be evaluated, ascending; epochs when training.
        candidate: How candidates are trained.
    """

    supernet: SuperNetwork
    batch_size: PositiveInt
    augmentation: Augmentation
    budget: Budget
    ticks_per_epoch: PositiveInt
    evaluator: PluginChoice
    fidelities: tuple[NonNegativeInt, ...]
    candidate: Recipe

    @model_validator(mode="after")
    def _fidelities_ascend(self) -> Self:
        if list(self.fidelities) != sorted(set(self.fidelities)):
            raise ValueError("fidelities ascend without repetition")
        return self


class TrainRules(Rules):
    """What every final training obeys: last-epoch test accuracy, no selection."""

    evaluator: PluginChoice
    recipe: Recipe


class SizedFor(Rules):
    """Which images a protocol's sizes were chosen for.

    Attributes:
        sides: The smallest and the largest side of an image, in pixels.
        by_default: Whether the protocol is taken for such images where none is named.
    """

    sides: tuple[PositiveInt, PositiveInt]
    by_default: bool = False


class Comparison(Rules):
    """A difference that is tested: an arm against another of the same method and pair."""

    arm: Arm
    against: Arm


class TaskRules(Rules):
    """How one task is searched, where it is not as the others are: looked up, say.

    Attributes:
        evaluator: In place of that of ``search``, as the rest is.
        fidelities: The same.
        candidate: The same.
        budget: Of every method.
    """

    evaluator: PluginChoice
    fidelities: tuple[NonNegativeInt, ...]
    candidate: Recipe
    budget: Budget


Judged = TypeVar("Judged", SearchRules, TrainRules, TaskRules)


class SpaceRules(Rules):
    """What is different in one search space.

    Attributes:
        kind_budgets: Budgets of kinds of search, over those of the protocol: how much slower a
            super-network is than a candidate depends on the space.
        method_budgets: The same of single methods.
        kind_params: Hyper-parameters by kind of search, over the protocol's.
        costs: What is counted besides accuracy, in place of the protocol's; None leaves that.
    """

    kind_budgets: dict[SearchKind, Budget] = Field(default_factory=dict)
    method_budgets: dict[str, Budget] = Field(default_factory=dict)
    kind_params: dict[SearchKind, dict[str, Any]] = Field(default_factory=dict)
    costs: CostRules | None = None


class Protocol(Rules):
    """The rules in full.

    Attributes:
        name: How reports call them.
        sized_for: Tasks that its budgets suit; others are warned about. None suits all.
        splits: Of the development examples.
        search: Rules of searches.
        kind_budgets: Budgets of kinds of search, over that of ``search``, calibrated so that
            measured seconds agree. A method says itself which kind it is.
        method_budgets: Exceptions from them for single methods.
        train: Rules of final trainings.
        random_architectures: Size R of the random arm, per target.
        kind_params: Deviations from methods' defaults that a short protocol needs, by kind; they
            apply to those methods that have a hyper-parameter of the name. Reports list them.
        method_params: The same for single methods, over those of the kind.
        primary: The declared family: Holm's correction runs over these comparisons, for every
            method and pair.
        margin: Declared margin of non-inferiority in percentage points; None suppresses verdicts
            of equivalence.
        costs: What is counted besides accuracy; None counts nothing.
        spaces: What is different in single spaces, by name::

            spaces: {mobile: {kind_budgets: {supernet: {examples: 96}}}}

            Written into the fields above, and so into records, when an experiment is planned.
        tasks: What is different in searches of single tasks, by name.
    """

    name: str
    sized_for: SizedFor | None = None
    splits: Splits
    search: SearchRules
    kind_budgets: dict[SearchKind, Budget] = Field(default_factory=dict)
    method_budgets: dict[str, Budget] = Field(default_factory=dict)
    train: TrainRules
    random_architectures: PositiveInt
    kind_params: dict[SearchKind, dict[str, Any]] = Field(default_factory=dict)
    method_params: dict[str, dict[str, Any]] = Field(default_factory=dict)
    primary: tuple[Comparison, ...]
    margin: PositiveFloat | None = None
    costs: CostRules | None = None
    spaces: dict[str, SpaceRules] = Field(default_factory=dict)
    tasks: dict[str, TaskRules] = Field(default_factory=dict)

    def in_space(self, name: str) -> Protocol:
        """Return the rules as they are in one space."""
        own = self.spaces.get(name, SpaceRules())
        return self.model_copy(
            update={
                "kind_budgets": {**self.kind_budgets, **own.kind_budgets},
                "method_budgets": {**self.method_budgets, **own.method_budgets},
                "kind_params": {
                    kind: merge(self.kind_params.get(kind, {}), own.kind_params.get(kind, {}))
                    for kind in {**self.kind_params, **own.kind_params}
                },
                "costs": own.costs or self.costs,
                "spaces": {},
            }
        )

    def search_on(self, task: str) -> SearchRules:
        """Return the rules of searches on one task, by its name."""
        own = self.tasks.get(task)
        return self.search if own is None else self.search.model_copy(update=dict(own))

    def search_rules(self, method: str, kind: SearchKind, task: str = "") -> SearchRules:
        """Return the rules of one method's searches on one task, by its name."""
        if task in self.tasks:
            return self.search_on(task)
        general = self.kind_budgets.get(kind, self.search.budget)
        budget = self.method_budgets.get(method, general)
        return self.search.model_copy(update={"budget": budget})
