"""From a planned job to work that can be stepped."""

from __future__ import annotations

from typing import Any

from harness.errors import Unsupported
from harness.execution.judging import looks_up
from harness.execution.opening import open_space
from harness.execution.saving import read_state
from harness.execution.search import Search
from harness.execution.train import Training
from harness.plugins import METHODS
from harness.results.record import JobRecord, PlannedJob, SearchSpec, Status, TrainSpec
from harness.results.store import ExperimentFolder


def begin(job: PlannedJob, experiment: ExperimentFolder, device: str) -> Search | Training:
    """Set up a job from the beginning.

    Raises:
        Unsupported: If its plugins do not go together, or a job it needs was not done.
    """
    spec, folder = job.spec, experiment.own_folder(job)
    if isinstance(spec, TrainSpec):
        text = spec.architecture
        if spec.search is not None:
            text = _done(experiment, spec.search).architecture
        assert text is not None
        return Training(spec, text, device, folder.path)
    _refuse_impossible(spec)
    source = _source(experiment, spec.warm_start) if spec.warm_start else None
    return Search(spec, device, folder.candidates, source)


def _source(experiment: ExperimentFolder, digest: str) -> dict[str, Any]:
    """Return where the search called ``digest`` ended."""
    record = _done(experiment, digest)
    assert isinstance(record.spec, SearchSpec)
    final = read_state(experiment.job(experiment.planned(digest)).state)
    return {**final, "architecture": record.architecture, "task": record.spec.task}


def _done(experiment: ExperimentFolder, digest: str) -> JobRecord:
    planned = experiment.planned(digest)
    record = experiment.job(planned).record()
    if record is None:  # perhaps another process has put it into a shard meanwhile
        experiment.look_again()
        record = experiment.job(planned).record()
    if record is not None and record.status is Status.DONE:
        return record
    if record is None:
        raise Unsupported(f"It needs the job {planned.name}, which is unfinished.")
    reason = (record.reason or "").strip().splitlines()
    raise Unsupported(
        f"It needs the job {planned.name}, which was {record.status}: {' '.join(reason[-1:])}"
    )


def _refuse_impossible(spec: SearchSpec) -> None:
    rules = spec.rules
    reason = METHODS.load(spec.method.name).unsupported(
        open_space(spec.space),
        has_images=not looks_up(rules.evaluator),
        fidelities=rules.fidelities,
    )
    if reason:
        raise Unsupported(reason)
