"""Shards: jobs shorter than about a second share a folder and a writer.

No two runs call a shard by the same name, so the shards of copied folders do not collide.

    shards/<name>/
      lock                 held by the process that writes here
      records.jsonl        one line per finished job, and one for what several have in common
      trajectories.jsonl   one line per finished job: {"job", "first", "columns", "rows"}
      states/<digest>.pt   the final state of a search that others go on from

A record's line is ``record.json`` without what is elsewhere: name and inputs are those of the
plan, the environment is that of the last line ``{"environment": ...}``, the graphs of an
architecture stand in an earlier line ``{"architecture": ..., "graphs": ..., "canonical": ...}``,
and what has its default is left out. ``{"job": ..., "cleared": true}`` takes an earlier line back.
Of a trajectory the first row is whole, the others are lists in the order of ``columns``.

Lines are written some at a time, a job's trajectory before its record. A killed process loses the
jobs of the last moment; the half-written line that it may leave is no line, and is cut before
another line is added. Where a job has several lines, the last one counts; where several
shards have some, one of a job that is done.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from typing_extensions import override

from harness.results.files import file_name, finite, parse_object, readable
from harness.results.job_folder import JobFolder
from harness.results.locks import hold
from harness.results.planned import PlannedJob
from harness.results.record import JobRecord

RECORDS, TRAJECTORIES = "records.jsonl", "trajectories.jsonl"
FLUSH_SECONDS = 0.5

# What a job's own line leaves to others.
DRAWN = {"architecture", "graphs", "canonical"}
ELSEWHERE = {"job", "name", "spec", "environment", "graphs", "canonical"}

Rows = Sequence[dict[str, Any]]


@dataclass
class Lines:
    """What a shard holds of one job.

    Attributes:
        shard: Where.
        record: The line.
        environment: The line that tells where it ran.
        drawings: The lines with graphs, by architecture; of the whole shard.
        trajectory: The line, if there is one.
        copies: Other shards that hold a record of the job.
    """

    shard: Path
    record: str
    environment: str
    drawings: Mapping[str, str]
    trajectory: str = ""
    copies: tuple[Path, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether the job ended well."""
        return '"status":"done"' in self.record


Index = dict[str, Lines]


class ShardedJob(JobFolder):
    """A finished job in a shard, read as any other.

    Args:
        planned: Name and inputs.
        index: Of all shards of the experiment; holds the job.
    """

    def __init__(self, planned: PlannedJob, index: Index) -> None:
        self._planned, self._index = planned, index
        self._found = index[planned.job]
        super().__init__(self._found.shard)

    @property
    @override
    def state(self) -> Path:
        return state_file(self.path, self._planned.job)

    @property
    @override
    def is_started(self) -> bool:
        return True

    @override
    def is_held(self) -> bool:
        return False

    @override
    def record(self) -> JobRecord:
        with readable(self._place(RECORDS), "a record"):
            lines = self._found
            where = parse_object(lines.environment) if lines.environment else {}
            own = parse_object(lines.record)
            architecture = own.get("architecture")
            drawn = {} if architecture is None else json.loads(lines.drawings[architecture])
            planned = {"name": self._planned.name, "spec": self._planned.spec}
            return JobRecord.model_validate({**where, **planned, **drawn, **own})

    @override
    def trajectory(self) -> list[dict[str, Any]]:
        if not self._found.trajectory:
            return []
        with readable(self._place(TRAJECTORIES), "a trajectory"):
            line = parse_object(self._found.trajectory)
            rows = (dict(zip(line["columns"], row, strict=True)) for row in line["rows"])
            return [dict(line["first"]), *rows]

    @override
    def clear(self) -> None:
        line = json.dumps({"job": self._planned.job, "cleared": True}, separators=(",", ":"))
        for shard in (self.path, *self._found.copies):
            _cut(shard / RECORDS)
            with (shard / RECORDS).open("a", encoding="utf-8") as file:
                file.write(line + "\n")
            state_file(shard, self._planned.job).unlink(missing_ok=True)
        self._index.pop(self._planned.job, None)

    @override
    def set_aside_record(self) -> str:
        self.clear()
        return "the line is taken back"

    def _place(self, name: str) -> str:
        return f"{self.path / name}, job {self._planned.job}"


