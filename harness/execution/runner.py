"""The one loop of the project: step a job until it is finished, saving it now and then."""

from __future__ import annotations

import functools
import json
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from harness.api import BlockChain, CellGraph
from harness.errors import HarnessError, Unsupported
from harness.execution.environment import environment, rng_state, set_rng_state
from harness.execution.jobs import begin
from harness.execution.saving import read_state, write_arrays, write_state
from harness.execution.train import Training
from harness.execution.work import Work
from harness.results.job_folder import JobFolder
from harness.results.record import JobRecord, PlannedJob, Status
from harness.results.store import ExperimentFolder

# A checkpoint is due after this long, or later if writing one takes more than its share of time.
CHECKPOINT_SECONDS = 5.0
CHECKPOINT_SHARE = 0.02


class Stopped(Exception):  # noqa: N818 - not an error: the job was told to stop and is saved
    """The job is unfinished and saved."""


@dataclass(frozen=True)
class Control:
    """What the loop asks and tells between two steps.

    Attributes:
        device: Where jobs run.
        should_stop: Whether to save and stop now.
        progress: Takes the share of the job that is done, 0 to 1.
    """

    device: str
    should_stop: Callable[[], bool]
    progress: Callable[[float], None]


def run_job(job: PlannedJob, experiment: ExperimentFolder, control: Control) -> JobRecord:
    """Carry out one job, resuming from its checkpoint if there is one.

    A failing plugin becomes a FAILED record, an impossible combination a SKIPPED one.

    Raises:
        Stopped: If ``control`` said so; the job is saved.
    """
    folder = experiment.job(job)
    with folder.held():
        record = folder.record()
        if record is None:
            record = _attempt(job, experiment, folder, control)
            folder.finish(record)
        return record


def _attempt(
    job: PlannedJob, experiment: ExperimentFolder, folder: JobFolder, control: Control
) -> JobRecord:
    folder.start(job)
    record = attempt(job, lambda: _perform(job, experiment, folder, control), control.device)
    if record.status is not Status.DONE:
        folder.say(f"{now()} {record.status}: {record.reason}")
    return record


def attempt(job: PlannedJob, perform: Callable[[], JobRecord], device: str) -> JobRecord:
    """Return what ``perform`` does, or a record of why it could not.

    Raises:
        Stopped: If the job was told to stop.
    """
    try:
        return perform()
    except Stopped:
        raise
    except Unsupported as reason:
        status, text = Status.SKIPPED, str(reason)
    except HarnessError as error:
        status, text = Status.FAILED, str(error)
    except Exception:  # noqa: BLE001 - whatever a plugin throws is a result
        status, text = Status.FAILED, traceback.format_exc()
    return JobRecord(
        job=job.job,
        name=job.name,
        spec=job.spec,
        status=status,
        reason=text,
        environment=environment(device),
        finished=now(),
    )


def _perform(
    job: PlannedJob, experiment: ExperimentFolder, folder: JobFolder, control: Control
) -> JobRecord:
    work = begin(job, experiment, control.device)
    history: dict[str, Any] = {"attempts": 1, "started": now(), "rows": 0}
    if folder.checkpoint.exists():
        saved = read_state(folder.checkpoint)
        work.load_state_dict(saved["work"])
        set_rng_state(saved["random"], control.device)
        history = {**saved["history"], "attempts": saved["history"]["attempts"] + 1}
    folder.rewind(history["rows"])
    folder.say(f"{now()} attempt {history['attempts']} begins at {work.share_done:.0%}")
    if history["rows"] == 0 and (row := work.start()):
        folder.append(row)
        history["rows"] = 1
    drive(work, folder, control, history)
    fields = work.result()
    write_state(folder.state, work.final_state())
    if isinstance(work, Training):
        write_arrays(folder.probe, work.probe)
    return done(job, work, fields, history)


def done(job: PlannedJob, work: Work, fields: dict[str, Any], history: dict[str, Any]) -> JobRecord:
    """Return the record of a job that ended well.

    Args:
        job: Which.
        work: The job, carried out.
        fields: What ``work.result()`` returned.
        history: ``attempts`` and when the first one ``started``.
    """
    return JobRecord(
        job=job.job,
        name=job.name,
        spec=job.spec,
        status=Status.DONE,
        bill=work.bill,
        environment=environment(work.device),
        attempts=history["attempts"],
        started=history["started"],
        finished=now(),
        **_drawn(work, fields["architecture"]),
        **fields,
    )


def drive(work: Work, folder: JobFolder, control: Control, history: dict[str, Any]) -> None:
    """Step ``work`` until it is finished; ``history["rows"]`` counts the trajectory.

    Raises:
        Stopped: If ``control`` said so; the work is saved.
    """
    due = time.perf_counter() + CHECKPOINT_SECONDS
    while not work.is_finished:
        work.step()
        began = time.perf_counter()
        if row := work.tick():
            folder.append(row)
            history["rows"] += 1
        control.progress(work.share_done)
        stop = control.should_stop()
        if stop or began >= due:
            _save(work, folder, history)
            took = time.perf_counter() - began
            due = began + max(CHECKPOINT_SECONDS, took / CHECKPOINT_SHARE)
        work.bill.overhead_seconds += time.perf_counter() - began
        if stop:
            folder.say(f"{now()} stopped at {work.share_done:.0%}")
            raise Stopped


def _save(work: Work, folder: JobFolder, history: dict[str, Any]) -> None:
    random = rng_state(work.device)
    state = {"work": work.state_dict(), "random": random, "history": dict(history)}
    write_state(folder.checkpoint, state)
    work.saved()


def _drawn(work: Work, architecture: str) -> dict[str, Any]:
    """Return the architecture's graphs, as they are and in canonical form."""
    graphs = work.space.graph(work.space.from_text(architecture))
    return {
        "graphs": {name: graph.to_json() for name, graph in graphs.items()},
        "canonical": _canonical(tuple(graphs.items())),
    }


@functools.lru_cache(maxsize=20_000)  # short jobs find the same cells again and again
def _canonical(graphs: tuple[tuple[str, CellGraph | BlockChain], ...]) -> str:
    forms = {name: graph.canonical().to_json() for name, graph in graphs}
    return json.dumps(forms, sort_keys=True, separators=(",", ":"))


def now() -> str:
    """Return the time of day as a record holds it: UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
