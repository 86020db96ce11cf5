"""The contract of an evaluator, one function per clause; each docstring is the clause.

All of it on toy cells and toy blobs; an evaluator that knows other spaces only says so by raising
Unsupported when it is built, and is excepted.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from harness.api import (
    Architecture,
    Assessment,
    Augmentation,
    Bench,
    Evaluation,
    Evaluator,
    Outcome,
    Recipe,
    Split,
    Unsupported,
)
from harness.testing.clauses import Check, Excepted, difference, frozen, no_error
from harness.testing.plugin_checks import PLUGIN_CHECKS
from harness.testing.searching import read_back
from harness.testing.toy_space import EDGES, OPERATIONS, ToyCell
from harness.testing.toy_task import ToyBlobs

RECIPE = Recipe(
    channels=4,
    cells=1,
    epochs=3,
    batch_size=16,
    learning_rate=0.1,
    final_learning_rate=0.0,
    momentum=0.9,
    nesterov=False,
    weight_decay=3e-4,
    gradient_clip=5.0,
    label_smoothing=0.0,
    auxiliary_weight=0.0,
    drop_path=0.3,
    augmentation=Augmentation(crop_padding=1, flip=True, cutout=2),
)
WILD = RECIPE.model_copy(update={"learning_rate": 1e30, "gradient_clip": 0.0})
ALL_CONVOLUTIONS: Architecture = (OPERATIONS.index("conv_3x3"),) * len(EDGES)
MIXED: Architecture = (2, 1, 2, 0, 1, 2)


def check_builds_from_a_bench_alone(evaluator: type[Evaluator]) -> None:
    """It can be built from a bench alone, and building it leaves no files."""
    with _benched(evaluator) as judge:
        folder = judge.bench.folder
        assert not folder.exists() or not list(folder.iterdir()), "there are files already"


def check_verdict_is_complete(evaluator: type[Evaluator]) -> None:
    """A verdict has the key it was asked for, a score in percent, and took positive seconds."""
    with _benched(evaluator) as judge:
        verdict = _judge(judge, key="one")
        assert verdict.key == "one", f"the key is {verdict.key!r}, not 'one'"
        assert 0 <= verdict.score <= 100, f"the score is {verdict.score}, no percentage"
        assert verdict.seconds > 0, f"it took {verdict.seconds} seconds"


def check_same_seed_gives_the_same_score(evaluator: type[Evaluator]) -> None:
    """Equal candidates with equal seeds get equal scores, whatever was drawn in between."""
    with _benched(evaluator) as judge:
        torch.manual_seed(1)
        first = _judge(judge, key="one")
        torch.manual_seed(2)
        second = _judge(judge, key="two")
        assert first.score == second.score, f"one seed, two scores: {first.score}, {second.score}"
    with _benched(evaluator) as other:
        third = _judge(other, key="one")
        assert first.score == third.score, "another evaluator judges the same candidate otherwise"


def check_examples_are_counted(evaluator: type[Evaluator]) -> None:
    """Examples are those that training sees: epochs times train images, none when untrained."""
    with _benched(evaluator) as judge:
        images = len(judge.bench.rows[Split.TRAIN])
        for fidelity in (0, 1, 3):
            verdict = _judge(judge, key=f"at {fidelity}", fidelity=fidelity)
            expected = fidelity * images
            assert verdict.examples == expected, (
                f"fidelity {fidelity} counts {verdict.examples} examples, not {expected}"
            )


def check_training_helps(evaluator: type[Evaluator]) -> None:
    """A candidate trained for long on an easy task scores far above chance and above untrained."""
    with _benched(evaluator) as judge:
        recipe = RECIPE.model_copy(update={"drop_path": 0.0})
        untrained = _judge(judge, key="untrained", recipe=recipe, fidelity=0).score
        trained = _judge(judge, key="trained", recipe=recipe, fidelity=15).score
        assert trained > max(untrained, 60), f"untrained {untrained:.0f} %, trained {trained:.0f} %"


def check_weights_are_inherited(evaluator: type[Evaluator]) -> None:
    """A twin that inherits, and says so, gets its parent's score untrained, not a fresh one's."""
    with _benched(evaluator) as judge:
        parent = _judge(judge, key="parent", fidelity=8)
        twin = _judge(judge, key="twin", fidelity=0, seed=1, inherit="parent")
        fresh = _judge(judge, key="fresh", fidelity=0, seed=1)
        assert parent.score != fresh.score, "a trained candidate scores like an untrained one"
        assert twin.score == parent.score, f"the twin got {twin.score}, its parent {parent.score}"
        assert twin.has_inherited, "an evaluation with inherited weights does not say so"
        assert not fresh.has_inherited, "an evaluation from scratch says that it inherited"


def check_release_forgets(evaluator: type[Evaluator]) -> None:
    """Released weights cannot be inherited any more and leave no file; others stay."""
    with _benched(evaluator) as judge:
        _judge(judge, key="kept")
        before = _files(judge)
        _judge(judge, key="gone")
        judge.release("gone")
        assert _files(judge) <= before, f"{sorted(_files(judge) - before)} was left behind"
        with no_error("inheriting from a candidate that was not released"):
            _judge(judge, key="child", fidelity=0, inherit="kept")
        try:
            _judge(judge, key="orphan", fidelity=0, inherit="gone")
        except Exception:  # noqa: BLE001 - any complaint will do
            return
        raise AssertionError("released weights can still be inherited")


def check_divergence_scores_nan(evaluator: type[Evaluator]) -> None:
    """A training that diverges scores NaN and raises nothing."""
    with _benched(evaluator) as judge, no_error("a training that diverges"):
        verdict = _judge(judge, key="wild", recipe=WILD)
        assert math.isnan(verdict.score), f"a training that diverged scores {verdict.score}"


def check_search_never_sees_the_test_split(evaluator: type[Evaluator]) -> None:
    """Judging candidates never loads the test split; a train job does only in ``outcome``, once."""
    with _benched(evaluator) as judge:
        _judge(judge, key="one")
        calls = _test_calls(judge)
        assert not calls, f"judging a candidate loads the test split ({calls} times)"
        assessment = _finish(_assess(judge))
        calls = _test_calls(judge)
        assert not calls, f"training loads the test split ({calls} times)"
        assessment.outcome()
        calls = _test_calls(judge)
        assert calls == 1, f"the outcome loads the test split {calls} times, not once"


def check_outcome_is_complete(evaluator: type[Evaluator]) -> None:
    """A train job's outcome counts parameters, images and predictions, and they agree."""
    with _benched(evaluator) as judge:
        outcome = _finish(_assess(judge)).outcome()
        task = judge.bench.task
        test = task.test()
        fitted = sum(len(judge.bench.rows[s]) for s in (Split.TRAIN, Split.VALIDATION))
        assert outcome.train_images == fitted, f"{outcome.train_images} train images, not {fitted}"
        assert outcome.test_images == len(test.labels), f"{outcome.test_images} test images"
        network = judge.bench.space.build(MIXED, task.shape, RECIPE.scale)
        parameters = sum(p.numel() for p in network.parameters())
        assert outcome.parameters == parameters, f"{outcome.parameters} of {parameters} parameters"
        assert outcome.multiply_adds > 0, "there are no multiply-adds"
        assert outcome.validation_accuracy is None or 0 <= outcome.validation_accuracy <= 100, (
            f"the validation accuracy is {outcome.validation_accuracy}"
        )
        _require_probe(outcome, test.labels, test.units, task.shape.classes)


