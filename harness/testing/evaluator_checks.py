"""The contract of an evaluator, one function per clause; each docstring is the clause.

All of it on toy cells and toy blobs; an evaluator that knows other spaces only says so by raising
Unsupported when it is built, and is excepted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from harness.api import (
    Evaluator,
    Split,
)
from harness.testing.assessment_checks import ASSESSMENT_CHECKS
from harness.testing.clauses import Check, no_error
from harness.testing.evaluating import (
    RECIPE,
    WILD,
    evaluate,
    open_on_toys,
)
from harness.testing.plugin_checks import PLUGIN_CHECKS


def check_builds_from_its_context_alone(evaluator: type[Evaluator]) -> None:
    """It can be built from its context alone, and building it leaves no files."""
    with open_on_toys(evaluator) as opened:
        folder = opened.context.folder
        assert not folder.exists() or not list(folder.iterdir()), "there are files already"


def check_verdict_is_complete(evaluator: type[Evaluator]) -> None:
    """An evaluation has the key it was asked for, a score in percent, and took positive seconds."""
    with open_on_toys(evaluator) as opened:
        evaluation = evaluate(opened, key="one")
        assert evaluation.key == "one", f"the key is {evaluation.key!r}, not 'one'"
        assert 0 <= evaluation.score <= 100, f"the score is {evaluation.score}, no percentage"
        assert evaluation.seconds > 0, f"it took {evaluation.seconds} seconds"


def check_same_seed_gives_the_same_score(evaluator: type[Evaluator]) -> None:
    """Equal candidates with equal seeds get equal scores, whatever was drawn in between."""
    with open_on_toys(evaluator) as opened:
        torch.manual_seed(1)
        first = evaluate(opened, key="one")
        torch.manual_seed(2)
        second = evaluate(opened, key="two")
        assert first.score == second.score, f"one seed, two scores: {first.score}, {second.score}"
    with open_on_toys(evaluator) as other:
        third = evaluate(other, key="one")
        assert first.score == third.score, "another evaluator scores the same candidate otherwise"


def check_examples_are_counted(evaluator: type[Evaluator]) -> None:
    """Examples are those that training sees: epochs times train images, none when untrained."""
    with open_on_toys(evaluator) as opened:
        images = len(opened.context.rows[Split.TRAIN])
        for fidelity in (0, 1, 3):
            evaluation = evaluate(opened, key=f"at {fidelity}", fidelity=fidelity)
            expected = fidelity * images
            assert evaluation.examples == expected, (
                f"fidelity {fidelity} counts {evaluation.examples} examples, not {expected}"
            )


def check_training_helps(evaluator: type[Evaluator]) -> None:
    """A candidate trained for long on an easy task scores far above chance and above untrained."""
    with open_on_toys(evaluator) as opened:
        recipe = RECIPE.model_copy(update={"drop_path": 0.0})
        untrained = evaluate(opened, key="untrained", recipe=recipe, fidelity=0).score
        trained = evaluate(opened, key="trained", recipe=recipe, fidelity=15).score
        assert trained > max(untrained, 60), f"untrained {untrained:.0f} %, trained {trained:.0f} %"


def check_weights_are_inherited(evaluator: type[Evaluator]) -> None:
    """A twin that inherits, and says so, gets its parent's score untrained, not a fresh one's."""
    with open_on_toys(evaluator) as opened:
        parent = evaluate(opened, key="parent", fidelity=8)
        twin = evaluate(opened, key="twin", fidelity=0, seed=1, inherit="parent")
        fresh = evaluate(opened, key="fresh", fidelity=0, seed=1)
        assert parent.score != fresh.score, "a trained candidate scores like an untrained one"
        assert twin.score == parent.score, f"the twin got {twin.score}, its parent {parent.score}"
        assert twin.has_inherited, "an evaluation with inherited weights does not say so"
        assert not fresh.has_inherited, "an evaluation from scratch says that it inherited"


def check_release_forgets(evaluator: type[Evaluator]) -> None:
    """Released weights cannot be inherited any more and leave no file; others stay."""
    with open_on_toys(evaluator) as opened:
        evaluate(opened, key="kept")
        before = _files(opened)
        evaluate(opened, key="gone")
        opened.release("gone")
        assert _files(opened) <= before, f"{sorted(_files(opened) - before)} was left behind"
        with no_error("inheriting from a candidate that was not released"):
            evaluate(opened, key="child", fidelity=0, inherit="kept")
        try:
            evaluate(opened, key="orphan", fidelity=0, inherit="gone")
        except Exception:  # noqa: BLE001 - any complaint will do
            return
        raise AssertionError("released weights can still be inherited")


def check_divergence_scores_nan(evaluator: type[Evaluator]) -> None:
    """A training that diverges scores NaN and raises nothing."""
    with open_on_toys(evaluator) as opened, no_error("a training that diverges"):
        evaluation = evaluate(opened, key="wild", recipe=WILD)
        assert math.isnan(evaluation.score), f"a training that diverged scores {evaluation.score}"


def _files(opened: Evaluator) -> set[str]:
    return {str(path) for path in opened.context.folder.rglob("*") if path.is_file()}


EVALUATOR_CHECKS: Sequence[Check] = (
    *PLUGIN_CHECKS,
    check_builds_from_its_context_alone,
    check_verdict_is_complete,
    check_same_seed_gives_the_same_score,
    check_examples_are_counted,
    check_training_helps,
    check_weights_are_inherited,
    check_release_forgets,
    check_divergence_scores_nan,
    *ASSESSMENT_CHECKS,
)
