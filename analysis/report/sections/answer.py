"""The answer: one sentence for each method and pair, every run in one figure, limits and cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

import pandas as pd

from analysis.answers.comparisons.records import Comparison
from analysis.answers.comparisons.sentences import say
from analysis.arms import (
    ARMS,
    CARRIED,
    DIRECT,
    RANDOM,
)
from analysis.numbers import decimal, duration, joined, pair_label, several
from analysis.report.document import Block, Listing, Section, Text
from analysis.report.gallery import Gallery
from analysis.report.notices import notices
from analysis.report.sections import by_pair, controls, summary
from analysis.report.sections.verdicts import stamps
from analysis.statistics.outliers import all_below_p, count_apart
from analysis.statistics.sample import ALPHA
from analysis.study import Study
from harness.api import BlockChain

MOST_SENTENCES = 6  # beside what a figure shows
NOUNS = {"search": ("search", "searches"), "train": ("training", "trainings")}


def section(study: Study, gallery: Gallery) -> Section:
    """Say what came out, show every run, and say what limits it and what it cost."""
    runs = joined(
        ["one search"] * bool(study.searchers)
        + ["one training of a given architecture"] * bool(study.given)
    )
    caption = (
        f"A dot is {runs} or one random architecture; tick and bar: mean and its 95 % interval; "
        "grey: random architectures, mean ± SD."
    )
    blocks: list[Block] = [
        Listing(tuple(sentences(study)), "answer"),
        gallery.show(study, "arms", caption),
        *(Text(text) for text in _cost(study)),
        *(Text(text, "stamp") for text in stamps(study)),
        *(Text(text, "notice") for text in notices(study)),
    ]
    return Section("answer", "", tuple(blocks))


def sentences(study: Study) -> Iterator[str]:
    """Yield a sentence for each method and pair, of many methods for each pair and question.

    Where nothing is carried over, or on many pairs, a sentence sums up a method.
    """
    asked = {(one.question.method, one.question.pair) for one in study.comparisons}
    cells = [cell for cell in product(study.methods, study.pairs) if cell in asked]
    is_carried = any(
        {one.question.arm, one.question.against} & {*CARRIED} for one in study.comparisons
    )
    things = _name_things(study)
    by_pairs = list(by_pair.sentences(study, things))
    if is_carried and len(cells) <= MOST_SENTENCES:
        for method, pair in cells:
            yield from _tell(study, method, pair)
    elif is_carried and len(by_pairs) <= MOST_SENTENCES:
        yield from by_pairs
        yield from _tell_spreads(study, cells)
    else:
        yield from summary.sentences(study, things)
    yield from controls.tell(study, things)


def _tell_spreads(study: Study, cells: Iterable[tuple[str, tuple[str, str]]]) -> Iterator[str]:
    for method, pair in cells:
        found = _list_asked(study, method, pair)
        asked = min(found, key=by_pair.rank)
        carried = _carried(asked)
        if told := _spread(found[asked], found.get((carried, RANDOM)), carried):
            yield f"{method}, {pair_label(*pair)}:{told}"


def _list_asked(
    study: Study, method: str, pair: tuple[str, str]
) -> dict[tuple[str, str], Comparison]:
    """Return what is declared of a method on a pair, by the arms that are compared."""
    return {
        (one.question.arm, one.question.against): one
        for one in study.comparisons
        if (one.question.method, one.question.pair) == (method, pair)
    }


def _carried(asked: tuple[str, str]) -> str:
    return next((arm for arm in asked if arm in CARRIED), asked[0])


def _tell(study: Study, method: str, pair: tuple[str, str]) -> Iterator[str]:
    """Say how a method did on a pair."""
    source, target = pair
    found = _list_asked(study, method, pair)
    on_target = study.labels[target]
    on_pair = pair_label(study.labels[source], on_target)
    name = f"{method}, {on_target if method in study.given else on_pair}"
    asked = min(found, key=by_pair.rank)
    things = _name_things(study)
    phrases = {
        arm: its.phrase.format(things=things, source=source, target=target)
        for arm, its in ARMS.items()
    }
    carried = _carried(asked)
    is_first = asked[0] == carried
    subject, other = (phrases[arm] for arm in asked)
    if asked == (carried, DIRECT):
        other = f"{things} searched there"
    told = [say(found[asked], subject, other)]
    random = found.get((carried, RANDOM))
    if random and asked != (carried, RANDOM):
        again = f"these {things}" if is_first else phrases[carried]
        told.append(say(random, again, phrases[RANDOM], is_second=is_first))
    yield f"{name}: {'; '.join(told)}.{_spread(found[asked], random, carried)}"


def _name_things(study: Study) -> str:
    """Return what architectures of the space are called."""
    graphs = next(iter({**study.tables.graphs, **study.tables.networks}.values()), None)
    if graphs is None:
        return "architectures"
    is_chain = any(isinstance(graph, BlockChain) for graph in graphs.values())
    return "networks" if is_chain else "cells"


def _spread(one: Comparison, random: Comparison | None, carried: str) -> str:
    """Say what a mean hides: runs far from the others, or below every random architecture."""
    runs = one.sample.values if one.question.arm == carried else one.sample.values_against
    values = sorted(runs)
    told = ""
    if count := count_apart(values):
        apart, side = (values[:count], "below") if count > 0 else (values[count:], "above")
        listed = joined(decimal(value, 1) for value in apart[:3])
        told = (
            f" {len(apart)} of the {len(values)} {carried} runs ended far {side} the others "
            f"({listed} %)."
        )
    floor = random.sample.values_against if random else ()
    below = sum(value < min(floor) for value in values) if floor else 0
    if below > len(values) / 2 and all_below_p(below, len(values), len(floor)) <= ALPHA:
        told += (
            f" {below} of the {len(values)} {carried} runs ended below all {len(floor)} random "
            f"architectures, between {decimal(values[0], 1)} and {decimal(values[below - 1], 1)} %."
        )
    return told


def _cost(study: Study) -> Iterator[str]:
    if not study.has_jobs:
        return
    jobs = study.tables.jobs
    done = jobs[jobs["status"] == "done"]
    ran, found = (done[done["is_looked_up"] == value] for value in (False, True))
    parts = []
    if len(ran):
        machines = sorted(set(study.tables.environments["device"].dropna()))
        took = [f"{jobs} took {time}" for jobs, time in _count_jobs(ran)]
        parts.append(f"{' and '.join(took)}, on {joined(machines, 'an unknown device')}")
    if len(found):
        counts = " and ".join(jobs for jobs, _ in _count_jobs(found))
        hours = duration(float(found["seconds"].sum()))
        parts.append(f"{counts} were looked up: {hours} as the table recorded them")
    if lost := len(jobs) - len(done):
        parts.append(f"{several(lost, 'job')} without a result")
    yield f"Cost: {'; '.join(parts)}."


def _count_jobs(jobs: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield how many jobs of each kind there are, and what they took."""
    for kind, nouns in NOUNS.items():
        if len(its := jobs[jobs["kind"] == kind]):
            yield several(len(its), *nouns), duration(float(its["seconds"].sum()))
