"""Takes a job up where its last attempt saved it, or from the start where that cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from harness.errors import DamagedFileError
from harness.execution.environment import set_rng_state
from harness.execution.faults import PLUGIN_CODE, Lost, describe, is_of_the_machine
from harness.execution.running_job import RunningJob
from harness.execution.saving import read_state
from harness.results.files import readable
from harness.results.job_folder import JobFolder
from harness.results.record import Environment


@dataclass
class History:
    """What is known of a job's attempts.

    Attributes:
        environments: Where they ran, as plain values; the last is this one.
        started: UTC, of the first one.
        rows: Of the trajectory so far.
    """

    environments: list[dict[str, Any]]
    started: str = field(default_factory=lambda: now())
    rows: int = 0


def take_up(
    begin: Callable[[], RunningJob], folder: JobFolder, notice: Callable[[str], None]
) -> tuple[RunningJob, History]:
    """Return a job as it was last saved, with its attempts so far: none if it begins.

    A checkpoint that cannot be read, or fits neither the plugins nor what the job logged, is set
    aside, and the job begins from the start.

    Args:
        begin: Sets the job up from the start.
        folder: Of the job.
        notice: Takes a line that the user should read.
    """
    with PLUGIN_CODE:
        job = begin()
    if folder.checkpoint.exists():
        try:
            return job, _restore(job, folder)
        except DamagedFileError as error:
            set_checkpoint_aside(folder, str(error), notice)
        with PLUGIN_CODE:
            job = begin()
    folder.rewind(0)
    return job, History([])


def set_checkpoint_aside(folder: JobFolder, reason: str, notice: Callable[[str], None]) -> None:
    """Take a job's checkpoint away, and tell why."""
    aside = folder.set_aside(folder.checkpoint)
    what = reason.rstrip(".")
    line = f"{what}; the checkpoint is now {aside.name}, and the job begins from the start."
    folder.say(f"{now()} {line}")
    notice(line)


def _restore(job: RunningJob, folder: JobFolder) -> History:
    """Put a job into the state that it was saved in, and return its history."""
    saved = read_state(folder.checkpoint)
    with readable(folder.checkpoint, "a checkpoint of this version"):
        known, state, random = saved["history"], saved["work"], saved["random"]
        history = History(**{f.name: known[f.name] for f in fields(History)})
        history.environments = [Environment(**one).model_dump() for one in history.environments]
    folder.rewind(history.rows)
    try:
        job.load_state_dict(state)
        set_rng_state(random, job.device)
    except Exception as error:
        if is_of_the_machine(error) and not isinstance(error, DamagedFileError):
            raise Lost(describe(error)) from error
        raise DamagedFileError(
            f"{folder.checkpoint} does not fit the job: {describe(error)}"
        ) from error
    return history


def now() -> str:
    """Return the time of day as a record holds it: UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
