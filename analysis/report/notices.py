"""What limits every claim of a report: said first, before any number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from analysis.answers.arms import count_lost
from analysis.arms import GIVEN, RANDOM
from analysis.loading.load import Tables
from analysis.loading.provenance import changed_plugins
from analysis.numbers import brief, decimal, joined, several
from analysis.report.schema import validate
from analysis.study import Study
from harness.results.spec import SCHEMA

NAMED = 3


def notices(study: Study) -> list[str]:
    """Return what limits every claim of this report."""
    about: dict[str, dict[str, None]] = {}
    for facts in study.experiments.values():
        for name, task in facts.tasks.items():
            if task.notice:
                about.setdefault(task.notice, {})[name] = None
    found = [f"{joined(names)}: {text}" for text, names in about.items()]
    tables = study.tables
    return [
        *found,
        *_about_rules(tables),
        *_about_unplanned(tables),
        *_about_tuning(study),
        *_about_places(tables.environments),
        *_about_code(tables),
        *_about_undecided(study),
        *_about_jobs(study),
        *_about_files(tables.jobs),
        *validate(tables.runs, tables.trace, tables.alphas),
        *_about_values(tables.runs),
        *_about_file(study),
    ]


def _about_rules(tables: Tables) -> Iterator[str]:
    """Say how the rules were applied, where an experiment's planning had something to say."""
    experiments = tables.members.experiments.values()
    yield from dict.fromkeys(notice for facts in experiments for notice in facts.notices)


def _about_unplanned(tables: Tables) -> Iterator[str]:
    """Say which results are in no comparison, since later commands planned without them."""
    for name, loose in tables.members.unplanned.items():
        if loose:
            more = [f"and {len(loose) - NAMED} more"] if len(loose) > NAMED else []
            yield (
                f"The plan of {name} leaves out {several(len(loose), 'finished job')} that the "
                f"folder holds; no comparison counts them: {joined(loose[:NAMED] + more)}."
            )


def _about_tuning(study: Study) -> Iterator[str]:
    """Say whose hyper-parameters were tuned, what that cost, and whose were not."""
    tuned, others = tuned_methods(study)
    yield from (_tuning_study(title, tuning) for title, tuning in tuned.items())
    if tuned and others:
        yield (
            f"Hyper-parameters of {joined(tuned)} were tuned, those of {joined(others)} were "
            "not: a difference between them may be that of tuning, whose cost is in no arm's."
        )


