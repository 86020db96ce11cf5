"""Which code is at work: the checkout's commit and what it does not hold, and plugins' files."""

from __future__ import annotations

import functools
import hashlib
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from harness.plugins import EVALUATORS, METHODS, REGISTRIES, SPACES, TASKS
from harness.results.planned import PlannedJob
from harness.results.record import PluginFile
from harness.results.spec import SearchSpec

HOME = Path(__file__).resolve().parents[2]
# Code that moves results; nothing else makes a checkout dirty.
CODE = ("harness", "methods")
STATES = {"??": "untracked", "": "committed"}


@dataclass(frozen=True)
class Checkout:
    """The harness' own git checkout.

    Attributes:
        commit: None outside a checkout.
        states: What git says of files of code that are not as in the commit, by path below HOME.
    """

    commit: str | None
    states: Mapping[str, str]

    @property
    def is_dirty(self) -> bool | None:
        """Whether there is code that the commit does not hold; None outside a checkout."""
        return None if self.commit is None else bool(self.states)

    def state(self, file: Path) -> str:
        """Return ``committed``, ``changed`` or ``untracked``; empty for files elsewhere."""
        if self.commit is None or not file.is_relative_to(HOME):
            return ""
        return STATES.get(self.states.get(str(file.relative_to(HOME)), ""), "changed")


@functools.cache  # of a process: what is imported does not change any more
def checkout() -> Checkout:
    """Return the state of the harness' checkout."""
    if not (HOME / ".git").exists():
        return Checkout(None, {})
    try:
        commit = _git("rev-parse", "HEAD").strip()
        lines = _git("status", "--porcelain", "-z", "--untracked-files=all", "--", *CODE).split(
            "\0"
        )
    except (OSError, subprocess.SubprocessError):
        return Checkout(None, {})
    code = [line for line in lines if line.endswith(".py")]
    return Checkout(commit or None, {line[3:]: line[:2].strip() for line in code})


@functools.cache
def hash_code() -> str:
    """Return 16 hex digits of the harness' own Python files, without those of plugins."""
    plugins = {file for registry in REGISTRIES for file in registry.files()}
    found = hashlib.sha256()
    for file in sorted((HOME / "harness").rglob("*.py")):
        if file not in plugins:
            found.update(f"{file.relative_to(HOME)}\0".encode() + file.read_bytes() + b"\0")
    return found.hexdigest()[:16]


def describe_plugins(jobs: Iterable[PlannedJob]) -> dict[str, PluginFile]:
    """Return the files of the plugins that ``jobs`` need, by kind and name."""
    names = sorted({pair for job in jobs for pair in _plugins_of(job)})
    return {f"{kind} {name}": _describe(kind, name) for kind, name in names}


def _plugins_of(job: PlannedJob) -> list[tuple[str, str]]:
    spec = job.spec
    found = [
        (SPACES.kind, spec.space.name),
        (TASKS.kind, spec.task.name),
        (EVALUATORS.kind, spec.rules.evaluator.name),
    ]
    if isinstance(spec, SearchSpec):
        found.append((METHODS.kind, spec.method.name))
    return found


@functools.cache  # of a process, as above
def _describe(kind: str, name: str) -> PluginFile:
    registry = next(each for each in REGISTRIES if each.kind == kind)
    file, distribution = registry.file(name).resolve(), registry.distribution(name)
    is_ours = file.is_relative_to(HOME)
    return PluginFile(
        file=file.relative_to(HOME).as_posix() if is_ours else str(file),
        distribution=f"{distribution} {_version(distribution)}".strip(),
        state=checkout().state(file),
        sha256=hashlib.sha256(file.read_bytes()).hexdigest()[:16],
    )


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=HOME, capture_output=True, text=True, check=True, timeout=10
    )
    return done.stdout
