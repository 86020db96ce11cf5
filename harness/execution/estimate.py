"""How long jobs would take, by running the first steps of one job of each class."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from harness.config.protocol import Plugin
from harness.errors import Unsupported
from harness.execution.executor import Settings
from harness.execution.opening import open_space
from harness.execution.progress import kind_of
from harness.execution.search import Search
from harness.execution.seeding import generator
from harness.execution.train import Training
from harness.results.record import PlannedJob, SearchSpec

# Enough steps to leave the first, slow ones behind.
SAMPLE_SECONDS = 4.0


def estimate(todo: Sequence[PlannedJob], settings: Settings) -> float:
    """Return the expected seconds until the last of ``todo`` ends, evaluations of tests aside.

    A warm start costs what a cold search does, so the ancestors need not be done for this.
    """
    torch.set_num_threads(settings.threads)
    known: dict[str, float] = {}
    for job in todo:
        if kind_of(job) not in known:
            known[kind_of(job)] = _measure(job, settings.devices[0])
    return sum(known[kind_of(job)] for job in todo) / settings.jobs


def _measure(job: PlannedJob, device: str) -> float:
    """Return the expected seconds of one job; 0 for one that would be skipped."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        try:
            work = _begin(job, device, Path(folder))
        except Unsupported:
            return 0.0
        set_up = time.perf_counter() - began
        work.step()  # the first one warms up caches and is not counted
        began, before = time.perf_counter(), work.share_done
        while not work.is_finished and time.perf_counter() - began < SAMPLE_SECONDS:
            work.step()
        done = work.share_done - before
        return set_up + (time.perf_counter() - began) / done if done else set_up


def _begin(job: PlannedJob, device: str, folder: Path) -> Search | Training:
    spec = job.spec
    if isinstance(spec, SearchSpec):
        return Search(spec, device, folder)
    return Training(spec, spec.architecture or _typical(spec.space), device, folder)


def _typical(choice: Plugin) -> str:
    """Return a random architecture, in place of one that is not found yet."""
    space = open_space(choice)
    return space.to_text(space.sample(generator(0, "estimate")))