def tuned_methods(study: Study) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Return the study of every method whose values were tuned, and the other methods."""
    tuned: dict[str, dict[str, Any]] = {}
    others: dict[str, None] = {}
    for name, facts in study.experiments.items():
        for choice in facts.experiment["methods"]:
            title = study.tables.members.titles[name, choice.get("label") or choice["name"]]
            if tuning := choice.get("tuning"):
                tuned[title] = tuning
            else:
                others[title] = None
    return tuned, list(others)


def _tuning_study(title: str, tuning: dict[str, Any]) -> str:
    bill = tuning["bill"]
    return (
        f"{title} was tuned on {tuning['task']} under the protocol {tuning['protocol']}, study "
        f"{tuning['study']}: {several(bill['trials'], 'trial')}, {brief(bill['seconds'])} s, "
        f"{bill['examples']:,} examples and {several(bill['evaluations'], 'evaluation')}."
    )


def _about_undecided(study: Study) -> Iterator[str]:
    """Say which searches decided nothing, so that what they found is no finding."""
    searches = study.tables.searches
    done = searches[(searches["status"] == "done") & searches["margin"].notna()]
    for method, group in done.groupby("method", sort=False):
        reasons = [study.undecided[job] for job in group["job"] if job in study.undecided]
        if reasons:
            why = dict.fromkeys(reason for text in reasons for reason in text.split(", "))
            yield (
                f"Undecided: {len(reasons)} of {len(group)} finished searches by "
                f"{method} ({joined(why)}). What they found says little about the method."
            )


def _about_places(environments: pd.DataFrame) -> Iterator[str]:
    commits = {str(commit)[:12] for commit in environments["commit"] if isinstance(commit, str)}
    if len(commits) > 1:
        yield f"Jobs of several commits are mixed: {joined(sorted(commits))}."
    hardware = sorted(set(environments["hardware"]))
    if len(hardware) > 1:
        yield f"Jobs of several machines are mixed, so seconds do not compare: {joined(hardware)}."


def _about_code(tables: Tables) -> Iterator[str]:
    """Say which code no commit holds, and what changed between jobs."""
    loose = tables.plugins[tables.plugins["state"].isin(["changed", "untracked"])]
    named = sorted({f"{row['file']} ({row['state']})" for row in loose.to_dict("records")})
    if any(dirty is True for dirty in tables.environments["dirty"]):
        which = f", among it {joined(named)}" if named else ""
        yield f"Some jobs ran code that no commit holds{which}."
    if tables.environments["code"].nunique() > 1:
        yield "The harness' own code changed between jobs, so they may not be comparable."
    for plugin in changed_plugins(tables.plugins):
        yield f"The file of the {plugin} changed between jobs, so they may not be comparable."


def _about_jobs(study: Study) -> Iterator[str]:
    lost = count_lost(study.tables.jobs["status"])
    bad = [f"{count} {name}" for name, count in lost.items() if count]
    if bad:
        yield f"Of {several(len(study.tables.jobs), 'job')}, {joined(bad)}; see the list below."
    if any(comparison.verdict == "infeasible" for comparison in study.comparisons):
        yield (
            "The design is too small for a verdict on at least one declared comparison, whatever "
            "its outcome."
        )


def _about_files(jobs: pd.DataFrame) -> Iterator[str]:
    broken = jobs[jobs["fault"] != ""]
    if len(broken):
        named = [f"{row['name']} ({row['fault']})" for row in broken.to_dict("records")]
        more = [f"and {len(named) - NAMED} more"] if len(named) > NAMED else []
        yield (
            f"{several(len(broken), 'job')} left files that cannot be read; what is in them is "
            f"missing here: {joined(named[:NAMED] + more)}."
        )
    known = jobs["schema_version"].dropna().astype(int)
    if others := sorted(set(known) - {SCHEMA}):
        yield (
            f"{several(int((known != SCHEMA).sum()), 'record')} of schema "
            f"{joined(map(str, others))} {'is' if (known != SCHEMA).sum() == 1 else 'are'} read as "
            f"schema {SCHEMA}: fields may have had another meaning."
        )


def _about_file(study: Study) -> Iterator[str]:
    """Say what nobody checked of runs made elsewhere."""
    if study.has_jobs:
        return
    runs = study.tables.runs
    if bad := [f"{count} {name}" for name, count in count_lost(runs["status"]).items() if count]:
        yield f"Of {several(len(runs), 'run')}, {joined(bad)}; such runs rank worst."
    yield (
        f"The runs were made elsewhere and read from {study.name}. Whether budgets, training rules "
        "and data were equal is not in the file; the verdicts assume it."
    )


def _about_values(runs: pd.DataFrame) -> Iterator[str]:
    done = runs[(runs["status"] == "done") & runs["test_acc"].notna()]
    if len(done) == 0:
        yield "No training has ended with an accuracy, so nothing can be compared."
    for target, group in done.groupby("target", sort=False):
        if len(group) > 1 and group["test_acc"].nunique() == 1:
            yield (
                f"All {len(group)} trainings on {target} have the same accuracy, "
                f"{decimal(float(group['test_acc'].iloc[0]))} %: they tell nothing apart."
            )
    searched = runs[~runs["arm"].isin([GIVEN, RANDOM])]
    if len(searched) and searched["search_seed"].nunique() == 1:
        yield "There is one search seed: no spread is known, and no test is possible."
