"""Results on disk: one folder per experiment, one folder and one writer per job.

    results/<experiment>/
      experiment.json    resolved inputs: experiment, protocol, methods, tasks   (ExperimentFacts)
      plan.json          jobs, and the arms they make up                         (Plan)
      space.json         random graphs of the space, for chance baselines
      lock               held while a process works in the folder
      jobs/<name>-<digest>/
        lock               held by the process that writes here
        spec.json          written first: all inputs                             (JobSpec)
        trajectory.jsonl   appended to: one line per tick
        checkpoint.pt      replaced now and then, removed at the end
        state.pt           a search's final state, a training's final weights
        probe.npz          a training's logits and features of a fixed batch, test predictions
        log.txt            what the job had to say
        record.json        written last and atomically: its presence means finished  (JobRecord)

A line of ``trajectory.jsonl`` has ``tick, step, epoch, seconds, overhead_seconds, examples``; of a
search also ``validation_examples, evaluations, incumbent, best_validation, insights``; of a
training also ``loss, train_accuracy, learning_rate`` (since the last tick). Only ``seconds`` and
``overhead_seconds`` differ between a resumed and an uninterrupted job.

No file is shared between jobs, so results work over NFS and merge by copying.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from harness.errors import ConfigError, FolderInUseError
from harness.results.record import ExperimentFacts, JobRecord, Plan, PlannedJob


class JobFolder:
    """The files of one job."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def candidates(self) -> Path:
        """Where a search keeps the weights of candidates that it may still ask for."""
        return self.path / "candidates"

    @property
    def checkpoint(self) -> Path:
        """Where a half-finished job keeps its state."""
        return self.path / "checkpoint.pt"

    @property
    def state(self) -> Path:
        """Where a finished job keeps what others may start from."""
        return self.path / "state.pt"

    @property
    def probe(self) -> Path:
        """Where a training keeps outputs for later analysis."""
        return self.path / "probe.npz"

    @property
    def is_started(self) -> bool:
        """Whether the job was ever begun."""
        return (self.path / "spec.json").exists()

    def record(self) -> JobRecord | None:
        """Return the record, or None while the job is unfinished."""
        file = self.path / "record.json"
        return _read(file, JobRecord) if file.exists() else None

    def is_held(self) -> bool:
        """Whether a process works in the folder."""
        if not (self.path / "lock").exists():
            return False
        with (self.path / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
        return False

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder; waits for an orphan of a killed run, which is about to notice."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def start(self, job: PlannedJob) -> None:
        """Create the folder and write down what is about to happen."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path / "spec.json", job.spec.model_dump_json(indent=2) + "\n")

    def say(self, line: str) -> None:
        """Append a line to the job's log."""
        with (self.path / "log.txt").open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def append(self, row: dict[str, Any]) -> None:
        """Append one line to the trajectory."""
        with (self.path / "trajectory.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(_finite(row), allow_nan=False) + "\n")

    def trajectory(self) -> list[dict[str, Any]]:
        """Return the rows so far; a half-written last line is dropped."""
        return [json.loads(line) for line in self._lines()]

    def rewind(self, length: int) -> None:
        """Drop the rows after the first ``length``: work that the last checkpoint missed."""
        if (self.path / "trajectory.jsonl").exists():
            write_atomically(self.path / "trajectory.jsonl", "".join(self._lines()[:length]))

    def finish(self, record: JobRecord) -> None:
        """Publish the record; from here on the job counts as finished."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path / "record.json", record.model_dump_json(indent=2) + "\n")
        self.checkpoint.unlink(missing_ok=True)
        shutil.rmtree(self.candidates, ignore_errors=True)

    def clear(self) -> None:
        """Forget everything the job left, so that it starts afresh."""
        for name in ("record.json", "checkpoint.pt", "state.pt", "probe.npz", "trajectory.jsonl"):
            (self.path / name).unlink(missing_ok=True)
        shutil.rmtree(self.candidates, ignore_errors=True)

    def _lines(self) -> list[str]:
        file = self.path / "trajectory.jsonl"
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True) if file.exists() else []
        return [line for line in lines if line.endswith("\n")]


class ExperimentFolder:
    """The files of one experiment."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def existing(cls, path: Path) -> ExperimentFolder:
        """Return the folder at ``path``.

        Raises:
            ConfigError: If no experiment was ever planned there.
        """
        if not (path / "plan.json").is_file():
            raise ConfigError(
                f"{path} holds no experiment: expected a folder with plan.json, "
                "as `python -m harness run` makes it."
            )
        return cls(path)

    def write(self, facts: ExperimentFacts, plan: Plan, space: dict[str, Any]) -> None:
        """Write down what is about to happen."""
        self.path.mkdir(parents=True, exist_ok=True)
        compact = json.dumps(space, separators=(",", ":"))
        write_atomically(self.path / "experiment.json", facts.model_dump_json(indent=2) + "\n")
        write_atomically(self.path / "space.json", compact + "\n")
        write_atomically(self.path / "plan.json", plan.model_dump_json(indent=1) + "\n")

    def facts(self) -> ExperimentFacts:
        """Return the resolved inputs."""
        return _read(self.path / "experiment.json", ExperimentFacts)

    def plan(self) -> Plan:
        """Return the jobs and arms."""
        return _read(self.path / "plan.json", Plan)

    def space(self) -> dict[str, Any]:
        """Return ``{"name": ..., "size": ..., "graphs": [{cell: graph}, ...]}``."""
        document: dict[str, Any] = json.loads((self.path / "space.json").read_text("utf-8"))
        return document

    def job(self, job: PlannedJob) -> JobFolder:
        """Return the folder of one job."""
        return JobFolder(self.path / "jobs" / job.folder)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process.

        Raises:
            FolderInUseError: If another process holds it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise FolderInUseError(
                    f"{self.path} is in use by another process; wait for it, stop it, "
                    "or choose another folder with --name or --results."
                ) from error
            yield


def _finite(value: Any) -> Any:
    """Return ``value`` with null for every number that JSON does not know."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


Document = TypeVar("Document", bound=BaseModel)


def write_atomically(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` so that a reader sees the old file or the new one, whole."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)  # noqa: PTH105 - the atomic rename is the point


def _read(path: Path, model: type[Document]) -> Document:
    try:
        return model.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        why = _first_reason(error).rstrip(".")
        raise ConfigError(f"{path} cannot be read as {model.__name__}: {why}.") from error


def _first_reason(error: OSError | ValidationError) -> str:
    """Return the first thing that is wrong with a file, and where it is."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])
