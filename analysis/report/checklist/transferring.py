"""Transfer: is it set against a direct search, both ways, on data the source search never saw?"""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from analysis.answers.arms import count_lost
from analysis.answers.costs import BUDGET_RATIO
from analysis.answers.keys import ARM_KEY
from analysis.answers.transfer.gaps import select
from analysis.arms import CONTINUED, DIRECT, DIRECT_LONG, RANDOM, TRANSFERRED
from analysis.numbers import joined, pair_label, several
from analysis.report.checklist.finding import (
    FAIL,
    NEEDS_HUMAN,
    NOT_APPLICABLE,
    PARTIAL,
    PASS,
    Finding,
    Item,
)
from analysis.study import Study

NO_PAIR = "no pair has two tasks"
NO_RUN = "no training has finished"
TINY_IMAGES = frozenset({"c10", "c100"})


def direct_baseline(study: Study) -> Finding:
    """A direct search on the target, of comparable budget, is beside every transfer."""
    cells = list(_cells(study))
    if not cells:
        return NOT_APPLICABLE, NO_PAIR
    lacking, unequal = [], []
    for method, pair in cells:
        label = f"{method}, {pair_label(*pair)}"
        done = {arm: _finished(study, method, arm, pair) for arm in
                (TRANSFERRED, CONTINUED, DIRECT, DIRECT_LONG)}  # fmt: skip
        if len(done[DIRECT]) == 0:
            lacking.append(label)
        for arm, control in ((TRANSFERRED, DIRECT), (CONTINUED, DIRECT_LONG)):
            ratio = _ratio(done[arm], done[control])
            if len(done[arm]) and not ratio <= BUDGET_RATIO:
                unequal.append(f"{label}: {arm} has no {control} of equal budget")
    if len(lacking) == len(cells):
        return FAIL, "no pair has a finished direct search"
    if lacking or unequal:
        return PARTIAL, joined([f"no direct search: {text}" for text in lacking] + unequal)
    return PASS, f"for {several(len(cells), 'method and pair')}, of equal budget"


def both_directions(study: Study) -> Finding:
    """Both directions of a pair are run, or a reason is given."""
    pairs = {pair for _, pair in _cells(study)}
    if not pairs:
        return NOT_APPLICABLE, NO_PAIR
    single = sorted(pair for pair in pairs if pair[::-1] not in pairs)
    if not single:
        return PASS, joined(pair_label(*pair) for pair in sorted(pairs))
    text = f"one way only: {joined(pair_label(*pair) for pair in single)}"
    return (PARTIAL, text) if len(single) < len(pairs) else (NEEDS_HUMAN, f"{text}; why?")


def unseen_target(study: Study) -> Finding:
    """The search on the source sees nothing of the target's data, and no search a test split."""
    jobs = study.tables.jobs
    searches = jobs[(jobs["kind"] == "search") & (jobs["status"] == "done")]
    pairs = {pair for _, pair in _cells(study)}
    if not pairs:
        return NOT_APPLICABLE, NO_PAIR
    if any(" test" in str(images) for images in searches["images"]):
        return FAIL, "a search loaded a test split"
    # A table has one fingerprint and one notice, whatever the task.
    is_table = _evaluators(study, "search") == {"table"}
    prints = {
        title: title if is_table else task.fingerprint
        for its in study.experiments.values()
        for title, task in its.tasks.items()
    }
    same = [pair for pair in sorted(pairs) if prints.get(pair[0]) == prints[pair[1]]]
    if same:
        return FAIL, f"source and target are the same data: {joined(_names(same))}"
    known = [text for pair in sorted(pairs) for text in _kinship(pair)]
    if not is_table:
        known += [text for pair in sorted(pairs) for text in _notices(study, pair)]
    if known:
        return PARTIAL, joined(dict.fromkeys(known))
    apart = "every task has results of its own" if is_table else "fingerprints differ"
    return NEEDS_HUMAN, f"no search loaded a test split and {apart}; do images overlap?"


def from_scratch(study: Study) -> Finding:
    """It is stated whether networks are trained from scratch or inherit weights."""
    names = _evaluators(study, "train")
    if names == {"training"}:
        return PASS, "every final network is trained from scratch by the protocol's recipe"
    if names == {"table"}:
        return PASS, "no network is trained: accuracies are read from a table"
    return NEEDS_HUMAN, f"final networks are judged by {joined(sorted(names))}: from scratch?"


def margin(study: Study) -> Finding:
    """A margin of equivalence is declared before the run."""
    margins = [its.experiment["protocol"].get("margin") for its in
               study.experiments.values()]  # fmt: skip
    known = [value for value in margins if value is not None]
    if not known:
        return FAIL, "the protocol declares none, so nothing may be called equivalent"
    values = joined(f"{value:g} pp" for value in sorted(set(known)))
    if len(known) < len(margins):
        return PARTIAL, f"{values}, in {len(known)} of {several(len(margins), 'experiment')}"
    return PARTIAL, f"{values} in the protocol; that it was there before the run is not recorded"


