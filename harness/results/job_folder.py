"""The folder of one job: its files, which one process writes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.results.files import (
    finite,
    parse_object,
    printable,
    read_document,
    readable,
    write_atomically,
)
from harness.results.locks import hold
from harness.results.planned import PlannedJob
from harness.results.record import JobRecord


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
        """Return the record, or None while the job is unfinished.

        Raises:
            DamagedFileError: If there is one that cannot be read.
            ConfigError: If another version of the harness wrote it.
        """
        file = self.path / "record.json"
        return read_document(file, JobRecord) if file.exists() else None

    def is_held(self) -> bool:
        """Whether a process works in the folder."""
        if not (self.path / "lock").exists():
            return False
        with (self.path / "lock").open("w") as file:
            return not hold(file, is_shared=True)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the folder; waits for an orphan of a killed run, which is about to notice."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("w") as file:
            hold(file, waits=True)
            yield

    def start(self, job: PlannedJob) -> None:
        """Create the folder and write down what is about to happen."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path / "spec.json", job.spec.model_dump_json(indent=2) + "\n")

    def say(self, line: str) -> None:
        """Append a line to the job's log."""
        with (self.path / "log.txt").open("a", encoding="utf-8") as file:
            file.write(printable(line) + "\n")

    def append(self, row: dict[str, Any]) -> None:
        """Append one line to the trajectory."""
        with (self.path / "trajectory.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(finite(row), allow_nan=False) + "\n")

    def trajectory(self) -> list[dict[str, Any]]:
        """Return the rows so far; a half-written last line is dropped.

        Raises:
            DamagedFileError: If another line is no row.
        """
        with readable(self.path / "trajectory.jsonl", "a trajectory"):
            return [parse_object(line) for line in self._lines()]

    def rewind(self, length: int) -> None:
        """Drop the rows after the first ``length``: work that the last checkpoint missed.

        Raises:
            DamagedFileError: If there are not so many.
        """
        file, lines = self.path / "trajectory.jsonl", self._lines()[:length]
        with readable(file, "a trajectory"):
            if len([parse_object(line) for line in lines]) < length:
                raise ValueError(f"{length} rows were written, and fewer are there")
        if file.exists():
            write_atomically(file, "".join(lines))

    def finish(self, record: JobRecord) -> None:
        """Publish the record; from here on the job counts as finished."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path / "record.json", record.model_dump_json(indent=2) + "\n")
        self.checkpoint.unlink(missing_ok=True)
        shutil.rmtree(self.candidates, ignore_errors=True)

    def set_aside(self, file: Path) -> Path:
        """Rename a file that cannot be read, and return where it is now."""
        aside = file.with_name(file.name + ".damaged")
        file.replace(aside)
        return aside

    def set_aside_record(self) -> str:
        """Take the record away that cannot be read; return in words where it is now."""
        return f"it is now {self.set_aside(self.path / 'record.json').name}"

    def clear(self) -> None:
        """Forget everything the job left, so that it starts afresh."""
        for name in ("record.json", "checkpoint.pt", "state.pt", "probe.npz", "trajectory.jsonl"):
            (self.path / name).unlink(missing_ok=True)
        shutil.rmtree(self.candidates, ignore_errors=True)

    def _lines(self) -> list[str]:
        file = self.path / "trajectory.jsonl"
        content = file.read_bytes() if file.exists() else b""
        *whole, _ = content.split(b"\n")
        return [f"{line.decode(errors='replace')}\n" for line in whole]
