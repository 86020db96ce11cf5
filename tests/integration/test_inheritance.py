"""What a child has of its parent's training, through the evaluator that searches use."""

import numpy as np
import pytest

from harness.api import EvaluatorContext, Split
from harness.config.protocol import Plugin
from harness.planning.resolve_plugins import open_evaluator, open_space, open_task, resolve_plugin
from harness.plugins import EVALUATORS
from tests.integration.tiny import RECIPE


@pytest.fixture
def context(tmp_path):
    space = open_space(Plugin(name="mobile", params={"blocks": 2}))
    task = open_task(Plugin(name="d10"))
    examples = task.development()
    fractions = {Split.TRAIN: 0.5, Split.VALIDATION: 0.5}
    rows = task.split(examples, fractions, np.random.default_rng(0))
    return EvaluatorContext(space, task, rows, "cpu", tmp_path)


def test_a_child_equal_to_its_parent_has_its_accuracy_untrained(context):
    from harness.api import Recipe

    evaluator = open_evaluator(resolve_plugin(EVALUATORS, Plugin(name="training")), context)
    recipe = Recipe.model_validate({**RECIPE, "batch_size": 32})
    parent = context.space.sample(np.random.default_rng(3))

    def judge(fidelity, key, inherit=None):
        return evaluator.evaluate(
            parent, recipe, fidelity=fidelity, seed=int(key), key=key, inherit=inherit
        ).score

    trained = judge(1, "1")
    assert judge(0, "2", inherit="1") == trained
    assert judge(0, "3") != trained  # untrained weights of its own
