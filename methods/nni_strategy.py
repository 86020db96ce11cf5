"""NNI (Microsoft, 2017 to 2023, version 3.0): its own DARTS, Gumbel, random one-shot, evolution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt
from typing_extensions import override

from harness.api import (
    Architecture,
    Method,
    Problem,
    Rules,
    SearchKind,
    SearchNetwork,
    SearchSpace,
    SearchState,
    Startup,
    Tunable,
    Unsupported,
    WeightSharingSpace,
)
from harness.search.evolution.population import find_crowded
from harness.search.nni.quiet import silenced
from harness.search.oneshot.descent import ChoiceDescent, WeightDescent
from harness.search.oneshot.supernet_search import Carry
from harness.search.sample_based import find_missing

# The extra that has to be installed, and what it brings.
REQUIRES = {"nni": ("nni", "pytorch_lightning")}

Strategy = Literal["darts", "gumbel", "random", "evolution"]


class Choices(Rules):
    """What NNI lets one say of how alpha descends; the rest is as in ``ChoiceDescent``.

    Attributes:
        learning_rate: Of Adam.
        warmup_epochs: Epochs before the first step.
    """

    learning_rate: Annotated[NonNegativeFloat, Tunable(1e-4, 0.1, log=True)] = 3e-4
    warmup_epochs: NonNegativeInt = 0


WEIGHTS = WeightDescent()
CHOICES = Choices()


class NniStrategy(Method):
    """A second implementation beside ours: NNI searches our space, under our budget and splits.

    One step is a whole search, for NNI cannot be stepped: a search that is killed begins again, and
    its trajectory has a beginning and an end only.

    The one-shot strategies train our super-network, on our streams, with the optimiser, schedule
    and clipping that ``weights`` says, the same as ``darts``'. What is NNI's own:

    * ``darts`` is of first order (``order: 1`` of our ``darts``, step for step). Of the rule for
      alpha only the learning rate and the warm-up can be chosen; the rest is fixed at what the
      official code of DARTS has, as ``darts``' defaults are. In the epochs of a warm-up it draws
      validation batches without looking at them.
    * ``gumbel`` weighs operations by Gumbel-softmax, all edges drawn again in each pass. The answer
      is derived from the softmax of alpha, as NNI's own export is; its probabilities are a draw.
    * ``random`` (Guo et al., 2019) trains uniform paths, one option on each edge. NNI chooses none
      of them; here some sampled architectures are judged with the shared weights, and the best is
      the answer. In spaces of cells they have fewer edges than the paths that were trained.
    * ``evolution`` draws every decision again with a small probability instead of changing one,
      tournaments without replacement, and never judges an architecture twice.

    NNI's Proxyless is left out: it fails on NNI's own spaces of cells, and through our gates every
    operation would run, without the one path in memory that it is for. So are NNI's experiments,
    which take some 20 s to start a trial. ``evolution`` is told the fitness that our sample-based
    methods go by; the others do not aim at a target of cost.

    Args:
        problem: What to search.
        strategy: Which of NNI's strategies searches.
        weights: How the super-network's weights descend (one-shot).
        choices: How alpha descends (``darts``, ``gumbel``).
        temperature: Of Gumbel-softmax, in the first epoch, and in the one after the last, to which
            it falls linearly (NNI's default).
        candidates: Architectures that ``random`` judges with the shared weights.
        batches: Validation batches that ``random`` judges each of them on.
        population: Of ``evolution`` (NNI's default).
        tournament: Of ``evolution`` (NNI's default: sample_size).
        mutation: Probability that ``evolution`` draws a decision again (NNI's default).
        fidelity: Effort that ``evolution`` spends on a candidate; None takes the highest on offer.
        carry: What a warm start takes over, but for ``evolution``: weights, alpha or both. The
            source's answer is the first candidate of ``random`` and ``evolution``.
    """

    contract_params: ClassVar[Mapping[str, Any]] = {
        "choices": {"learning_rate": 0.1},
        "candidates": 2,
        "batches": 1,
        "population": 4,
        "tournament": 2,
    }
    exceptions: ClassVar[Mapping[str, str]] = {
        "says_what_it_cannot_search": "What can be searched depends on the strategy; what no "
        "strategy can search is said beforehand, the rest when the method is built.",
        "every_step_spends": "What is spent depends on the strategy: evolution spends "
        "evaluations, the others train batches.",
        "resuming_is_seamless": "NNI cannot be stepped: one step is the whole search, so that one "
        "that is killed half-way begins again.",
    }

    def __init__(
        self,
        problem: Problem,
        *,
        strategy: Strategy = "darts",
        weights: WeightDescent = WEIGHTS,
        choices: Choices = CHOICES,
        temperature: tuple[PositiveFloat, PositiveFloat] = (1.0, 0.33),
        candidates: PositiveInt = 10,
        batches: PositiveInt = 10,
        population: PositiveInt = 100,
        tournament: PositiveInt = 25,
        mutation: Annotated[float, Field(gt=0, le=1)] = 0.05,
        fidelity: NonNegativeInt | None = None,
        carry: Carry = "weights+alpha",
    ) -> None:
        super().__init__(problem)
        descent = ChoiceDescent(**choices.model_dump())
        self.search: Method
        with silenced():
            if strategy == "evolution":
                if not problem.fidelities:
                    raise Unsupported("The protocol offers no fidelity to judge candidates at.")
                from harness.search.nni.evolution import Evolution

                self.search = Evolution(
                    problem,
                    population=population,
                    tournament=tournament,
                    mutation=mutation,
                    fidelity=fidelity,
                )
            elif strategy == "random":
                from harness.search.nni.single_path import SinglePath

                self.search = SinglePath(
                    problem,
                    candidates=candidates,
                    batches=batches,
                    weights=weights,
                    choices=descent,
                    carry=carry,
                )
            else:
                from harness.search.nni.relaxation import Relaxation

                self.search = Relaxation(
                    problem,
                    rule=strategy,
                    temperature=temperature,
                    weights=weights,
                    choices=descent,
                    carry=carry,
                )

    @classmethod
    @override
    def kind(cls, params: Mapping[str, Any]) -> SearchKind:
        is_evolution = params["strategy"] == "evolution"
        return SearchKind.CANDIDATES if is_evolution else SearchKind.SUPERNET

    @classmethod
    @override
    def unsupported(
        cls, space: SearchSpace, *, has_images: bool, fidelities: tuple[int, ...]
    ) -> str | None:
        if fidelities or (has_images and isinstance(space, WeightSharingSpace)):
            return None
        return "There is neither a super-network to train nor a fidelity to judge candidates at."

    @classmethod
    @override
    def complaint(
        cls,
        params: Mapping[str, Any],
        *,
        fidelities: tuple[int, ...],
        target: float | None,
        budget: Mapping[str, float],
    ) -> str | None:
        if params["strategy"] == "evolution":
            crowded = find_crowded(params["tournament"], params["population"])
            return crowded or find_missing(fidelities, params["fidelity"])
        if not {"examples", "epochs", "seconds"} & set(budget):
            return (
                f"The strategy {params['strategy']} spends examples and seconds, and the budget "
                f"limits only {' and '.join(budget)}."
            )
        first, last = params["temperature"]
        if first >= last:
            return None
        return f"The temperature falls; it cannot begin at {first:g} and end at {last:g}."

    @classmethod
    @override
    def heeds_target(cls, params: Mapping[str, Any]) -> bool:
        return bool(params["strategy"] == "evolution")

    @classmethod
    @override
    def startup(cls, params: Mapping[str, Any], *, fidelities: tuple[int, ...]) -> Startup:
        if params["strategy"] != "evolution":
            return Startup("choices.warmup_epochs", epochs=params["choices"].warmup_epochs)
        effort = fidelities[-1] if params["fidelity"] is None else params["fidelity"]
        return Startup("population", (effort,) * params["population"])

    @override
    def step(self) -> None:
        self.search.step()

    @override
    def incumbent(self) -> Architecture:
        return self.search.incumbent()

    @override
    def warm_start(self, source: SearchState) -> None:
        self.search.warm_start(source)

    @override
    def insights(self) -> dict[str, Any]:
        return self.search.insights()

    @override
    def search_network(self) -> SearchNetwork | None:
        return self.search.search_network()

    @override
    def state_dict(self) -> dict[str, Any]:
        return self.search.state_dict()

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.search.load_state_dict(state)