def check_assessment_is_stepped(evaluator: type[Evaluator]) -> None:
    """A train job's steps make up whole epochs over train + validation; its curve is numbers."""
    with _benched(evaluator) as judge:
        assessment = _assess(judge)
        steps, epoch = assessment.steps, assessment.epoch_steps
        assert steps == RECIPE.epochs * epoch > 0, f"{steps} steps are no {RECIPE.epochs} epochs"
        for step in range(1, steps + 1):
            assessment.step()
            if step % epoch == 0:
                point = assessment.report()
                assert point and all(isinstance(value, float) for value in point.values()), (
                    f"the curve's point is {point}, no numbers"
                )
        fitted = sum(len(judge.bench.rows[s]) for s in (Split.TRAIN, Split.VALIDATION))
        expected = RECIPE.epochs * fitted
        assert assessment.examples == expected, f"{assessment.examples} examples, not {expected}"


def check_assessment_survives_divergence(evaluator: type[Evaluator]) -> None:
    """A train job that diverges ends with a test accuracy of NaN and raises nothing."""
    with _benched(evaluator) as judge, no_error("a train job that diverges"):
        outcome = _finish(_assess(judge, WILD)).outcome()
        assert math.isnan(outcome.test_accuracy), f"the test accuracy is {outcome.test_accuracy}"


