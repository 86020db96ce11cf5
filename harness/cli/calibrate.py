"""Simulate whether the reported tests keep their level and the intervals cover."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.cli._arguments import positive
from harness.cli._output import emit

if TYPE_CHECKING:
    from analysis.calibration.rates import Rate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--simulations",
        type=positive,
        default=2000,
        help="of each row, fewer where one takes long (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of all draws (default: %(default)s)")


def execute(args: argparse.Namespace) -> int:
    """Print a row for each design; 1 if a rate is outside its bounds."""
    from analysis.calibration.laws import NORMAL, SKEWED, read_law
    from analysis.calibration.simulate import calibrate
    from harness.execution.display import Display

    laws = [NORMAL, SKEWED, read_law()]
    display, found = Display(), []
    for rate in calibrate(args.simulations, args.seed, laws):
        found.append(rate)
        display.draw(f"{len(found)} rows, {rate.name}")
    display.clear()
    about = [f"{law.name}: {law.about}" for law in laws]
    emit([rate.to_dict() for rate in found], _lines(found, about), is_json=args.json)
    return int(not all(rate.is_met for rate in found))


def _lines(found: Sequence[Rate], laws: Sequence[str]) -> Iterator[str]:
    from analysis.calibration.rates import ERRORS

    named: dict[tuple[str, str], list[Rate]] = {}
    for rate in found:
        named.setdefault((rate.about, rate.name), []).append(rate)
    for (about, name), rates in named.items():
        yield f"{about}: {name}"
        yield "     n    m  ratio  law     failing  simulations  printed    rate   error  bound"
        yield from map(_row, rates)
    yield ""
    yield f"{'':<50}rows  lowest  highest  broken"
    for (about, name), rates in named.items():
        shares = sorted(rate.rate for rate in rates)
        broken = sum(not rate.is_met for rate in rates)
        yield (
            f"{f'{about}: {name}':<50}{len(rates):>4}{shares[0]:>8.3f}{shares[-1]:>9.3f}{broken:>8}"
        )
    yield ""
    yield "ratio: standard deviation of the second side (m runs) over that of the first (n runs)"
    yield from (f"law {law}" for law in laws)
    yield f"BROKEN: outside its bound by more than {ERRORS:g} Monte-Carlo standard errors"


def _row(rate: Rate) -> str:
    bound = {
        "level": f"<= {rate.most:g}",
        "coverage": f">= {rate.least:g}",
        "found": f"{rate.least:g} to {rate.most:g}",
    }[rate.about]
    return (
        f"  {rate.n:>4}{rate.m or '-':>5}{rate.ratio:>7g}  {rate.law:<8}{rate.failing:>7g}"
        f"{rate.simulations:>13,}{rate.printed:>9.3f}{rate.rate:>8.4f}{rate.error:>8.4f}  {bound}"
        + ("" if rate.is_met else "  BROKEN")
    )
