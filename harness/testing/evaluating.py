"""An evaluator at work on toys: candidates evaluated, train jobs stepped."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from harness.api import (
    Architecture,
    Assessment,
    Augmentation,
    Evaluation,
    Evaluator,
    EvaluatorContext,
    Recipe,
    Split,
    Unsupported,
)
from harness.testing.clauses import Excepted, no_error
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


@contextmanager
def open_on_toys(evaluator: type[Evaluator]) -> Iterator[Evaluator]:
    """Open an evaluator of toy cells on toy blobs, in a folder of its own."""
    task = ToyBlobs()
    fractions = {Split.TRAIN: 0.5, Split.VALIDATION: 0.5}
    rows = task.split(task.development(), fractions, np.random.default_rng(0))
    with tempfile.TemporaryDirectory() as folder:
        context = EvaluatorContext(ToyCell(), task, rows, "cpu", Path(folder) / "candidates")
        try:
            with no_error(f"{evaluator.__name__}(context)"):
                opened = evaluator(context)
        except AssertionError as failure:
            if isinstance(failure.__cause__, Unsupported):
                raise Excepted(str(failure.__cause__)) from failure
            raise
        yield opened


def evaluate(
    opened: Evaluator,
    *,
    key: str,
    recipe: Recipe = RECIPE,
    fidelity: int = 1,
    seed: int = 0,
    inherit: str | None = None,
) -> Evaluation:
    """Evaluate the candidate whose edges are all convolutions."""
    return opened.evaluate(
        ALL_CONVOLUTIONS, recipe, fidelity=fidelity, seed=seed, key=key, inherit=inherit
    )


def assess(opened: Evaluator, recipe: Recipe = RECIPE) -> Assessment:
    """Begin a train job."""
    architecture = ALL_CONVOLUTIONS if recipe is WILD else MIXED
    return opened.assess(architecture, recipe, seed=1, order_seed=2)


def finish(assessment: Assessment, done: int = 0) -> Assessment:
    """Take the steps that a train job lacks after ``done`` of them."""
    for _ in range(done, assessment.steps):
        assessment.step()
    return assessment
