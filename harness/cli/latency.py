"""Measure how long every operation of a space takes on this machine, as a latency table."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.cli._arguments import positive, thread_count
from harness.cli._output import emit
from harness.errors import ConfigError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--space", default="darts", help="search space (default: %(default)s)")
    parser.add_argument(
        "--task",
        default="c10,c100",
        help="whose images and classes; several of one size by commas (default: %(default)s)",
    )
    for name, default, what in (
        ("channels", 16, "initial"),
        ("cells", 8, "of networks"),
        ("batch-size", 1, "images"),
        ("repeats", 30, "of each operation"),
    ):
        text = f"{what} (default: %(default)s)"
        parser.add_argument(f"--{name}", type=positive, default=default, help=text)
    parser.add_argument("--device", default="cpu", help="(default: %(default)s)")
    parser.add_argument("--threads", type=thread_count, default=1, help="(default: %(default)s)")
    parser.add_argument(
        "--networks",
        type=int,
        default=30,
        help="random networks to compare the table's sums with (default: %(default)s)",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="as table.json")


def execute(args: argparse.Namespace) -> int:
    """Write the table and print how well it predicts whole networks."""
    from harness.api import Scale
    from harness.config.protocol import Plugin
    from harness.execution.devices import find_devices
    from harness.hardware.latency import Stopwatch
    from harness.planning.resolve_plugins import open_space, open_task
    from harness.results.files import check_place
    from harness.tools.latency import measure_table

    if args.networks < 0 or args.networks == 1:
        raise ConfigError(f"--networks {args.networks}: expected 0, or at least 2 to compare.")
    check_place(args.out)
    space = open_space(Plugin(name=args.space))
    names = args.task.split(",")
    shapes = [open_task(Plugin(name=name)).shape for name in names]
    if len({shape.inputs for shape in shapes}) > 1:
        raise ConfigError(f"--task {args.task}: their images differ in size; make a table of each.")
    device = find_devices(args.device)[0]
    table = measure_table(
        args.space,
        space,
        shapes,
        Scale(args.channels, args.cells),
        Stopwatch(device, args.batch_size, threads=args.threads, repeats=args.repeats),
        args.networks,
    )
    args.out.write_text(table.model_dump_json(indent=1) + "\n", encoding="utf-8")
    number = len(table.milliseconds)
    document = {"table": str(args.out), "operations": number, "check": table.check}
    lines = [f"{args.out}: {number} operations"]
    if check := table.check:
        lines.append(
            f"{check['networks']} random networks: predicted with a mean error of "
            f"{check['mean_relative_error']:.1%} "
            f"({check['mean_relative_error_after_factor']:.1%} after the factor "
            f"{check['factor']:.3f}), root mean square {check['root_mean_square_error']:.3g} ms, "
            f"rank correlation {check['rank_correlation']:.3f}"
        )
    emit(document, lines, is_json=args.json)
    return 0
