"""The clauses of an evaluator's contract on train jobs, and on the test split."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from harness.api import (
    Assessment,
    Evaluator,
    Outcome,
    Split,
)
from harness.testing.clauses import Check, find_difference, freeze, no_error
from harness.testing.evaluating import (
    MIXED,
    RECIPE,
    WILD,
    assess,
    evaluate,
    finish,
    open_on_toys,
)
from harness.testing.searching import read_back
from harness.testing.toy_task import ToyBlobs


def check_search_never_sees_the_test_split(evaluator: type[Evaluator]) -> None:
    """Judging candidates never loads the test split; a train job does only in ``outcome``, once."""
    with open_on_toys(evaluator) as opened:
        evaluate(opened, key="one")
        calls = _test_calls(opened)
        assert not calls, f"judging a candidate loads the test split ({calls} times)"
        assessment = finish(assess(opened))
        calls = _test_calls(opened)
        assert not calls, f"training loads the test split ({calls} times)"
        assessment.outcome()
        calls = _test_calls(opened)
        assert calls == 1, f"the outcome loads the test split {calls} times, not once"


def check_outcome_is_complete(evaluator: type[Evaluator]) -> None:
    """A train job's outcome counts parameters, images and predictions, and they agree."""
    with open_on_toys(evaluator) as opened:
        outcome = finish(assess(opened)).outcome()
        task = opened.context.task
        test = task.test()
        fitted = sum(len(opened.context.rows[s]) for s in (Split.TRAIN, Split.VALIDATION))
        assert outcome.train_images == fitted, f"{outcome.train_images} train images, not {fitted}"
        assert outcome.test_images == len(test.labels), f"{outcome.test_images} test images"
        network = opened.context.space.build(MIXED, task.shape, RECIPE.scale)
        parameters = sum(p.numel() for p in network.parameters())
        assert outcome.parameters == parameters, f"{outcome.parameters} of {parameters} parameters"
        assert outcome.multiply_adds > 0, "there are no multiply-adds"
        assert outcome.validation_accuracy is None or 0 <= outcome.validation_accuracy <= 100, (
            f"the validation accuracy is {outcome.validation_accuracy}"
        )
        _require_probe(outcome, test.labels, test.units, task.shape.classes)


def check_assessment_is_stepped(evaluator: type[Evaluator]) -> None:
    """A train job's steps make up whole epochs over train + validation; its curve is numbers."""
    with open_on_toys(evaluator) as opened:
        assessment = assess(opened)
        steps, epoch = assessment.steps, assessment.epoch_steps
        assert steps == RECIPE.epochs * epoch > 0, f"{steps} steps are no {RECIPE.epochs} epochs"
        for step in range(1, steps + 1):
            assessment.step()
            if step % epoch == 0:
                point = assessment.report()
                assert point and all(isinstance(value, float) for value in point.values()), (
                    f"the curve's point is {point}, no numbers"
                )
        fitted = sum(len(opened.context.rows[s]) for s in (Split.TRAIN, Split.VALIDATION))
        expected = RECIPE.epochs * fitted
        assert assessment.examples == expected, f"{assessment.examples} examples, not {expected}"


def check_assessment_survives_divergence(evaluator: type[Evaluator]) -> None:
    """A train job that diverges ends with a test accuracy of NaN and raises nothing."""
    with open_on_toys(evaluator) as opened, no_error("a train job that diverges"):
        outcome = finish(assess(opened, WILD)).outcome()
        assert math.isnan(outcome.test_accuracy), f"the test accuracy is {outcome.test_accuracy}"


def check_assessment_resumes_seamlessly(evaluator: type[Evaluator]) -> None:
    """A train job saved half-way and taken up by a new object ends exactly as one in one go."""
    with open_on_toys(evaluator) as opened:
        through = finish(assess(opened))
    with open_on_toys(evaluator) as opened:
        halves = assess(opened)
        for _ in range(halves.steps // 2):
            halves.step()
        with no_error("torch.load(state, weights_only=True)"):
            saved = read_back(halves.state_dict())
        random = torch.get_rng_state()
    with open_on_toys(evaluator) as opened:
        halves = assess(opened)
        halves.load_state_dict(saved)
        torch.set_rng_state(random)
        finish(halves, halves.steps // 2)
        parting = find_difference(_ending(through), _ending(halves))
        assert not parting, f"the resumed train job ends otherwise, {parting}"


def _ending(assessment: Assessment) -> Any:
    return freeze(
        {
            "report": assessment.report(),
            "network": assessment.network_state(),
            "examples": assessment.examples,
            "accuracy": assessment.outcome().test_accuracy,
        }
    )


def _test_calls(opened: Evaluator) -> int:
    task = opened.context.task
    assert isinstance(task, ToyBlobs), "the evaluator has exchanged the task"
    return task.test_calls


def _require_probe(outcome: Outcome, labels: Any, units: Any, classes: int) -> None:
    probe, count = outcome.probe, len(labels)
    missing = {"logits", "features", "predictions", "labels", "units"} - probe.keys()
    assert not missing, f"the probe lacks {sorted(missing)}"
    assert np.array_equal(probe["labels"], labels), "the probe's labels are not the test split's"
    assert np.array_equal(probe["units"], units), "the probe's units are not the test split's"
    assert probe["predictions"].shape == (count,), "there is not one prediction for each test image"
    size = len(probe["logits"])
    assert probe["logits"].shape == (size, classes), "the probe's logits do not fit the classes"
    assert probe["features"].ndim == 2 and len(probe["features"]) == size, (
        "the probe's features do not fit its logits"
    )
    right = 100 * float((probe["predictions"] == labels).mean())
    assert math.isclose(right, outcome.test_accuracy), (
        f"the test accuracy is {outcome.test_accuracy}, but {right} % of the predictions are right"
    )


ASSESSMENT_CHECKS: Sequence[Check] = (
    check_search_never_sees_the_test_split,
    check_outcome_is_complete,
    check_assessment_is_stepped,
    check_assessment_survives_divergence,
    check_assessment_resumes_seamlessly,
)
