"""How long jobs would take: one mini-batch of each class of job, times how many there are."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from harness.api import SearchKind
from harness.config.protocol import Plugin, TrainRules
from harness.errors import HarnessError, Unsupported
from harness.execution.executor import Settings
from harness.execution.faults import Ended, Lost
from harness.execution.jobs import Inputs, begin
from harness.execution.progress import kind_of
from harness.execution.runner import Control, Stopped, drive
from harness.execution.running_job import RunningJob
from harness.execution.savers import Log
from harness.execution.train_job import TrainJob
from harness.planning.resolve_plugins import looks_up, open_space, resolve_method
from harness.planning.seeding import generator
from harness.results.job_folder import JobFolder
from harness.results.planned import PlannedJob
from harness.results.spec import SearchSpec, TrainSpec

# Of each class of job, behind a first step that warms up; a longer step is measured once.
SAMPLE_SECONDS = 4.0
# Of the whole estimate; classes that are not reached by then are left out, and said to be.
LIMIT_SECONDS = 60.0


@dataclass(frozen=True)
class Estimate:
    """What was found out.

    Attributes:
        seconds: Until the last job ends, evaluations of tests aside.
        unknown: How many jobs the time does not cover, for the limit was reached before.
    """

    seconds: float
    unknown: int


def estimate(
    todo: Sequence[PlannedJob], settings: Settings, tell: Callable[[str], None]
) -> Estimate:
    """Return how long ``todo`` would take; trains no candidate and no network to the end.

    A warm start costs what a cold search does, so the ancestors need not be done for this.

    Args:
        todo: The jobs.
        settings: How they would be run.
        tell: Told the class that is measured next.
    """
    torch.set_num_threads(settings.threads)
    known: dict[str, float] = {}
    end = time.monotonic() + LIMIT_SECONDS
    for job in todo:
        if kind_of(job) not in known and time.monotonic() < end:
            tell(kind_of(job))
            known[kind_of(job)] = _measure(job, settings.devices[0])
    covered = [known[kind_of(job)] for job in todo if kind_of(job) in known]
    return Estimate(sum(covered) / settings.jobs, len(todo) - len(covered))


def _measure(job: PlannedJob, device: str) -> float:
    """Return the expected seconds of one job; 0 for one that would be skipped."""
    spec = job.spec
    with tempfile.TemporaryDirectory() as path:
        folder = JobFolder(Path(path))
        try:
            if isinstance(spec, SearchSpec) and _trains_candidates(spec):
                return _measure_candidates(spec, device, folder.path)
            began = time.perf_counter()
            given = spec.architecture if isinstance(spec, TrainSpec) else None
            running = begin(job, Inputs(given or _typical(spec.space)), folder, device)
            set_up = time.perf_counter() - began
            return set_up + _time_share(running) if not running.is_finished else set_up
        except Unsupported:
            return 0.0
        except Lost as fault:
            raise HarnessError(f"{job.name} cannot be measured: {fault}") from fault


def _trains_candidates(spec: SearchSpec) -> bool:
    is_sampling = resolve_method(spec.method).kind is SearchKind.CANDIDATES
    return is_sampling and not looks_up(spec.rules.evaluator)


def _measure_candidates(spec: SearchSpec, device: str, folder: Path) -> float:
    """Return the seconds of a search that trains candidates, by the steps of one such training."""
    recipe = spec.rules.candidate.model_copy(update={"epochs": max(spec.rules.fidelities)})
    rules = TrainRules(evaluator=spec.rules.evaluator, recipe=recipe)
    shared = spec.model_dump(include={"space", "task", "splits", "seed"})
    training = TrainSpec(architecture=_typical(spec.space), rules=rules, **shared)
    running = TrainJob(training, _typical(spec.space), device, folder)
    seconds = _time_share(running)
    images = running.partition.sizes()["train"]
    examples = min(images, recipe.epoch_examples or images) * recipe.epochs
    limits = spec.rules.budget.on(images).limits()
    candidates = {
        "evaluations": limits.get("evaluations"),
        "examples": limits["examples"] / examples if "examples" in limits else None,
        "seconds": limits["seconds"] / seconds if "seconds" in limits else None,
    }
    return seconds * min(count for count in candidates.values() if count is not None)


def _time_share(job: RunningJob) -> float:
    """Return the seconds of a whole job, from those of its first steps in the loop of a run."""
    marks = [(time.perf_counter(), 0.0)]

    def should_stop() -> bool:
        marks[2:] = []  # of the first step, which warms up caches, and of the last
        marks.append((time.perf_counter(), job.share_done))
        began, _ = marks[0] if len(marks) == 2 else marks[1]
        return marks[-1][0] - began >= SAMPLE_SECONDS

    try:
        drive(job, Log(), Control(job.device, should_stop, None))
    except Ended:  # as it would in a run
        return time.perf_counter() - marks[0][0]
    except Stopped:
        pass
    first, last = marks[-2:]  # the first step is not counted if others follow
    if len(marks) == 3 and last[1] == first[1]:
        first = marks[0]
    took, share = last[0] - first[0], last[1] - first[1]
    return took / share if share else took


def _typical(choice: Plugin) -> str:
    """Return a random architecture, in place of one that is not found yet."""
    space = open_space(choice)
    return space.to_text(space.sample(generator(0, "estimate")))
