"""From a planned job to one that can be stepped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.errors import DamagedFileError, HarnessError
from harness.execution.faults import Ended
from harness.execution.saving import read_state
from harness.execution.search_job import SearchJob
from harness.execution.train_job import TrainJob
from harness.results.files import readable
from harness.results.job_folder import JobFolder
from harness.results.planned import PlannedJob
from harness.results.record import JobRecord, Status
from harness.results.spec import SearchSpec, TrainSpec
from harness.results.store import ExperimentFolder


@dataclass(frozen=True)
class Inputs:
    """What a job takes over from the jobs it rests on.

    Attributes:
        architecture: What a search found, in the space's notation; None where none is needed.
        source: Method, state, architecture and task of the search that it goes on from, if any.
    """

    architecture: str | None = None
    source: dict[str, Any] | None = None


def find_inputs(job: PlannedJob, experiment: ExperimentFolder) -> Inputs:
    """Return what a job rests on.

    Raises:
        Ended: If a job that it needs failed or was skipped.
        HarnessError: If what such a job left cannot be read.
    """
    spec = job.spec
    if isinstance(spec, TrainSpec):
        if spec.search is None:
            return Inputs(architecture=spec.architecture)
        return Inputs(architecture=_done(experiment, spec.search).architecture)
    return Inputs(source=_source(experiment, spec.warm_start) if spec.warm_start else None)


def begin(job: PlannedJob, inputs: Inputs, folder: JobFolder, device: str) -> SearchJob | TrainJob:
    """Set up a job from the beginning.

    Raises:
        Unsupported: If its plugins do not go together.
    """
    spec = job.spec
    if isinstance(spec, TrainSpec):
        assert inputs.architecture is not None
        return TrainJob(spec, inputs.architecture, device, folder.path)
    return SearchJob(spec, device, folder.candidates, inputs.source)


def _source(experiment: ExperimentFolder, digest: str) -> dict[str, Any]:
    """Return where the search called ``digest`` ended."""
    record = _done(experiment, digest)
    assert isinstance(record.spec, SearchSpec)
    folder = experiment.job(experiment.planned(digest))
    try:
        final = read_state(folder.state)
        with readable(folder.state, "the end of a search"):
            final = {"method": final["method"], "state": dict(final["state"])}
    except (DamagedFileError, FileNotFoundError) as error:
        raise DamagedFileError(
            f"{folder.state} is missing or damaged; delete {folder.path}, and the same command "
            "does that search again."
        ) from error
    return {**final, "architecture": record.architecture, "task": record.spec.task}


def _done(experiment: ExperimentFolder, digest: str) -> JobRecord:
    planned = experiment.planned(digest)
    record = experiment.job(planned).record()
    if record is None:  # perhaps another process has put it into a shard meanwhile
        experiment.look_again()
        record = experiment.job(planned).record()
    if record is None:
        raise HarnessError(f"It needs the job {planned.folder}, which is unfinished.")
    if record.status is Status.DONE:
        return record
    reason = (record.reason or "").strip().splitlines()
    text = f"It needs the job {planned.name}, which was {record.status}: {' '.join(reason[-1:])}"
    raise Ended(Status.SKIPPED, text)
