"""Results on disk: one folder per experiment, one folder and one writer per job or shard of jobs.

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
      shards/<name>/       many finished jobs that took less than about a second; see ``shard.py``

A line of ``trajectory.jsonl`` has ``tick, step, epoch, seconds, overhead_seconds, examples``; of a
search also ``validation_examples, evaluations, incumbent, best_validation, insights``; of a
training also ``loss, train_accuracy, learning_rate`` (since the last tick). Only ``seconds`` and
``overhead_seconds`` differ between a resumed and an uninterrupted job. Where results are looked up
in a table, a search has rows only where its answer or its best validation accuracy changed, and at
its end: between two rows nothing but the bill grows.

No file is shared between writers, so results work over NFS and merge by copying.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.errors import ConfigError, FolderInUseError
from harness.results.archive import is_archive, unpack
from harness.results.files import (
    REMEDY,
    file_name,
    parse_object,
    read_document,
    readable,
    write_atomically,
)
from harness.results.job_folder import JobFolder
from harness.results.locks import hold
from harness.results.plan_file import read_plan, write_plan
from harness.results.planned import ExperimentFacts, Plan, PlannedJob
from harness.results.shard import Index, ShardedJob, ShardWriter, read_shards

__all__ = ["ExperimentFolder", "JobFolder", "write_atomically"]


class ExperimentFolder:
    """The files of one experiment."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._plan: Plan | None = None
        self._planned: dict[str, PlannedJob] = {}
        self._index: Index | None = None

    @classmethod
    def existing(cls, path: Path) -> ExperimentFolder:
        """Return the folder at ``path``, or that of an archive.

        Raises:
            ConfigError: If no experiment was ever planned there.
            DataError: If an archive is damaged.
        """
        if is_archive(path) and path.is_file():
            path = unpack(path)
        if not (path / "plan.json").is_file():
            raise ConfigError(
                f"{path} holds no experiment: expected a folder with plan.json, "
                "as `python -m harness run` makes it, or an archive of one."
            )
        return cls(path)

    def write(self, facts: ExperimentFacts, plan: Plan, space: dict[str, Any]) -> None:
        """Write down what is about to happen."""
        self.path.mkdir(parents=True, exist_ok=True)
        compact = json.dumps(space, separators=(",", ":"))
        write_atomically(self.path / "experiment.json", facts.model_dump_json(indent=2) + "\n")
        write_atomically(self.path / "space.json", compact + "\n")
        write_atomically(self.path / "plan.json", write_plan(plan) + "\n")
        self._plan = None

    def facts(self) -> ExperimentFacts:
        """Return the resolved inputs."""
        return read_document(self.path / "experiment.json", ExperimentFacts, REMEDY)

    def plan(self) -> Plan:
        """Return the jobs and arms; read once."""
        if self._plan is None:
            self._plan = read_plan(self.path / "plan.json")
            self._planned = {job.job: job for job in self._plan.jobs}
        return self._plan

    def planned(self, digest: str) -> PlannedJob:
        """Return a job of the plan."""
        self.plan()
        return self._planned[digest]

    def space(self) -> dict[str, Any]:
        """Return ``{"name": ..., "size": ..., "graphs": [{cell: graph}, ...]}``.

        Raises:
            DamagedFileError: If the file is not there or holds something else.
        """
        path = self.path / "space.json"
        with readable(path, "random graphs of the space", REMEDY):
            document = parse_object(path.read_bytes())
            return {**document, "graphs": list(document["graphs"])}

    def job(self, job: PlannedJob) -> JobFolder:
        """Return the files of one job: in a shard if it ended there, else in its own folder."""
        index = self._shards()
        return ShardedJob(job, index) if job.job in index else self.own_folder(job)

    def clear(self, job: PlannedJob) -> None:
        """Forget all that a job left, so that it starts afresh."""
        self.job(job).clear()
        self.own_folder(job).clear()  # copied folders may hold a job in both ways

    def unplanned(self) -> list[str]:
        """Return finished jobs that the plan does not have: their folders, or digests in shards."""
        self.plan()
        own = {job.folder for job in self._planned.values()}
        loose = [path.parent.name for path in self.path.glob("jobs/*/record.json")]
        return sorted({*loose} - own) + sorted(self._shards().keys() - self._planned.keys())

    def own_folder(self, job: PlannedJob) -> JobFolder:
        """Return the folder that belongs to one job alone."""
        return JobFolder(self.path / "jobs" / job.folder)

    def shard(self, name: str) -> ShardWriter:
        """Return the writer of a shard."""
        return ShardWriter(self.path / "shards" / file_name(name), self._shards())

    def look_again(self) -> None:
        """Forget which jobs are in shards: other processes have written there."""
        self._index = None

    def _shards(self) -> Index:
        if self._index is None:
            self._index = read_shards(self.path / "shards")
        return self._index

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for this process.

        Raises:
            FolderInUseError: If another process holds it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("w") as file:
            if not hold(file):
                raise FolderInUseError(
                    f"{self.path} is in use by another process; wait for it, stop it, "
                    "or choose another folder with --name or --results."
                )
            yield
