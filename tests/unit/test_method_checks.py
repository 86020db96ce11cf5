"""Faulty methods (written on purpose, 2026): each is caught by the clause that names its fault."""

import dataclasses
import math
import random
import types
from typing import ClassVar

import numpy as np
import pytest
import torch

from harness.api import Startup, Unsupported
from harness.testing.check import run_check
from harness.testing.clauses import title
from harness.testing.method_checks import METHOD_CHECKS
from methods.darts import Darts
from methods.random_search import RandomSearch


def broken_clauses(checks, method):
    verdicts = {title(check): run_check("toy", check, method) for check in checks}
    return {name: v.message for name, v in verdicts.items() if v.status == "failed"}


class Unsourced(RandomSearch):
    __module__ = "harness.testing"  # whose docstring names no source


class Undocumented(RandomSearch):
    """One candidate per step.

    Args:
        problem: What to search.
    """

    def __init__(self, problem, *, patience: int = 3):
        super().__init__(problem)


class WithoutDefault(RandomSearch):
    """One candidate per step.

    Args:
        problem: What to search.
        patience: In steps.
    """

    def __init__(self, problem, *, patience: int):
        super().__init__(problem)


class Permissive(RandomSearch):
    """One candidate per step.

    Args:
        problem: What to search.
    """

    def __init__(self, problem, **options):
        super().__init__(problem)


class Demanding(RandomSearch):
    def __init__(self, problem, budget):
        super().__init__(problem)


class Wordless(RandomSearch):
    @classmethod
    def complaint(cls, params, *, fidelities, target, budget):
        return "no" if target else None


class Misnamed(RandomSearch):
    @classmethod
    def startup(cls, params, *, fidelities):
        return Startup("populaton", (1, 1))


class Unaffordable(RandomSearch):
    @classmethod
    def startup(cls, params, *, fidelities):
        return Startup("fidelity", (7,))


class SelfCritical(RandomSearch):
    @classmethod
    def complaint(cls, params, *, fidelities, target, budget):
        return "Nothing is good enough."


class ComplainsLate(RandomSearch):
    """One candidate per step.

    Args:
        problem: What to search.
        patience: In steps.
    """

    contract_params: ClassVar = {"patience": 3}

    def __init__(self, problem, *, patience: int = 0):
        super().__init__(problem)
        if patience:
            raise ValueError("too late")


class AnswersLate(RandomSearch):
    def incumbent(self):
        return self.best if np.isfinite(self.best_at[1]) else None


class AnswersAtRandom(RandomSearch):
    def incumbent(self):
        self.problem.rng.random()
        return self.best


class Lazy(RandomSearch):
    turn = 0

    def step(self):
        self.turn += 1
        if self.turn % 5:
            super().step()

    def state_dict(self):
        return {**super().state_dict(), "turn": self.turn}

    def load_state_dict(self, state):
        super().load_state_dict(state)
        self.turn = state["turn"]


class Misdeclared(RandomSearch):
    currencies = ("evaluations", "gpu_days")


class Untrained(RandomSearch):
    """Never spends an example, although its currencies say so."""

    def __init__(self, problem):
        super().__init__(problem, fidelity=0)


class Trespasser(RandomSearch):
    def step(self):
        super().step()
        self.problem.evaluate((9,) * len(self.best), self.fidelity)


class NumpyIntegers(RandomSearch):
    def propose(self):
        return tuple(np.array(super().propose()))


class Necromancer(RandomSearch):
    """Inherits from what it has just released."""

    def step(self):
        verdict = self.problem.evaluate(self.best, self.fidelity)
        self.problem.release(verdict.key)
        self.problem.evaluate(self.best, self.fidelity, inherit=verdict.key)


class GlobalDice(RandomSearch):
    def step(self):
        super().step()
        random.choice([super().step, int])()


class OwnDice(RandomSearch):
    def __init__(self, problem):
        rng = np.random.default_rng(0)
        super().__init__(dataclasses.replace(problem, rng=rng))


class Forgetful(RandomSearch):
    def load_state_dict(self, state):
        self.best, self.queue = tuple(state["best"]), state["queue"]


class Pickled(RandomSearch):
    def state_dict(self):
        return {**super().state_dict(), "helper": types.SimpleNamespace()}


class AfraidOfNan(RandomSearch):
    def step(self):
        super().step()
        if self.best_at[1] == float("-inf"):
            raise ValueError("nothing is better than nothing")


class LovesNan(RandomSearch):
    def judge(self, architecture, fidelity):
        verdict = self.problem.evaluate(architecture, fidelity)
        fitness = verdict.score * self.fitness.factor(architecture)
        if not fitness < self.best_at[1]:
            self.best, self.best_at = architecture, (fidelity, fitness)
        return fitness


class Deaf(RandomSearch):
    def judge(self, architecture, fidelity):
        self.fitness = lambda architecture, score: score if math.isfinite(score) else -math.inf
        return super().judge(architecture, fidelity)


class Secretive(RandomSearch):
    @classmethod
    def heeds_target(cls, params):
        return False


class Curt(RandomSearch):
    @classmethod
    def unsupported(cls, space, *, has_images, fidelities):
        return None if fidelities else "no"


class Overconfident(RandomSearch):
    @classmethod
    def unsupported(cls, space, *, has_images, fidelities):
        return None


class TensorInsights(RandomSearch):
    def insights(self):
        return {"score": torch.zeros(2)}


class CountingInsights(RandomSearch):
    readings = 0

    def insights(self):
        self.readings += 1
        return {"readings": self.readings}


class DrawingInsights(RandomSearch):
    def insights(self):
        self.problem.rng.random()
        return {}


class FlatAlphas(RandomSearch):
    def insights(self):
        return {"alphas": [0.0]}


