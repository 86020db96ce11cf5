"""Faulty evaluators, each caught by the clause that names its fault."""

import dataclasses

import numpy as np
import pytest
import torch

from harness.api import Unsupported
from harness.evaluators.training import Training
from harness.testing.check import run_check
from harness.testing.clauses import title
from harness.testing.evaluator_checks import EVALUATOR_CHECKS


class Changed(Training):
    """Changes a verdict before it returns it."""

    def evaluate(self, architecture, recipe, **given):
        verdict = super().evaluate(architecture, recipe, **given)
        return dataclasses.replace(verdict, **self.changes(verdict, given))


class Anonymous(Changed):
    def changes(self, verdict, given):
        return {"key": "candidate"}


class Fractional(Changed):
    def changes(self, verdict, given):
        return {"score": -1.0}


class Timeless(Changed):
    def changes(self, verdict, given):
        return {"seconds": 0.0}


class CountsAnEpochTooMany(Changed):
    def changes(self, verdict, given):
        return {"examples": verdict.examples + 48}


class OptimistAboutNan(Changed):
    def changes(self, verdict, given):
        return {"score": float(np.nan_to_num(verdict.score))}


class Demanding(Training):
    def __init__(self, context, table):
        super().__init__(context)


class Unseeded(Training):
    def evaluate(self, architecture, recipe, **given):
        given["seed"] = int(torch.randint(1000, ()))
        return super().evaluate(architecture, recipe, **given)


class Idle(Training):
    def evaluate(self, architecture, recipe, **given):
        return super().evaluate(architecture, recipe, **{**given, "fidelity": 0})


class Disinheriting(Training):
    def evaluate(self, architecture, recipe, **given):
        return super().evaluate(architecture, recipe, **{**given, "inherit": None})


class Hoarding(Training):
    def release(self, key):
        return


class Sweeping(Training):
    def release(self, key):
        for file in self.context.folder.iterdir():
            file.unlink()


class Fragile(Training):
    def evaluate(self, architecture, recipe, **given):
        if recipe.learning_rate > 1:
            raise FloatingPointError("the loss is not finite")
        return super().evaluate(architecture, recipe, **given)


class Peeking(Training):
    def evaluate(self, architecture, recipe, **given):
        self.context.task.test()
        return super().evaluate(architecture, recipe, **given)


class Assessing(Training):
    """Changes an assessment before it returns it."""

    def assess(self, architecture, recipe, **given):
        assessment = super().assess(architecture, recipe, **given)
        self.change(assessment)
        return assessment


class PeekingEarly(Assessing):
    def change(self, assessment):
        self.context.task.test()


class Miscounting(Assessing):
    def change(self, assessment):
        assessment.train_images -= 1


class Impatient(Assessing):
    def change(self, assessment):
        assessment.steps -= 1


class Silent(Assessing):
    def change(self, assessment):
        assessment.report = dict


class Cowardly(Assessing):
    def change(self, assessment):
        if assessment.fit.recipe.learning_rate > 1:
            assessment.fit.recipe = assessment.fit.recipe.model_copy(update={"learning_rate": 0.1})


class Amnesiac(Assessing):
    def change(self, assessment):
        fit = assessment.fit
        load = fit.load_state_dict
        fresh = fit.optimizer.state_dict()
        fit.load_state_dict = lambda state: load({**state, "optimizer": fresh})


FAULTS = [
    (Demanding, "builds_from_its_context_alone", "'table'"),
    (Anonymous, "verdict_is_complete", "the key is 'candidate', not 'one'"),
    (Fractional, "verdict_is_complete", "no percentage"),
    (Timeless, "verdict_is_complete", "it took 0.0 seconds"),
    (Unseeded, "same_seed_gives_the_same_score", "one seed, two scores"),
    (CountsAnEpochTooMany, "examples_are_counted", "fidelity 0 counts 48 examples, not 0"),
    (Idle, "training_helps", "untrained"),
    (Disinheriting, "weights_are_inherited", "its parent"),
    (Hoarding, "release_forgets", "gone.pt"),
    (Sweeping, "release_forgets", "that was not released raised"),
    (Fragile, "divergence_scores_nan", "raised FloatingPointError"),
    (OptimistAboutNan, "divergence_scores_nan", "scores 0.0"),
    (Peeking, "search_never_sees_the_test_split", "judging a candidate loads the test split"),
    (PeekingEarly, "search_never_sees_the_test_split", "training loads the test split"),
    (Miscounting, "outcome_is_complete", "95 train images, not 96"),
    (Impatient, "assessment_is_stepped", "no 3 epochs"),
    (Silent, "assessment_is_stepped", "the curve's point is {}"),
    (Cowardly, "assessment_survives_divergence", "the test accuracy is"),
    (Amnesiac, "assessment_resumes_seamlessly", "ends otherwise"),
]


@pytest.mark.parametrize(("evaluator", "caught_by", "message"), FAULTS)
def test_faulty_evaluator_is_caught_by_the_clause_that_names_its_fault(
    evaluator, caught_by, message
):
    check = next(check for check in EVALUATOR_CHECKS if title(check) == caught_by)
    assert message in run_check("toy", check, evaluator).message


def test_every_clause_about_judging_catches_some_faulty_evaluator():
    general = {"says_what_it_is", "parameters_are_documented", "unknown_parameter_is_refused"}
    assert {c for _, c, _ in FAULTS} == {title(check) for check in EVALUATOR_CHECKS} - general


def test_evaluator_of_other_spaces_is_excepted_by_its_own_reason():
    class Table(Training):
        def __init__(self, context):
            raise Unsupported("The table holds NAS-Bench-201 only.")

    verdict = run_check("toy", EVALUATOR_CHECKS[-1], Table)
    assert (verdict.status, verdict.message) == ("excepted", "The table holds NAS-Bench-201 only.")