class ShardWriter:
    """The one process that writes into a shard; a context.

    Args:
        path: Of the shard.
        index: Of all shards of the experiment; jobs are added to it.
    """

    def __init__(self, path: Path, index: Index) -> None:
        self.path, self._index = path, index
        self._environment = ""
        self._drawings: dict[str, str] = {}
        self._records: list[str] = []
        self._trajectories: list[str] = []
        self._due = 0.0

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the folder, and write everything down in the end."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("w") as lock:
            hold(lock, waits=True)
            for name in (RECORDS, TRAJECTORIES):
                _cut(self.path / name)
            try:
                yield
            finally:
                self.flush()

    def add(self, record: JobRecord, rows: Rows) -> None:
        """Note a finished job."""
        where = record.environment
        environment = f'{{"environment":{where.model_dump_json()}}}' if where else ""
        if environment and environment != self._environment:
            self._environment = environment
            self._records.append(environment)
        if record.architecture is not None and record.architecture not in self._drawings:
            drawing = record.model_dump_json(include=DRAWN)
            self._drawings[record.architecture] = drawing
            self._records.append(drawing)
        given = record.model_dump_json(exclude=ELSEWHERE, exclude_defaults=True)
        line = f'{{"job":"{record.job}",{given[1:]}'
        lines = Lines(self.path, line, self._environment, self._drawings)
        self._records.append(line)
        if rows:
            lines.trajectory = _write_rows(record.job, rows)
            self._trajectories.append(lines.trajectory)
        self._index[record.job] = lines

    @property
    def is_due(self) -> bool:
        """Whether it is time to write down what was noted."""
        return time.monotonic() >= self._due

    def flush(self) -> None:
        """Write down what was noted."""
        for name, lines in ((TRAJECTORIES, self._trajectories), (RECORDS, self._records)):
            if lines:
                with (self.path / name).open("a", encoding="utf-8") as file:
                    file.write("\n".join(lines) + "\n")
                lines.clear()
        self._due = time.monotonic() + FLUSH_SECONDS


def state_file(shard: Path, job: str) -> Path:
    """Return where the final state of a job lies."""
    return shard / "states" / f"{file_name(job)}.pt"


def read_shards(folder: Path) -> Index:
    """Return what all shards below ``folder`` hold, by job."""
    index: Index = {}
    for shard in sorted(folder.glob("*/")):
        for job, lines in _read_shard(shard).items():
            index[job] = _choose(index[job], lines) if job in index else lines
    return index


def _choose(first: Lines, second: Lines) -> Lines:
    """Return the lines that count of a job with records in several shards."""
    chosen, other = (first, second) if first.is_done else (second, first)
    return replace(chosen, copies=(*first.copies, other.shard))


def _read_shard(shard: Path) -> Index:
    index = _read_records(shard)
    for line in _lines(shard / TRAJECTORIES):
        job = _job_of(line)
        if job in index:
            index[job].trajectory = line
    return index


def _read_records(shard: Path) -> Index:
    """Return the records of a shard, which need not be whole."""
    index: Index = {}
    environment, drawings = "", dict[str, str]()
    for line in _lines(shard / RECORDS):
        job = _job_of(line)
        if job is None:
            environment = _note(line, environment, drawings)
        elif line.endswith('"cleared":true}'):
            index.pop(job, None)
        else:
            index[job] = Lines(shard, line, environment, drawings)
    return index


def _note(line: str, environment: str, drawings: dict[str, str]) -> str:
    """Take in what several jobs have in common; return where those ran that follow."""
    if line.startswith('{"environment":'):
        return line
    with suppress(ValueError, KeyError, TypeError):
        drawings[json.loads(line)["architecture"]] = line
        return environment
    return ""  # what could not be read may have said where


def _job_of(line: str) -> str | None:
    """Return the digest that a line begins with; none if it is about no single job."""
    prefix = '{"job":"'
    return line[len(prefix) : len(prefix) + 16] if line.startswith(prefix) else None


def _write_rows(job: str, rows: Rows) -> str:
    first, *others = rows
    columns = list(others[0]) if others else []
    line = {
        "job": job,
        "first": finite(first),
        "columns": columns,
        "rows": [[finite(row[name]) for name in columns] for row in others],
    }
    return json.dumps(line, separators=(",", ":"), allow_nan=False)


def _lines(file: Path) -> list[str]:
    """Return the whole lines of a file."""
    content = file.read_bytes() if file.exists() else b""
    whole = content[: content.rfind(b"\n")] if b"\n" in content else b""
    return [line.decode(errors="replace") for line in whole.split(b"\n")]


def _cut(file: Path) -> None:
    """Drop a half-written last line."""
    if not file.exists():
        return
    with file.open("r+b") as opened:
        content = opened.read()
        opened.truncate(content.rfind(b"\n") + 1)