def check_assessment_resumes_seamlessly(evaluator: type[Evaluator]) -> None:
    """A train job saved half-way and taken up by a new object ends exactly as one in one go."""
    with _benched(evaluator) as judge:
        through = _finish(_assess(judge))
    with _benched(evaluator) as judge:
        halves = _assess(judge)
        for _ in range(halves.steps // 2):
            halves.step()
        with no_error("torch.load(state, weights_only=True)"):
            saved = read_back(halves.state_dict())
        random = torch.get_rng_state()
    with _benched(evaluator) as judge:
        halves = _assess(judge)
        halves.load_state_dict(saved)
        torch.set_rng_state(random)
        _finish(halves, halves.steps // 2)
        parting = difference(_ending(through), _ending(halves))
        assert not parting, f"the resumed train job ends otherwise, {parting}"


def _ending(assessment: Assessment) -> Any:
    return frozen(
        {
            "report": assessment.report(),
            "network": assessment.network_state(),
            "examples": assessment.examples,
            "accuracy": assessment.outcome().test_accuracy,
        }
    )


@contextmanager
def _benched(evaluator: type[Evaluator]) -> Iterator[Evaluator]:
    """Return an evaluator of toy cells on toy blobs, in a folder of its own."""
    task = ToyBlobs()
    fractions = {Split.TRAIN: 0.5, Split.VALIDATION: 0.5}
    rows = task.split(task.development(), fractions, np.random.default_rng(0))
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(ToyCell(), task, rows, "cpu", Path(folder) / "candidates")
        try:
            with no_error(f"{evaluator.__name__}(bench)"):
                judge = evaluator(bench)
        except AssertionError as failure:
            if isinstance(failure.__cause__, Unsupported):
                raise Excepted(str(failure.__cause__)) from failure
            raise
        yield judge


def _judge(
    judge: Evaluator,
    *,
    key: str,
    recipe: Recipe = RECIPE,
    fidelity: int = 1,
    seed: int = 0,
    inherit: str | None = None,
) -> Evaluation:
    return judge.evaluate(
        ALL_CONVOLUTIONS, recipe, fidelity=fidelity, seed=seed, key=key, inherit=inherit
    )


def _assess(judge: Evaluator, recipe: Recipe = RECIPE) -> Assessment:
    architecture = ALL_CONVOLUTIONS if recipe is WILD else MIXED
    return judge.assess(architecture, recipe, seed=1, order_seed=2)


def _finish(assessment: Assessment, done: int = 0) -> Assessment:
    for _ in range(done, assessment.steps):
        assessment.step()
    return assessment


def _files(judge: Evaluator) -> set[str]:
    return {str(path) for path in judge.bench.folder.rglob("*") if path.is_file()}


def _test_calls(judge: Evaluator) -> int:
    task = judge.bench.task
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


EVALUATOR_CHECKS: Sequence[Check] = (
    *PLUGIN_CHECKS,
    check_builds_from_a_bench_alone,
    check_verdict_is_complete,
    check_same_seed_gives_the_same_score,
    check_examples_are_counted,
    check_training_helps,
    check_weights_are_inherited,
    check_release_forgets,
    check_divergence_scores_nan,
    check_search_never_sees_the_test_split,
    check_outcome_is_complete,
    check_assessment_is_stepped,
    check_assessment_survives_divergence,
    check_assessment_resumes_seamlessly,
)
