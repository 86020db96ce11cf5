"""What it would take to find a difference, in sentences: for a terminal and for the report."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.answers.comparisons.needed import LOOKED_UP, Hours, Needed
from analysis.numbers import brief, decimal, joined, pair_label, several
from analysis.study import Study


def describe_plan(study: Study, difference: float) -> Iterator[str]:
    """Yield a plan for people, a line for each declared comparison."""
    found = study.find_needed(difference)
    yield (
        f"{study.name}: to find {brief(difference)} points in 80 % of repetitions after Holm, "
        "by the spread of its runs"
    )
    for one in found:
        yield f"  {_name(one)}: {_describe(one)}"
    if any(one.images_rest_on == LOOKED_UP for one in found):
        yield f"  {LOOKED_UP}"
    if total := study.add_up(found):
        sizes = joined([several(total.seeds, "seed"), _of_random(total.random)])
        hours = f": {_hours(total.hours)}" if total.hours else ""
        yield f"  all of it, with the largest numbers, {sizes}{hours}"


def summarise_hardest(study: Study) -> str:
    """Return what the comparison needs that finds least; empty where none can be planned."""
    one = study.hardest
    if one is None:
        return ""
    if one.seeds is None:
        return f"To find {brief(one.difference)} points here ({_name(one)}): {one.why}."
    hours = f" ({_hours(one.hours)})" if one.hours else ""
    return (
        f"To find {brief(one.difference)} points here ({_name(one)}) in 80 % of repetitions after "
        f"Holm, by the spread of these runs: {_sizes(one)}{hours}; now {_sizes_now(one)}."
    )


def _describe(one: Needed) -> str:
    if one.seeds is None:
        runs = f"no number: {one.why}"
    else:
        runs = f"{_sizes(one)} (now {_sizes_now(one)})"
    hours = _hours(one.hours) if one.hours else ""
    return joined([runs, _images(one), hours])


def _name(one: Needed) -> str:
    asked = one.question
    label = pair_label(asked.source, asked.target)
    return f"{asked.method} {label}, {asked.arm} against {asked.against}"


def _sizes(one: Needed) -> str:
    return _count(one, one.seeds or 0, one.random)


def _sizes_now(one: Needed) -> str:
    return _count(one, one.seeds_now, one.random_now)


def _count(one: Needed, seeds: int, random: int | None) -> str:
    found = several(seeds, "seed")
    return f"{found} and {_of_random(random)}" if random else found


def _of_random(count: int) -> str:
    return several(count, "random architecture") if count else ""


def _images(one: Needed) -> str:
    if one.images is None:
        return ""
    now = f", now {one.images_now:,}" if one.images_now is not None else ""
    return f"{several(one.images, 'test image')} ({one.images_rest_on}{now})"


def _hours(hours: Hours) -> str:
    parts = []
    if hours.recorded:
        parts.append(f"{_number(hours.recorded)} job-hours on the hardware recorded")
    if hours.benchmark:
        parts.append(
            f"{_number(hours.benchmark)} recorded hours of the benchmark, not of this machine"
        )
    return " and ".join(parts)


def _number(hours: float) -> str:
    return decimal(hours, 1) if 0.1 <= hours < 1000 else brief(hours)
