"""A job's network as one file that needs this project only to be rebuilt, and its reader.

The file is written by ``torch.save`` and holds plain containers and tensors, so
``torch.load(path, weights_only=True)`` reads it::

    {"format": "nas-harness network", "version": 1,
     "architecture": "Genotype(...)",          in the space's notation
     "space": {"name", "params"},
     "task": {"name", "params", "label",
              "inputs": [channels, height, width], "classes",
              "mean", "deviation"},            of each channel; null where the data are not there
     "scale": {"channels", "cells", "auxiliary"},
     "job": "0123456789abcdef",                digest of the job
     "fresh": False,                           whether the weights are untrained
     "test_accuracy": 93.1,                    in percent; null for fresh weights
     "weights": {name: tensor}}                the network's state_dict, all of it

The network takes images whose pixels, scaled to [0, 1], had the mean subtracted and were divided
by the deviation.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from torch import nn

from harness.api import Recipe, Scale, Task, TaskShape
from harness.config.protocol import Plugin, Protocol
from harness.errors import ConfigError, DataError
from harness.execution.environment import seed_everything
from harness.execution.saving import read_state, write_state
from harness.execution.train_job import network_seed
from harness.planning.resolve_plugins import open_space, open_task
from harness.results.files import check_place
from harness.results.record import JobRecord, Status
from harness.results.spec import TrainSpec
from harness.results.store import ExperimentFolder, JobFolder

FORMAT, VERSION = "nas-harness network", 1


def find_job(path: Path) -> JobFolder:
    """Return the folder of a job.

    Args:
        path: The job's folder, or an experiment's folder followed by the beginning of the job's
            digest, as ``results/d10-d100/3fa1``.

    Raises:
        ConfigError: If there is no such job, or there are several.
    """
    if (path / "spec.json").is_file():
        return JobFolder(path)
    if (path / "plan.json").is_file():
        raise ConfigError(f"{path} is an experiment; add / and the beginning of a job's digest.")
    is_below_jobs = path.parent.name == "jobs"
    experiment = ExperimentFolder.existing(path.parents[1] if is_below_jobs else path.parent)
    jobs = [
        job
        for job in experiment.plan().jobs
        if job.job.startswith(path.name) or job.folder == path.name
    ]
    if len(jobs) == 1:
        return experiment.job(jobs[0])
    names = ", ".join(job.folder for job in jobs[:3]) + (", ..." if len(jobs) > 3 else "")
    found = f"is the beginning of {len(jobs)} digests: {names}" if jobs else "is no job's digest"
    raise ConfigError(
        f"{path.name!r} {found}; give the beginning of one, or a folder below "
        f"{experiment.path / 'jobs'}."
    )


def check_file(path: Path, *, is_forced: bool) -> None:
    """Refuse a path that cannot or should not be written, before anything is computed for it.

    Raises:
        ConfigError: If its folder is missing, or it exists and writing is not forced.
    """
    check_place(path)
    if path.exists() and not is_forced:
        raise ConfigError(f"{path} exists; choose another name, or say --force to replace it.")


def export_network(job: JobFolder, path: Path, *, is_fresh: bool, device: str = "cpu") -> None:
    """Write the network of a finished job to ``path``.

    Args:
        job: Its folder. A search has no trained network, only a fresh one: that of the
            architecture it found, as the experiment would train it.
        path: Of the file.
        is_fresh: Whether to write the weights before the first step of training instead.
        device: Where the weights are put by a reader that does not say where.

    Raises:
        ConfigError: If the job has no such network.
    """
    record = _finished(job)
    task = open_task(record.spec.task)
    network, scale = _rebuild(job, record, task.shape, is_fresh=is_fresh)
    document = {
        "format": FORMAT,
        "version": VERSION,
        "architecture": record.architecture,
        "space": record.spec.space.model_dump(mode="json"),
        "task": _task_facts(task, record),
        "scale": {
            "channels": scale.channels,
            "cells": scale.cells,
            "auxiliary": scale.auxiliary,
        },
        "job": record.job,
        "fresh": is_fresh,
        "test_accuracy": None if is_fresh else record.test_accuracy,
        "weights": dict(network.to(device).state_dict()),
    }
    try:
        write_state(path, document)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from error


def load_network(path: str | Path) -> nn.Module:
    """Return a trained network, on the host and in evaluation mode, ready to predict.

    Called with images (N, channels, height, width), whose pixels, scaled to [0, 1], had the mean of
    their channel subtracted and were divided by its deviation (``harness.tools.exporting`` says
    where a file states both), it returns logits (N, classes).

    Args:
        path: Of a file that ``python -m harness export`` wrote; or of a training's folder, or its
            experiment's followed by the beginning of its digest, as ``results/d10-d100/3fa1``.

    Raises:
        ConfigError: If there is no such network, or the project builds another one today.
        HarnessError: If its search space or task is not installed.
    """
    path = Path(path)
    if path.is_dir() or not (path.suffix or path.is_file()):
        job = find_job(path)
        record = _finished(job)
        network, _ = _rebuild(job, record, open_task(record.spec.task).shape, is_fresh=False)
        return network.eval()
    document = _read(path)
    task, scale = document["task"], document["scale"]
    shape = TaskShape(tuple(task["inputs"]), task["classes"])
    space = Plugin(**document["space"])
    network = _build(space, document["architecture"], shape, Scale(**scale))
    _fill(network, document["weights"], str(path))
    return network.eval()


def _finished(job: JobFolder) -> JobRecord:
    """Return the record of a job that ended well."""
    record = job.record()
    if record is None:
        raise ConfigError(
            f"The job {job.path.name} is unfinished; `python -m harness run` goes on with it."
        )
    if record.status is not Status.DONE:
        reason = (record.reason or "").strip().rpartition("\n")[2]
        raise ConfigError(
            f"The job {job.path.name} ended as {record.status} and has no network: {reason}"
        )
    return record


def _scale_and_seed(job: JobFolder, record: JobRecord, *, is_fresh: bool) -> tuple[Scale, int]:
    """Return the size of the job's network and the seed of its fresh weights."""
    spec = record.spec
    if isinstance(spec, TrainSpec):
        origin = spec.search or spec.architecture
        assert origin is not None
        return spec.rules.recipe.scale, network_seed(spec, origin, spec.repeat)
    if not is_fresh:
        raise ConfigError(
            f"The job {job.path.name} is a search and has no trained network; name the train job "
            "that rests on it, or say --fresh."
        )
    return _recipe(job).scale, network_seed(spec, record.job, 0)


