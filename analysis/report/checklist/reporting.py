"""Reporting: what tuning and the whole way from nothing to a number cost."""

from __future__ import annotations

from analysis.loading.columns import RANKED_WORST
from analysis.numbers import brief, joined, several
from analysis.report.checklist.finding import (
    FAIL,
    NEEDS_HUMAN,
    NOT_APPLICABLE,
    NOTHING_SEARCHED,
    PARTIAL,
    PASS,
    Finding,
    Item,
)
from analysis.report.notices import tuned_methods
from analysis.study import Study


def tuning(study: Study) -> Finding:
    """The tuning of hyper-parameters is described: how, on which data, at what cost."""
    found, others = tuned_methods(study)
    tuned = {
        title: f"{title}: study {by['study']} on {by['task']}, {by['bill']['seconds']:.3g} s"
        for title, by in found.items()
    }
    if tuned and not others:
        return PASS, joined(tuned.values())
    how = "records do not say how values were chosen, on which data, at what cost"
    if tuned:
        return PARTIAL, f"{joined(tuned.values())}; of {joined(others)} {how}"
    if not study.searchers:
        return NOT_APPLICABLE, NOTHING_SEARCHED
    changed = {
        study.tables.members.titles[name, title]
        for name, its in study.experiments.items()
        for title, method in its.methods.items()
        if method.params != method.defaults
    }
    if changed:
        return NEEDS_HUMAN, f"{joined(sorted(changed))} deviate from their defaults; {how}"
    return NEEDS_HUMAN, f"every method ran with its defaults; {how}"


def whole_time(study: Study) -> Finding:
    """The time from end to end is reported: searches, trainings and what came to nothing."""
    costs = study.costs[study.costs["n"] > 0]
    if len(costs) == 0:
        return NOT_APPLICABLE, "no training has finished"
    if costs["total_seconds"].isna().any():
        return FAIL, "an arm with finished runs has no total: a job's seconds are unknown"
    jobs = study.tables.jobs
    lost = jobs[jobs["status"].isin(RANKED_WORST)]
    unpaid = int((~(lost["seconds"] > 0)).sum())
    total = f"{brief(float(jobs['seconds'].sum()))} s over all jobs, each counted once"
    if unpaid:
        return PARTIAL, f"{total}; {several(unpaid, 'failed job')} without seconds"
    return (
        PASS,
        f"{total}; of it {brief(float(lost['seconds'].sum()))} s in jobs that failed or diverged",
    )


def details(study: Study) -> Finding:
    """All details of the experiment are reported."""
    runs = study.tables.runs
    done = runs[runs["status"] == "done"]
    if len(done) == 0:
        return NOT_APPLICABLE, "no training has finished"
    unknown = int((done["hardware"] == "").sum())
    text = "experiment.json holds protocol and methods in full, records their inputs"
    if unknown:
        return PARTIAL, f"{text}; {several(unknown, 'run')} without an environment"
    return PASS, f"{text} and environment"


ITEMS: tuple[Item, ...] = (tuning, whole_time, details)
