"""Tuned hyper-parameters: the values, the study that found them, and what it cost.

``python -m harness tune`` writes them as ``tuning.json``; an experiment's method names that file::

    methods: [{name: darts, tuning: results/tune-darts-d10-darts-quick/tuning.json}]
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import (
    NonNegativeFloat,
    NonNegativeInt,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from harness.api import Rules
from harness.config.documents import read_yaml
from harness.config.protocol import Plugin
from harness.config.relative import relative_to
from harness.errors import ConfigError


class TuningBill(Rules):
    """What a study spent: its searches, and judging what they found.

    Attributes:
        trials: Searches.
        seconds: Time charged.
        examples: Training examples seen.
        evaluations: Candidates evaluated.
    """

    trials: NonNegativeInt
    seconds: NonNegativeFloat
    examples: NonNegativeInt
    evaluations: NonNegativeInt


class Tuning(Rules):
    """Values that were tuned on one task, and nothing but that task.

    Attributes:
        method: Whose hyper-parameters they are.
        task: Title of the task that the study searched on.
        fingerprint: Of that task's data.
        space: What was searched.
        protocol: Under which rules.
        study: Digest of the study: of its inputs and of every trial's outcome.
        score: Validation accuracy of the best trial's architecture, in percent.
        bill: What the study cost.
        params: The values, groups inside groups.
    """

    method: str
    task: str
    fingerprint: str
    space: str
    protocol: str
    study: str
    score: float
    bill: TuningBill
    params: dict[str, Any]


class MethodSetting(Plugin):
    """A method, its parameters, and where those come from that were tuned.

    Attributes:
        tuning: The study whose values it uses; not written where there is none, so that a job
            without has the identity that it always had.
    """

    tuning: Tuning | None = None

    @model_serializer(mode="wrap")
    def _leave_out_no_tuning(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = write(self)
        if self.tuning is None:
            del fields["tuning"]
        return fields


def with_tunings(document: Mapping[str, Any], home: Path) -> dict[str, Any]:
    """Return an experiment's document with the content of every file that ``tuning`` names.

    Args:
        document: Of the experiment.
        home: Folder that the paths are relative to.

    Raises:
        ConfigError: If a file cannot be read, or holds the values of another method.
    """
    methods = document.get("methods")
    if not isinstance(methods, list | tuple):
        return dict(document)
    return {**document, "methods": [_with_tuning(method, home) for method in methods]}


def _with_tuning(method: Any, home: Path) -> Any:
    if not (isinstance(method, Mapping) and isinstance(method.get("tuning"), str)):
        return method
    path = relative_to(home, method["tuning"])
    tuning = read_yaml(path)
    tuned = tuning.get("method") if isinstance(tuning, dict) else None
    if tuned != method.get("name"):
        raise ConfigError(
            f"{path} holds no tuned values of {method.get('name')}"
            + (f" but of {tuned}" if tuned else "")
            + "; expected what `python -m harness tune` wrote for this method."
        )
    return {**method, "tuning": tuning}
