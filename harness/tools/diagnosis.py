"""Whether everything that experiments need is here: software, devices, data, plugins, disk."""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import importlib.metadata
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import torch

from harness.api import data_folder, may_download
from harness.config.parameters import defaults
from harness.config.protocol import Plugin
from harness.config.shipped import protocol_files
from harness.execution.environment import environment
from harness.planning.resolve_plugins import open_task
from harness.plugins import REGISTRIES, TASKS
from harness.registry import DISTRIBUTION, Registry
from harness.tools.installation import (
    find_third_party,
    list_extras,
    list_missing,
    list_requirements,
)

SCARCE_BYTES = 2**30
LISTED_FILES = 12


class Severity(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        severity: Whether something is to be done about it.
        topic: What kind of thing.
        name: Which.
        text: What was found, and what to do about it.
    """

    severity: Severity
    topic: str
    name: str
    text: str

    def to_line(self) -> str:
        """Return one line for a person."""
        return f"{self.severity:<8} {self.topic:<12} {self.name}: {self.text}"


def examine(results: Path) -> list[Finding]:
    """Look at everything; nothing that is broken keeps the rest from being looked at.

    Args:
        results: Folder that experiments would be written to; it is not made.
    """
    with contextlib.redirect_stdout(sys.stderr):  # what plugins print while they are imported
        return [
            *_environment(),
            *_packages(),
            *_devices(),
            *_data(),
            *_extras(),
            *_plugins(),
            *_results(results),
        ]


def _environment() -> Iterator[Finding]:
    here = environment("cpu")
    commit = "not a checkout" if here.commit is None else here.commit
    if here.dirty:
        commit += ", with uncommitted changes: results do not tell which"
    cores = f"{os.cpu_count()}"
    if hasattr(os, "sched_getaffinity"):
        cores += f", {len(os.sched_getaffinity(0))} of them for this process"
    threads = os.environ.get("OMP_NUM_THREADS", "not set")
    yield _ok("environment", "python", f"{here.versions['python']} ({sys.executable})")
    yield Finding(Severity.NOTE if here.dirty else Severity.OK, "environment", "commit", commit)
    yield _ok("environment", "platform", here.platform)
    yield _ok("environment", "processor", here.hardware)
    yield _ok("environment", "cores", cores)
    yield _ok(
        "environment",
        "threads",
        f"{here.threads} here, OMP_NUM_THREADS {threads}; a job uses one unless --threads says so",
    )


def _packages() -> Iterator[Finding]:
    for name in (DISTRIBUTION, "torch", "torchvision", "numpy"):
        try:
            yield _ok("package", name, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield _note("package", name, "not installed")
    yield _requirements()
    for module, severity, use in (
        ("torchvision", Severity.PROBLEM, "the official files of c10 and c100 cannot be read"),
        ("lzma", Severity.NOTE, "c10 and c100 cannot be read; use a Python built with it"),
    ):
        if error := _import_error(module):
            yield Finding(severity, "package", module, f"cannot be imported ({error}): {use}")
    if protocols := protocol_files():
        yield _ok("package", "protocols", ", ".join(protocols))
    else:
        yield _problem("package", "protocols", "none are here; install the harness again")


def _requirements() -> Finding:
    """Look at what the harness cannot do without."""
    try:
        missing, count = list_missing(), len(list_requirements())
    except importlib.metadata.PackageNotFoundError:
        return _note("package", "requirements", f"unknown, for {DISTRIBUTION} is not installed")
    if missing:
        text = f"{len(missing)} of {count} are not fulfilled; {_install(missing)}"
        return _problem("package", "requirements", text)
    return _ok("package", "requirements", f"all {count} are fulfilled")


def _devices() -> Iterator[Finding]:
    yield _ok("device", "cpu", environment("cpu").hardware)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    for index in range(count):
        yield _cuda(f"cuda:{index}")
    if not count:
        built = "" if torch.version.cuda else "; this torch is built for the processor alone"
        said = f"; torch says: {caught[0].message}".partition("\n")[0] if caught else ""
        yield _note("device", "cuda", f"none found, jobs run on the processor{built}{said}")


def _cuda(device: str) -> Finding:
    """Look at one accelerator, and compute something on it."""
    facts = torch.cuda.get_device_properties(device)
    text = f"{facts.name}, {facts.total_memory / 2**30:.1f} GiB, capability "
    text += f"{facts.major}.{facts.minor}"
    try:
        torch.ones(2, device=device).sum().item()
    except RuntimeError as error:
        first = str(error).partition("\n")[0]
        return _problem("device", device, f"{text}; cannot be computed on: {first}")
    return _ok("device", device, text)


def _data() -> Iterator[Finding]:
    folder = data_folder()
    origin = "from HARNESS_DATA" if os.environ.get("HARNESS_DATA") else "HARNESS_DATA is not set"
    try:
        names = sorted(path.name for path in folder.iterdir() if path.name[0] != ".")
    except FileNotFoundError:
        yield _note("data", "folder", f"{folder} ({origin}) does not exist")
    except OSError as error:
        yield _problem("data", "folder", f"{folder} ({origin}) cannot be read: {error.strerror}")
    else:
        listed = ", ".join(names[:LISTED_FILES]) or "nothing"
        more = f" and {len(names) - LISTED_FILES} more" if len(names) > LISTED_FILES else ""
        yield _ok("data", "folder", f"{folder} ({origin}) holds {listed}{more}")
    allowed = "allowed" if may_download() else "switched off by HARNESS_DOWNLOAD=0"
    yield _ok("data", "downloads", allowed)
    for name in TASKS.names():
        if _fault(TASKS, name) is None:
            yield _task(name)


def _task(name: str) -> Finding:
    """Look at a task with its defaults; its data are not read."""
    try:
        task = open_task(Plugin(name=name))
        if gap := task.missing():
            remedy = "fetched when needed" if may_download() else "put them there"
            return _note("data", name, f"{gap}; {remedy}")
        size, classes = "x".join(map(str, task.shape.inputs)), task.shape.classes
        return _ok("data", name, f"{size}, {classes} classes, in reports {task.label!r}")
    except Exception as error:  # noqa: BLE001 - whatever a plugin raises is a finding
        return _problem("data", name, _first_line(error))


def _extras() -> Iterator[Finding]:
    try:
        extras = list_extras()
    except importlib.metadata.PackageNotFoundError:
        return
    for extra in extras:
        missing, count = list_missing(extra), len(list_requirements(extra))
        if missing:
            text = f"{len(missing)} of {count} packages are missing; {_install(missing)}"
            yield _note("extra", extra, text)
        else:
            yield _ok("extra", extra, "installed")


def _plugins() -> Iterator[Finding]:
    for registry in REGISTRIES:
        names, elsewhere = registry.names(), find_third_party(registry)
        own = len([name for name in names if name not in elsewhere])
        yield _ok("plugin", f"{registry.kind}s", f"{own} built in, {len(elsewhere)} from elsewhere")
        for name in names:
            title = f"{registry.kind} {name}"
            if gap := registry.missing(name):
                yield _note("plugin", title, gap)
            elif fault := _fault(registry, name):
                yield _problem("plugin", title, fault)
            elif name in elsewhere:
                yield _ok("plugin", title, f"from {elsewhere[name]}")


def _fault(registry: Registry[Any], name: str) -> str | None:
    """Say why a plugin cannot be used, or return None."""
    try:
        defaults(registry.load(name))
    except Exception as error:  # noqa: BLE001 - whatever a plugin raises is a finding
        return _first_line(error)
    return None


def _results(folder: Path) -> Iterator[Finding]:
    path = folder.absolute()
    home = next(place for place in (path, *path.parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=home) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # as a run holds its folder
        free = shutil.disk_usage(home).free
    except OSError as error:
        yield _problem("results", str(folder), f"cannot be written: {error.strerror}")
        return
    text = f"can be written, {free / 2**30:.1f} GiB free" + (
        "" if home == path else "; not made yet"
    )
    yield Finding(
        Severity.NOTE if free < SCARCE_BYTES else Severity.OK, "results", str(folder), text
    )


def _import_error(module: str) -> str | None:
    try:
        importlib.import_module(module)
    except Exception as error:  # noqa: BLE001 - a broken installation raises anything
        return _first_line(error)
    return None


def _install(missing: list[str]) -> str:
    return "python -m pip install " + " ".join(f"'{text}'" for text in missing)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def _ok(topic: str, name: str, text: str) -> Finding:
    return Finding(Severity.OK, topic, name, text)


def _note(topic: str, name: str, text: str) -> Finding:
    return Finding(Severity.NOTE, topic, name, text)


def _problem(topic: str, name: str, text: str) -> Finding:
    return Finding(Severity.PROBLEM, topic, name, text)
