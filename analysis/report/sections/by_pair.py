"""The answer where several methods search on several pairs: pair by pair, who did better."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from analysis.answers.comparisons.records import Comparison, Verdict
from analysis.arms import ARMS, CARRIED, DIRECT, RANDOM
from analysis.numbers import decimal, joined, pair_label, several
from analysis.study import Study

# What is said of those methods first, and of those after others of the same pair.
CLAIMS = {
    "equivalent": ("{subject} did as well as {other} {margin} with {methods}",) * 2,
    "non-inferior": ("{subject} did at most {margin} worse than {other} with {methods}",) * 2,
    "better": ("{subject} did better than {other} with {methods}", "better with {methods}"),
    "worse": ("{subject} did worse than {other} with {methods}", "worse with {methods}"),
    "open": (
        "no difference was shown between {subject} and {other} with {methods}",
        "no difference was shown with {methods}",
    ),
    "few": (
        "so few runs cannot tell {subject} from {other} with {methods}",
        "too few runs can tell with {methods}",
    ),
    "incomparable": (
        "{subject} cannot be compared with {other} with {methods}",
        "no comparison was possible with {methods}",
    ),
}
VERDICTS = {
    Verdict.SUPERIOR: "better",
    Verdict.INFERIOR: "worse",
    Verdict.INFEASIBLE: "few",
}


def sentences(study: Study, things: str) -> Iterator[str]:
    """Yield a sentence for each pair and declared question.

    Args:
        study: Whose comparisons.
        things: What architectures of the space are called.
    """
    labels = dict(study.labels)
    for pair in study.pairs:
        asked: dict[tuple[str, str], list[Comparison]] = {}
        for one in study.comparisons:
            if one.question.pair == pair:
                asked.setdefault((one.question.arm, one.question.against), []).append(one)
        for arms in sorted(asked, key=rank):
            name = pair_label(*(labels.get(task, task) for task in pair))
            yield f"{name}: {_tell(arms, asked[arms], things)}"
            for task in pair:  # a label is long: it is told once
                labels.pop(task, None)


def rank(arms: tuple[str, str]) -> tuple[bool, ...]:
    """Return how telling a comparison is: what was carried over with direct search, then random."""
    return not {*arms} & {*CARRIED}, DIRECT not in arms, RANDOM not in arms, arms[0] not in CARRIED


def _tell(arms: tuple[str, str], found: Sequence[Comparison], things: str) -> str:
    source, target = found[0].question.pair
    phrases = [ARMS[arm].phrase.format(things=things, source=source, target=target) for arm in arms]
    if DIRECT in arms[1:] and arms[0] in CARRIED:
        phrases[1] = f"{things} searched there"
    grouped: dict[str, list[Comparison]] = {}
    for claim in CLAIMS:
        if its := [one for one in found if _claim(one) == claim]:
            grouped[claim] = its
    clauses = [
        CLAIMS[claim][min(place, 1)].format(
            subject=phrases[0],
            other=phrases[1],
            methods=joined(map(_name, its)),
            margin=_margin(claim, its[0]),
        )
        for place, (claim, its) in enumerate(grouped.items())
    ]
    return f"{'; '.join(clauses)} ({_count(found)})."


def _claim(one: Comparison) -> str:
    margin = one.against_margin
    if one.test is None or one.effect is None:
        return "incomparable"
    if margin and margin.is_equivalent:
        return "equivalent"
    if margin and margin.is_non_inferior:
        return "non-inferior"
    return VERDICTS.get(one.verdict, "open")


def _margin(claim: str, one: Comparison) -> str:
    if one.against_margin is None:
        return ""
    points = f"{one.against_margin.margin:g} points"
    return f"within ±{points}" if claim == "equivalent" else points


def _name(one: Comparison) -> str:
    """Return a method with the difference of its means and the interval of that."""
    effect, name = one.effect, one.question.method
    told = []
    if effect and not math.isnan(effect.difference):
        places = 2 if effect.high - effect.low < 1 else 1  # narrow ones would begin and end alike
        told.append(decimal(effect.difference, places, signed=True))
        if not math.isnan(effect.low):
            limits = (decimal(end, places, signed=True) for end in (effect.low, effect.high))
            told.append(" to ".join(limits))
    if failed := one.sample.failed_arm:
        told.append(f"{failed} failed")
    return f"{name} ({', '.join(told)})" if told else name


def _is_contrary(one: Comparison) -> bool:
    """Tell whether the interval of the means alone would have decided otherwise."""
    if one.effect is None or math.isnan(one.effect.low):
        return False
    return one.is_decided is (one.effect.low <= 0 <= one.effect.high)


def _count(found: Sequence[Comparison]) -> str:
    sizes = {(one.sample.n_arm, one.sample.n_against) for one in found}
    told = "points between means, 95 % intervals"
    if any(map(_is_contrary, found)):
        told += " taken singly; ranks decide, after Holm's correction"
    if len(sizes) > 1:
        return told
    ((n_arm, n_against),) = sizes
    runs = several(n_against, "run")
    return f"{told}; {f'{runs} each' if n_arm == n_against else f'{n_arm} and {runs}'}"
