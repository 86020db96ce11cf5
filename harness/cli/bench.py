"""Speed and memory of steps: fused against plain, captured against eager."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from harness.cli._arguments import positive, thread_count
from harness.cli._output import emit
from harness.plugins import SPACES

if TYPE_CHECKING:
    from harness.tools.bench_captured import Setting, StepTime
    from harness.tools.bench_memory import PathMemory
    from harness.tools.bench_steps import Comparison

COUNTS = ("channels", "cells", "batch", "size", "steps", "threads")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--space", default="darts", help="search space (default: %(default)s)")
    parser.add_argument("--device", default="auto", help="cpu, cuda, cuda:1 (default: %(default)s)")
    for name, default, what in (
        ("channels", 8, "initial"),
        ("cells", 5, "of the network"),
        ("batch", 32, "images"),
        ("size", 32, "of images"),
        ("steps", 9, "of each"),
    ):
        text = f"{what} (default: %(default)s)"
        parser.add_argument(f"--{name}", type=positive, default=default, help=text)
    parser.add_argument("--threads", type=thread_count, default=1, help="(default: %(default)s)")


def execute(args: argparse.Namespace) -> int:
    """Measure both implementations and print how they compare."""
    SPACES.check(args.space)
    from harness.tools.bench_memory import measure_paths
    from harness.tools.bench_steps import compare, has_implementations

    def report(text: str) -> None:
        print(text, file=sys.stderr)

    setting = _setting(args)
    found = None
    if has_implementations(setting):
        found = compare(setting, args.steps, report)
    times = _time_captured(setting, args.steps, report) if setting.device != "cpu" else []
    report("measuring the memory of paths")
    paths = measure_paths(
        setting.space, setting.shape, setting.scale, setting.batch_size, device=setting.device
    )
    document = {
        **{name: getattr(args, name) for name in ("space", *COUNTS)},
        "device": setting.device,
        **(dataclasses.asdict(found) if found else {}),
        "paths": paths.to_json(),
        "step_times": times,
    }
    lines = [*_lines(args.space, found, paths), *map(_describe_time, times)]
    emit(document, lines, is_json=args.json)
    return 0


def _setting(args: argparse.Namespace) -> Setting:
    from harness.api import Scale, TaskShape, Unsupported, WeightSharingSpace
    from harness.config.protocol import Plugin
    from harness.execution.devices import find_devices
    from harness.planning.resolve_plugins import open_space
    from harness.tools.bench_captured import Setting

    space = open_space(Plugin(name=args.space))
    if not isinstance(space, WeightSharingSpace):
        raise Unsupported(
            f"The space {args.space} has no super-network; choose one, such as darts."
        )
    shape, scale = TaskShape((3, args.size, args.size), 10), Scale(args.channels, args.cells)
    space.require(shape, scale)
    return Setting(space, shape, scale, args.batch, find_devices(args.device)[0], args.threads)


def _time_captured(setting: Setting, steps: int, report: Callable[[str], None]) -> list[StepTime]:
    """Return what steps of searches and trainings take on a GPU, eager and captured."""
    from harness.tools.bench_captured import list_trainings, time_steps

    return list(time_steps(setting, list_trainings(setting), steps, report))


def _describe_time(found: StepTime) -> str:
    line = f"{found.step}, {found.mode}: {1e3 * found.seconds:.1f} ms a step"
    if found.kernel_seconds is None or found.peak_bytes is None:
        return line
    return (
        f"{line}, {found.kernels:,} kernels of {1e3 * found.kernel_seconds:.1f} ms, "
        f"{found.peak_bytes / 2**30:.1f} GiB"
    )


def _lines(space: str, found: Comparison | None, paths: PathMemory) -> Iterator[str]:
    if found is None:
        yield f"the super-network of {space} has one implementation only: nothing to compare"
    else:
        yield from _compare_steps(found)
    yield from _compare_memory(paths)


def _compare_memory(found: PathMemory) -> Iterator[str]:
    """Yield what binary gates keep for the backward pass, beside softmax gates."""
    for what, name, own, plain, fused in (
        ("a weight", "one path", found.one_path, found.dense_weights, found.fused_weights),
        ("an architecture", "two paths", found.two_paths, found.dense_choices, found.fused_choices),
    ):
        rows = [("plain", plain)] + ([("fused", fused)] if fused else [])
        shares = (f"{own / size:.3f} of {size / 2**20:.1f} ({kind})" for kind, size in rows)
        yield (
            f"{name} of {what} step: {own / 2**20:.1f} MiB kept for the backward pass (mean of "
            f"{found.samples}); of what all operations keep: {', '.join(shares)}"
        )


def _compare_steps(found: Comparison) -> Iterator[str]:
    low, high = found.ratio_quartiles
    times = (("plain", found.plain_seconds), (found.implementation, found.fused_seconds))
    yield from (f"{name:<6}{seconds:.4f} s a step" for name, seconds in times)
    yield f"ratio {found.ratio:.3f}, quartiles {low:.3f} to {high:.3f} of {found.steps} pairs"
    yield f"largest relative difference, in float64: {found.difference:.1e}"
