"""The answer where nothing is carried over, or on very many pairs: method by method.

Few comparisons are told one by one, of many how often a method did better and worse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analysis.answers.comparisons.records import Comparison, Verdict
from analysis.answers.comparisons.sentences import count_ways, say
from analysis.arms import (
    ARMS,
    CARRIED,
    RANDOM,
    name_subject,
)
from analysis.numbers import decimal, several
from analysis.study import Study

# Of more comparisons, methods are summed up.
MOST_SENTENCES = 6


def sentences(study: Study, things: str) -> Iterator[str]:
    """Yield the answer; ``things`` is what architectures of the space are called."""
    single = [one for one in (*study.comparisons, *study.rivals) if _is_single(study, one)]
    if not single:
        yield "Nothing was declared that these runs could answer; they are shown below."
    elif len(single) <= MOST_SENTENCES:
        yield from (_tell(one, things) for one in single)
    else:
        rivals = {method: _list_rivals(study, method) for method in study.methods}
        for method in sorted(rivals, key=lambda name: -_lead(rivals[name])):
            yield _sum_up(study, method, rivals[method])
        yield from _count_family(study)


def _is_single(study: Study, one: Comparison) -> bool:
    return one.question.pair in study.pairs


def _tell(one: Comparison, things: str) -> str:
    asked = one.question
    subject = name_subject(asked.method, asked.arm)
    other = name_subject(asked.rival or asked.method, asked.against)
    if asked.against == RANDOM:
        other = ARMS[RANDOM].phrase.format(things=things)
    told = say(one, subject, other)
    if not told.startswith(asked.method):  # a name is written as it was given
        told = f"{told[0].upper()}{told[1:]}"
    return f"{told}."


def _sum_up(study: Study, method: str, rivals: Sequence[Verdict]) -> str:
    """Say what a method reached on all its targets, beside other arms and other methods."""
    asked: dict[tuple[str, str], list[Comparison]] = {}
    for one in study.comparisons:
        if one.question.method == method:
            asked.setdefault((one.question.arm, one.question.against), []).append(one)
    parts = [_sum_up_question(members, study) for members in asked.values()]
    if rivals:
        parts.append(f"it was {_count(rivals, 'another method', 'in', 'comparison')}")
    return f"{method}: {'; '.join(parts) or 'nothing to compare it with'}."


def _sum_up_question(asked: Sequence[Comparison], study: Study) -> str:
    """Say on how many targets an arm did better and worse than another, and how over all."""
    single = [one for one in asked if _is_single(study, one)]
    question = asked[0].question
    arm, against = (ARMS[name].noun for name in (question.arm, question.against))
    place = "pair" if {question.arm, question.against} & {*CARRIED} else "data set"
    told = f"{arm} was {_count([one.verdict for one in single], against, 'on', place)}"
    over = [
        _overall(one, one.effect.difference)
        for one in asked
        if one not in single and one.effect and one.effect.scale == "pp"
    ]
    return told + (f", over all of them {over[0]}" if over else "")


def _overall(one: Comparison, difference: float) -> str:
    words = {Verdict.SUPERIOR: "better", Verdict.INFERIOR: "worse"}
    size = decimal(difference, 1, signed=True)
    return f"{words.get(one.verdict, 'no difference was shown')} ({size} points)"


def _list_rivals(study: Study, method: str) -> list[Verdict]:
    """Return the verdicts of a method against each other one, arm by arm and target by target."""
    return [
        one.verdict if one.question.method == method else _swap(one.verdict)
        for one in study.rivals
        if _is_single(study, one) and method in {one.question.method, one.question.rival}
    ]


def _lead(verdicts: Sequence[Verdict]) -> int:
    """Return by how much a method was more often better than worse."""
    return verdicts.count(Verdict.SUPERIOR) - verdicts.count(Verdict.INFERIOR)


def _swap(verdict: Verdict) -> Verdict:
    """Return the verdict as the other side has it."""
    sides = {Verdict.SUPERIOR: Verdict.INFERIOR, Verdict.INFERIOR: Verdict.SUPERIOR}
    return sides.get(verdict, verdict)


def _count(verdicts: Sequence[Verdict], other: str, on: str, place: str) -> str:
    """Say how often a verdict was better and worse, e.g. than direct search on how many pairs."""
    better, worse = verdicts.count(Verdict.SUPERIOR), verdicts.count(Verdict.INFERIOR)
    places = several(len(verdicts), place)
    if not better and not worse:
        return f"not shown to differ from {other} {on} any of {places}"
    ways = [f"{way} than" for way, count in (("better", better), ("worse", worse)) if count]
    counts = [str(count) for count in (better, worse) if count]
    if len(ways) == 1:
        return f"{ways[0]} {other} {on} {counts[0]} of {places}"
    return f"better than {other} {on} {better} of {places}, worse {on} {worse}"


def _count_family(study: Study) -> Iterator[str]:
    """Say how many comparisons of both families were decided, of declared ones which way."""
    families = {"declared comparisons": study.comparisons, "comparisons of methods": study.rivals}
    parts = [
        f"{sum(one.is_decided for one in found)} of {len(found)} {name}"
        for name, found in families.items()
        if found
    ]
    if study.comparisons:
        parts[0] += f" ({count_ways(study.comparisons)})"
    yield (
        f"Decided after Holm's correction: {', '.join(parts)}. Where no difference was shown, that "
        "is no evidence of equality."
    )
