"""What was run, on what, under which rules; what a reader must know before any number."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import Any

import pandas as pd

from analysis.document import Block, Grid, Listing, Section, Text
from analysis.evaluation import Results
from analysis.gallery import Gallery
from analysis.wording import TIMES, brief, joined, pair_label, several
from harness.results.record import ExperimentFacts


def section(results: Results, gallery: Gallery) -> Section:
    """Describe the experiments."""
    blocks: list[Block] = [Text(text, "notice") for text in notices(results)]
    for study in results.studies:
        if len(results.studies) > 1:
            blocks.append(Text(f"Study {study}"))
        blocks.append(_facts(results, study))
    blocks.append(_methods(results))
    blocks.append(_tasks(results))
    return Section("run", "What was run", tuple(blocks))


def notices(results: Results) -> list[str]:
    """Return what limits every claim of this report."""
    about: dict[str, dict[str, None]] = {}
    for facts in results.tables.experiments.values():
        for name, task in facts.tasks.items():
            if task.notice:
                about.setdefault(task.notice, {})[name] = None
    found = [f"{joined(names)}: {text}" for text, names in about.items()]
    return [
        *found,
        *_about_tuning(results),
        *_about_places(results.tables.environments),
        *_about_jobs(results),
    ]


def _about_tuning(results: Results) -> Iterator[str]:
    """Say whose hyper-parameters were tuned, what that cost, and whose were not."""
    for study in results.studies:
        tuned: dict[str, str] = {}
        others: list[str] = []
        for name, facts in results.members(study):
            for choice in facts.experiment["methods"]:
                title = results.tables.titles[name, choice.get("label") or choice["name"]]
                if tuning := choice.get("tuning"):
                    tuned[title] = _study(title, tuning)
                else:
                    others.append(title)
        yield from tuned.values()
        if tuned and others:
            yield (
                f"Hyper-parameters of {joined(tuned)} were tuned, those of "
                f"{joined(dict.fromkeys(others))} were not: a difference between them may be that "
                "of tuning, whose cost is in no arm's."
            )


def _study(title: str, tuning: dict[str, Any]) -> str:
    bill = tuning["bill"]
    return (
        f"{title} was tuned on {tuning['task']} under the protocol {tuning['protocol']}, study "
        f"{tuning['study']}: {several(bill['trials'], 'trial')}, {brief(bill['seconds'])} s, "
        f"{bill['examples']:,} examples and {several(bill['evaluations'], 'evaluation')}."
    )


def _about_places(environments: pd.DataFrame) -> Iterator[str]:
    if any(dirty is True for dirty in environments["dirty"]):
        yield "Some jobs ran from a checkout with uncommitted changes: no commit describes them."
    commits = {str(commit)[:12] for commit in environments["commit"] if isinstance(commit, str)}
    if len(commits) > 1:
        yield f"Jobs of several commits are mixed: {joined(sorted(commits))}."
    hardware = sorted(set(environments["hardware"]))
    if len(hardware) > 1:
        yield f"Jobs of several machines are mixed, so seconds do not compare: {joined(hardware)}."


def _about_jobs(results: Results) -> Iterator[str]:
    if len(results.studies) > 1:
        yield (
            "The experiments were run under different rules or on different data. They stand side "
            "by side; nothing is compared across them."
        )
    status = results.tables.jobs["status"].value_counts()
    bad = [f"{status[name]} {name}" for name in ("failed", "skipped", "missing") if name in status]
    if bad:
        yield f"Of {several(len(results.tables.jobs), 'job')}, {joined(bad)}; see the list below."
    if any(comparison.verdict == "infeasible" for comparison in results.comparisons):
        yield (
            "The design is too small for a verdict on at least one declared comparison: no outcome "
            "of it could be significant. Effects and intervals are shown."
        )


def _printed(results: Results, source: str, target: str) -> str:
    return pair_label(results.labels[source], results.labels[target])


def _facts(results: Results, study: str) -> Grid:
    members = results.members(study)
    experiment = members[0][1].experiment
    protocol = experiment["protocol"]
    seeds = sorted({seed for _, its in members for seed in its.experiment["seeds"]})
    arms = dict.fromkeys(arm for _, its in members for arm in its.experiment["arms"])
    jobs = results.tables.jobs
    jobs = jobs[jobs["experiment"].isin([name for name, _ in members])]
    done = int((jobs["status"] == "done").sum())
    rows = (
        ("experiment", joined(name for name, _ in members)),
        ("search space", _plugin(experiment["space"])),
        ("methods", joined(results.methods[study])),
        ("pairs", joined(_printed(results, *pair) for pair in results.pairs[study])),
        ("arms", joined(arms)),
        ("search seeds", joined(str(seed) for seed in seeds)),
        ("trainings of each architecture", str(experiment["train_seeds"])),
        ("random architectures", f"{protocol['random_architectures']} per target"),
        ("protocol", str(protocol["name"])),
        ("search", _search(protocol, {choice["name"] for choice in experiment["methods"]})),
        ("final training", _recipe(protocol["train"]["recipe"])),
        ("declared comparisons", _declared(protocol)),
        ("jobs", f"{done} of {len(jobs)} done, {_hours(jobs)} in all, each counted once"),
    )
    return Grid("", ("", ""), rows)


def _plugin(choice: dict[str, Any]) -> str:
    params = joined((f"{key} = {value}" for key, value in choice["params"].items()), "")
    return f"{choice['name']} ({params})" if params else str(choice["name"])


def _search(protocol: dict[str, Any], methods: Collection[str]) -> str:
    rules = protocol["search"]
    network = rules["supernet"]
    shares = {name: protocol["splits"][name] for name in ("train", "validation", "selection")}
    splits = joined(f"{share:.0%} {name}" for name, share in shares.items() if share)
    if protocol["splits"].get("by_index"):
        splits += " by index"
    text = (
        f"budget {_limits(rules['budget'])}; super-network of {several(network['cells'], 'cell')} "
        f"and {several(network['channels'], 'channel')}; batches of {rules['batch_size']}; "
        f"development data: {splits}, where a task has no partition of its own"
    )
    own = [(name, budget) for name, budget in protocol["method_budgets"].items() if name in methods]
    return text + "".join(f"; {method}: budget {_limits(budget)}" for method, budget in own)


def _limits(budget: dict[str, Any]) -> str:
    limits = [f"{value:,} {unit}" for unit, value in budget.items() if value is not None]
    return " or ".join(limits)


def _recipe(recipe: dict[str, Any]) -> str:
    examples = recipe.get("epoch_examples")
    short = f" ({examples:,} images each)" if examples else ""
    return (
        f"{several(recipe['epochs'], 'epoch')}{short} of {several(recipe['cells'], 'cell')} and "
        f"{several(recipe['channels'], 'channel')}, batches of {recipe['batch_size']}"
    )


def _declared(protocol: dict[str, Any]) -> str:
    return joined(f"{one['arm']} against {one['against']}" for one in protocol["primary"])


def _hours(jobs: pd.DataFrame) -> str:
    seconds = float(jobs["seconds"].sum())
    return (
        f"{brief(seconds)} s"
        if seconds < 3600 or math.isnan(seconds)
        else f"{seconds / 3600:.1f} h"
    )


def _methods(results: Results) -> Listing:
    summaries: dict[str, str] = {}
    for name, facts in results.tables.experiments.items():
        for title, method in facts.methods.items():
            summaries.setdefault(results.tables.titles[name, title], method.summary)
    return Listing(tuple(f"{title} {_colon(text)}" for title, text in summaries.items()))


def _colon(summary: str) -> str:
    return f"— {summary}" if summary else ""


def _tasks(results: Results) -> Grid:
    rows = dict.fromkeys(
        row for facts in results.tables.experiments.values() for row in _task_rows(facts, results)
    )
    columns = (
        "task",
        "printed as",
        "images",
        "classes",
        "searched on",
        "trained on",
        "tested on",
        "data",
    )
    return Grid("", columns, tuple(rows))


def _task_rows(facts: ExperimentFacts, results: Results) -> Iterator[tuple[str, ...]]:
    runs, jobs = results.tables.runs, results.tables.jobs
    for name, task in facts.tasks.items():
        own = runs[(runs["target"] == name) & (runs["data_fingerprint"] == task.fingerprint)]
        searches = jobs[(jobs["task"] == name) & (jobs["kind"] == "search")]
        searched = joined(sorted(filter(None, searches["images"].unique())), "not searched")
        sizes = [_sizes(own[column]) for column in ("n_train_images", "n_test_images")]
        shape = TIMES.join(str(size) for size in (*task.inputs[1:], task.inputs[0]))
        yield name, task.label, shape, str(task.classes), searched, *sizes, task.fingerprint[:12]


def _sizes(images: pd.Series[float]) -> str:
    found = sorted({int(size) for size in images.dropna()})
    return joined((f"{size:,}" for size in found), "not trained")