class BadStart(RandomSearch):
    def warm_start(self, source):
        self.best = source.architecture[:2]


class WordlessRefusal(RandomSearch):
    def warm_start(self, source):
        raise Unsupported


class SeedsTorch(Darts):
    contract_params = types.MappingProxyType({})

    def __init__(self, problem):
        torch.manual_seed(0)
        super().__init__(problem)


class DropsMomentum(Darts):
    def load_state_dict(self, state):
        fresh = self.weight_optimizer.state_dict()
        super().load_state_dict({**state, "weight_optimizer": fresh})


class NeedsASupernet(Darts):
    @classmethod
    def unsupported(cls, space, *, has_images, fidelities):
        return None if has_images else "There are no images."


class BlindMonitor(Darts):
    def search_network(self):
        found = super().search_network()
        return dataclasses.replace(found, probabilities=lambda: found.probabilities()[:4])


class CarriesTheClassifier(Darts):
    def warm_start(self, source):
        self.supernet.load_state_dict(source.state["supernet"])


class ComparesShapes(Darts):
    def warm_start(self, source):
        super().warm_start(dataclasses.replace(source, has_same_classes=True))


# Faults that leave everything else as it should be.
LONE_FAULTS = [
    (Unsourced, "names_its_source", "should begin with"),
    (Undocumented, "parameters_are_documented", "'patience' is not documented"),
    (Permissive, "unknown_parameter_is_refused", "takes any keyword"),
    (Lazy, "every_step_spends", "step 5 spends nothing"),
    (Misdeclared, "every_step_spends", "gpu_days"),
    (Untrained, "every_step_spends", "'examples' but spends none"),
    (LovesNan, "answer_did_not_diverge", "whose score was NaN"),
    (Deaf, "heeds_the_target_that_it_says_it_heeds", "it says that it heeds a target, but options"),
    (Secretive, "heeds_the_target_that_it_says_it_heeds", "it says that it heeds no target, but"),
    (AnswersAtRandom, "answer_is_valid_at_any_time", "not free"),
    (Curt, "says_what_it_cannot_search", "should give a sentence, not 'no'"),
    (Wordless, "complains_before_it_is_built", "should give a sentence: 'no'"),
    (Misnamed, "knows_its_startup", "names 'populaton', which is none of its own"),
    (Unaffordable, "knows_its_startup", "evaluates at [7], but (0, 1, 2) are on offer"),
    (SelfCritical, "complains_before_it_is_built", "its own contract_params"),
    (Overconfident, "says_what_it_cannot_search", "with fidelities ()"),
    (TensorInsights, "insights_are_plain", "json.dumps"),
    (FlatAlphas, "insights_are_plain", "1 lists of alphas for 6 edges"),
    (DrawingInsights, "reading_insights_changes_nothing", "changes the search"),
    (BadStart, "warm_start_goes_on", "does not belong to the space"),
    (WordlessRefusal, "warm_start_goes_on", "should say why"),
    (
        ComparesShapes,
        "classifier_is_not_taken_over_to_other_classes",
        "comes from a search with other classes",
    ),
]
# Faults that other clauses cannot help seeing as well.
DEEP_FAULTS = [
    (WithoutDefault, "parameters_are_documented", "has no default"),
    (Demanding, "builds_from_a_problem_alone", "budget"),
    (ComplainsLate, "complains_before_it_is_built", "ValueError: too late"),
    (AnswersLate, "answer_is_valid_at_any_time", "None is no tuple"),
    (Trespasser, "proposes_only_valid_architectures", "does not belong to the space"),
    (NumpyIntegers, "proposes_only_valid_architectures", "no tuple of Python integers"),
    (Necromancer, "proposes_only_valid_architectures", "was released"),
    (GlobalDice, "same_seed_gives_the_same_search", "two searches"),
    (OwnDice, "seed_matters", "generators of its own"),
    (SeedsTorch, "seed_matters", "generators of its own"),
    (Pickled, "state_is_plain", "weights_only"),
    (Forgetful, "resuming_is_seamless", "parts from a search in one go"),
    (DropsMomentum, "resuming_is_seamless", "parts from a search in one go"),
    (AfraidOfNan, "survives_divergence", "nothing is better than nothing"),
    (NeedsASupernet, "says_what_it_cannot_search", "no super-network"),
    (CountingInsights, "reading_insights_changes_nothing", "read twice differ"),
    (CarriesTheClassifier, "warm_start_goes_on", "from 4 classes to 3"),
    (BlindMonitor, "search_network_can_be_watched", "not [3, 3, 3, 3, 3, 3]"),
]


@pytest.mark.parametrize(("method", "caught_by", "message"), LONE_FAULTS)
def test_faulty_method_is_caught_by_the_one_clause_that_names_its_fault(method, caught_by, message):
    broken = broken_clauses(METHOD_CHECKS, method)
    assert broken.keys() == {caught_by}
    assert message in broken[caught_by]


@pytest.mark.parametrize(("method", "caught_by", "message"), DEEP_FAULTS)
def test_deeply_faulty_method_is_caught_by_the_clause_that_names_its_fault(
    method, caught_by, message
):
    check = next(check for check in METHOD_CHECKS if title(check) == caught_by)
    assert message in broken_clauses([check], method)[caught_by]


def test_every_clause_catches_some_faulty_method():
    caught = {caught_by for _, caught_by, _ in LONE_FAULTS + DEEP_FAULTS}
    assert caught | {"says_what_it_is"} == {title(check) for check in METHOD_CHECKS}


@pytest.mark.parametrize("method", [RandomSearch, Darts])
def test_healthy_method_keeps_every_clause(method):
    assert not broken_clauses(METHOD_CHECKS, method)