def variances(study: Study) -> Finding:
    """The variance between searches is told apart from that between trainings."""
    units = study.units
    known = units[units["trainings"] > 0]
    if len(known) == 0:
        return NOT_APPLICABLE, NO_RUN
    # Every run of a given architecture is a training of it.
    is_given = (known["ancestors"] == "") & (known["arm"] != RANDOM)
    counts = known.groupby([*ARM_KEY, known["unit"].mask(is_given, "")])["trainings"].sum()
    repeated = counts[counts > 1]
    text = f"{len(repeated)} of {several(len(counts), 'architecture')} trained more than once"
    if len(repeated) == 0:
        return FAIL, f"{text}: raise train_seeds"
    return PASS if len(repeated) == len(counts) else PARTIAL, text


def collapse(study: Study) -> Finding:
    """It is checked whether searches collapsed to operations without weights."""
    searches = study.tables.searches
    done = searches[searches["status"] == "done"]
    known = done[done["skip_share"].notna()]
    if len(known) == 0:
        return NOT_APPLICABLE, "no finished search has a cell with skip connections to count"
    flagged = int((known["collapse_flag"] != "").sum())
    text = f"{flagged} of {several(len(known), 'cell')} flagged, share of skips for each search"
    return PASS if len(known) == len(done) else PARTIAL, text


def multiplicity(study: Study) -> Finding:
    """The number of comparisons and the correction are stated."""
    if not study.comparisons:
        return NOT_APPLICABLE, "no declared comparison has runs on both sides, so no p is printed"
    tested = sum(found.test is not None for found in study.comparisons)
    return (
        PASS,
        f"{several(len(study.comparisons), 'comparison')} declared, {tested} tested, Holm's "
        "correction over all",
    )


def failures(study: Study) -> Finding:
    """Failures are counted."""
    counts = count_lost(study.tables.jobs["status"])
    text = joined(f"{count} {name}" for name, count in counts.items())
    text += f" of {several(len(study.tables.jobs), 'job')}, each named with its reason"
    return PARTIAL if counts["missing"] else PASS, text


def complexity(study: Study) -> Finding:
    """Parameters, multiply-adds or latency stand beside accuracies."""
    runs = study.tables.runs
    done = runs[runs["status"] == "done"]
    if len(done) == 0:
        return NOT_APPLICABLE, NO_RUN
    known = {name: int(done[name].notna().sum()) for name in ("params", "macs", "latency_ms")}
    text = joined(f"{name} of {count}" for name, count in known.items())
    text += f" of {several(len(done), 'run')}"
    if known["params"] == known["macs"] == len(done):
        return PASS, text
    return PARTIAL if any(known.values()) else FAIL, text


def noise_ceiling(study: Study) -> Finding:
    """Rank correlations stand beside their noise ceiling."""
    stated = int(study.transfer["agreement"]["kendall"].notna().sum())
    if not stated:
        return NOT_APPLICABLE, "this report states no rank correlation"
    return (
        FAIL,
        f"{several(stated, 'correlation')} between source and target accuracies without a ceiling: "
        "architectures were trained once",
    )


def _cells(study: Study) -> Iterator[tuple[str, tuple[str, str]]]:
    """Walk methods that search and pairs of two tasks."""
    for method in study.searchers:
        for pair in study.pairs:
            if pair[0] != pair[1]:
                yield method, pair


def _finished(study: Study, method: str, arm: str, pair: tuple[str, str]) -> pd.DataFrame:
    runs = select(study.tables.runs, method, arm, pair)
    return runs[runs["status"] == "done"]


def _ratio(first: pd.DataFrame, second: pd.DataFrame) -> float:
    """Return how unequal two arms' searches are, in what their budgets limit."""
    if len(first) == 0 or len(second) == 0:
        return math.nan
    limited = str(first["budget_currency"].iloc[0]).split("+")
    for currency in (*limited, "examples", "evaluations"):
        a, b = (float(arm[f"search_{currency}"].mean()) for arm in (first, second))
        if a > 0 and b > 0:
            return max(a, b) / min(a, b)
    return math.nan


def _kinship(pair: tuple[str, str]) -> Iterator[str]:
    """Yield how a pair's images are related, as their names tell."""
    names = {title.partition("-")[0] for title in pair}
    if names == TINY_IMAGES:
        yield "CIFAR-10 and CIFAR-100 share no image, but both descend from Tiny Images"
    if len(names) == 1:
        yield f"{pair_label(*pair)}: tasks of one data set, so images are the same"


def _notices(study: Study, pair: tuple[str, str]) -> Iterator[str]:
    """Yield what a pair's tasks say of themselves, where their names tell nothing."""
    if any(_kinship(pair)):
        return
    for its in study.experiments.values():
        for name in pair:
            if name in its.tasks and its.tasks[name].notice:
                yield its.tasks[name].notice


def _evaluators(study: Study, side: str) -> set[str]:
    return {
        str(its.experiment["protocol"][side]["evaluator"]["name"])
        for its in study.experiments.values()
    }


def _names(pairs: list[tuple[str, str]]) -> list[str]:
    return [pair_label(*pair) for pair in pairs]


ITEMS: tuple[Item, ...] = (
    direct_baseline,
    both_directions,
    unseen_target,
    from_scratch,
    margin,
    variances,
    collapse,
    multiplicity,
    failures,
    complexity,
    noise_ceiling,
)
