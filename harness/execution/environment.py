"""Where a job ran: what a reader needs to judge whether two jobs are comparable."""

from __future__ import annotations

import functools
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from harness.execution.provenance import checkout, describe_plugins, hash_code
from harness.results.planned import PlannedJob
from harness.results.record import Environment

LIBRARIES = ("torch", "torchvision", "numpy", "optuna", "nni", "nas-comparison-harness")


def environment(device: str, jobs: Iterable[PlannedJob] = ()) -> Environment:
    """Describe this process.

    Args:
        device: Where it computes.
        jobs: Whose plugins are at work.
    """
    found = checkout()
    return Environment(
        commit=found.commit,
        dirty=found.is_dirty,
        code=hash_code(),
        plugins=describe_plugins(jobs),
        hardware=_hardware(device),
        device=device,
        threads=torch.get_num_threads(),
        versions=_versions(),
        platform=platform.platform(),
    )


def seed_everything(seed: int) -> None:
    """Seed torch's generators on every device."""
    torch.manual_seed(seed)


def rng_state(device: str) -> dict[str, torch.Tensor]:
    """Return the state of torch's generators that a job on ``device`` draws from."""
    state = {"cpu": torch.get_rng_state()}
    if torch.device(device).type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def set_rng_state(state: dict[str, torch.Tensor], device: str) -> None:
    """Take over what ``rng_state`` returned."""
    torch.set_rng_state(state["cpu"])
    if "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)


def synchronise(device: str) -> None:
    """Wait for the accelerator, so that a clock read afterwards is honest."""
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)


@functools.cache
def _hardware(device: str) -> str:
    if torch.device(device).type == "cuda":
        return torch.cuda.get_device_name(device)
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8", "replace").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


@functools.cache
def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
