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
from harness.errors import Unsupported
from harness.execution.executor import Settings
from harness.execution.progress import kind_of
from harness.execution.search_job import Search
from harness.execution.train_job import Training
from harness.planning.evaluators import looks_up
from harness.planning.method_settings import find_kind
from harness.planning.opening import open_space
from harness.planning.seeding import generator
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
    with tempfile.TemporaryDirectory() as folder:
        try:
            if isinstance(spec, SearchSpec) and _trains_candidates(spec):
                return _measure_candidates(spec, device, Path(folder))
            began = time.perf_counter()
            work = _begin(job, device, Path(folder))
        except Unsupported:
            return 0.0
        set_up = time.perf_counter() - began
        return set_up + _time_share(work) if not work.is_finished else set_up


def _trains_candidates(spec: SearchSpec) -> bool:
    judges = find_kind(spec.method) is SearchKind.CANDIDATES
    return judges and not looks_up(spec.rules.evaluator)


def _measure_candidates(spec: SearchSpec, device: str, folder: Path) -> float:
    """Return the seconds of a search that trains candidates, by the steps of one such training."""
    recipe = spec.rules.candidate.model_copy(update={"epochs": max(spec.rules.fidelities)})
    rules = TrainRules(evaluator=spec.rules.evaluator, recipe=recipe)
    shared = spec.model_dump(include={"space", "task", "splits", "seed"})
    training = TrainSpec(architecture=_typical(spec.space), rules=rules, **shared)
    work = Training(training, _typical(spec.space), device, folder)
    seconds = _time_share(work)
    images = work.partition.sizes()["train"]
    examples = min(images, recipe.epoch_examples or images) * recipe.epochs
    limits = spec.rules.budget.on(images).limits()
    candidates = {
        "evaluations": limits.get("evaluations"),
        "examples": limits["examples"] / examples if "examples" in limits else None,
        "seconds": limits["seconds"] / seconds if "seconds" in limits else None,
    }
    return seconds * min(count for count in candidates.values() if count is not None)


def _time_share(work: Search | Training) -> float:
    """Return the seconds of a whole job, from those of its first steps."""
    began = time.perf_counter()
    work.step()  # it warms up caches, and is not counted if others follow
    took, share = time.perf_counter() - began, work.share_done
    if took < SAMPLE_SECONDS:
        began, before = time.perf_counter(), work.share_done
        while not work.is_finished and time.perf_counter() - began < SAMPLE_SECONDS:
            work.step()
        if work.share_done > before:
            took, share = time.perf_counter() - began, work.share_done - before
    return took / share if share else took


def _begin(job: PlannedJob, device: str, folder: Path) -> Search | Training:
    spec = job.spec
    if isinstance(spec, SearchSpec):
        return Search(spec, device, folder)
    return Training(spec, spec.architecture or _typical(spec.space), device, folder)


def _typical(choice: Plugin) -> str:
    """Return a random architecture, in place of one that is not found yet."""
    space = open_space(choice)
    return space.to_text(space.sample(generator(0, "estimate")))