def _recipe(job: JobFolder) -> Recipe:
    """Return how the experiment that a job belongs to trains what is found."""
    experiment = ExperimentFolder.existing(job.path.absolute().parents[1])
    try:
        return Protocol.model_validate(experiment.facts().experiment["protocol"]).train.recipe
    except (KeyError, ValidationError) as error:
        raise ConfigError(
            f"{experiment.path} states no protocol that is known today; export a train job."
        ) from error


def _rebuild(
    job: JobFolder, record: JobRecord, shape: TaskShape, *, is_fresh: bool
) -> tuple[nn.Module, Scale]:
    """Return the network of a finished job, and its size."""
    scale, seed = _scale_and_seed(job, record, is_fresh=is_fresh)
    if is_fresh:
        seed_everything(seed)
    network = _build(record.spec.space, record.architecture, shape, scale)
    if not is_fresh:
        _fill(network, _trained(job), str(job.path))
    return network, scale


def _build(space: Plugin, architecture: str | None, shape: TaskShape, scale: Scale) -> nn.Module:
    assert architecture is not None
    opened = open_space(space)
    return opened.build(opened.from_text(architecture), shape, scale)


def _trained(job: JobFolder) -> dict[str, Any]:
    """Return the weights that a train job ended with."""
    weights = read_state(job.state)["network"] if job.state.is_file() else {}
    if not weights:
        raise ConfigError(
            f"The job {job.path.name} kept no weights; --fresh writes untrained ones."
        )
    state: dict[str, Any] = weights
    return state


def _fill(network: nn.Module, weights: dict[str, Any], origin: str) -> None:
    try:
        network.load_state_dict(weights, strict=True)
    except RuntimeError as error:
        first = " ".join(str(error).split("\n")[1:2]).strip()
        raise ConfigError(
            f"{origin}: the weights are not those of the network that is built today; {first}"
        ) from error


def _task_facts(task: Task, record: JobRecord) -> dict[str, Any]:
    return {
        "name": record.spec.task.name,
        "params": record.spec.task.params,
        "label": record.task_label or task.label,
        "inputs": list(task.shape.inputs),
        "classes": task.shape.classes,
        **_pixel_facts(task),
    }


def _pixel_facts(task: Task) -> dict[str, list[float] | None]:
    try:
        return {"mean": list(task.mean), "deviation": list(task.deviation)}
    except DataError:
        return {"mean": None, "deviation": None}


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ConfigError(f"{path} is no file; give one that `python -m harness export` wrote.")
    try:
        document = read_state(path)
    except Exception as error:  # torch raises anything at a file of another kind
        first = str(error).partition("\n")[0]
        raise ConfigError(f"{path} cannot be read as a network: {first}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ConfigError(f"{path} is no {FORMAT}; `python -m harness export` writes one.")
    if document.get("version") != VERSION:
        raise ConfigError(
            f"{path} has version {document.get('version')!r}, but {VERSION} is read here; use the "
            "project that wrote it."
        )
    return document
