"""What was run, on what, under which rules; what a reader must know before any number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pandas as pd

from analysis.answers.comparisons.asked import list_declared
from analysis.numbers import TIMES, duration, joined, pair_label, several, spans
from analysis.report.document import Grid, Listing, Section
from analysis.report.gallery import Gallery
from analysis.study import Study
from harness.results.planned import ExperimentFacts


def section(study: Study, gallery: Gallery) -> Section:
    """Describe the experiments."""
    blocks = (_facts(study), _methods(study), _tasks(study))
    summary = "Space, methods, tasks, budgets, recipe, and which comparisons were declared."
    return Section("run", "What was run", blocks, summary)


def _printed(study: Study, source: str, target: str) -> str:
    return pair_label(study.labels[source], study.labels[target])


def _facts(study: Study) -> Grid:
    members = list(study.experiments.items())
    seeds = sorted({seed for _, its in members for seed in its.experiment["seeds"]})
    arms = dict.fromkeys(arm for _, its in members for arm in its.experiment["arms"])
    jobs = study.tables.jobs
    jobs = jobs[jobs["experiment"].isin([name for name, _ in members])]
    done = int((jobs["status"] == "done").sum())
    spent = duration(float(jobs["seconds"].sum()))
    rows = (
        ("experiment", joined(name for name, _ in members)),
        ("search space", _each(members, lambda its: _plugin(its.experiment["space"]))),
        ("methods", joined(study.searchers)),
        ("given architectures", joined(study.given)),
        ("pairs", joined(_printed(study, *pair) for pair in study.pairs)),
        ("arms", joined(arms)),
        ("search seeds", spans(seeds)),
        (
            "trainings of each architecture",
            _each(members, lambda its: str(its.experiment["train_seeds"])),
        ),
        ("random architectures", _each(members, _random)),
        ("protocol", _each(members, lambda its: str(_protocol(its)["name"]))),
        ("search", _each(members, _search)),
        ("final training", _each(members, lambda its: _recipe(_protocol(its)["train"]["recipe"]))),
        ("declared comparisons", _each(members, lambda its: _declared(its.experiment))),
        ("jobs", f"{done:,} of {len(jobs):,} done, {spent} in all, each counted once"),
    )
    return Grid("", ("", ""), rows)


def _each(
    members: Sequence[tuple[str, ExperimentFacts]], text: Callable[[ExperimentFacts], str]
) -> str:
    """Return what holds of all experiments, or what of each where they were pooled by force."""
    found = {name: text(its) for name, its in members}
    if len(set(found.values())) == 1:
        return next(iter(found.values()))
    return "; ".join(f"{name}: {told}" for name, told in found.items())


def _protocol(facts: ExperimentFacts) -> dict[str, Any]:
    return dict(facts.experiment["protocol"])


def _random(facts: ExperimentFacts) -> str:
    return f"{_protocol(facts)['random_architectures']} per target"


def _plugin(choice: dict[str, Any]) -> str:
    params = joined((f"{key} = {value}" for key, value in choice["params"].items()), "")
    return f"{choice['name']} ({params})" if params else str(choice["name"])


def _search(facts: ExperimentFacts) -> str:
    if not facts.methods:
        return "none"
    protocol = _protocol(facts)
    rules = protocol["search"]
    network = rules["supernet"]
    shares = {name: protocol["splits"][name] for name in ("train", "validation", "selection")}
    splits = joined(f"{share:.0%} {name}" for name, share in shares.items() if share)
    if protocol["splits"].get("by_index"):
        splits += " by index"
    budgets = {title: _limits(facts.search_budget(title)) for title in facts.methods}
    own = protocol.get("tasks", {}).items()
    elsewhere = [f"on {task} judged by {_plugin(its['evaluator'])}" for task, its in own]
    return (
        f"budget {_told(budgets)}; super-network of {several(network['cells'], 'cell')} "
        f"and {several(network['channels'], 'channel')}; batches of {rules['batch_size']}; "
        f"development data: {splits}, where a task has no partition of its own"
        + "".join(f"; {told}" for told in elsewhere)
    )


def _told(budgets: dict[str, str]) -> str:
    """Return the budgets, each with the methods that have it unless all have one."""
    by_budget: dict[str, list[str]] = {}
    for title, budget in budgets.items():
        by_budget.setdefault(budget, []).append(title)
    if len(by_budget) == 1:
        return next(iter(by_budget))
    return joined(f"{budget} ({', '.join(titles)})" for budget, titles in by_budget.items())


def _limits(budget: dict[str, Any]) -> str:
    limits = [f"{value:,} {unit}" for unit, value in budget.items()]
    return " or ".join(limits)


def _recipe(recipe: dict[str, Any]) -> str:
    examples = recipe.get("epoch_examples")
    short = f" ({examples:,} images each)" if examples else ""
    return (
        f"{several(recipe['epochs'], 'epoch')}{short} of {several(recipe['cells'], 'cell')} and "
        f"{several(recipe['channels'], 'channel')}, batches of {recipe['batch_size']}"
    )


def _declared(experiment: dict[str, Any]) -> str:
    return joined(f"{arm} against {against}" for arm, against in list_declared(experiment))


def _methods(study: Study) -> Listing:
    summaries: dict[str, str] = {}
    for name, facts in study.experiments.items():
        for title, method in facts.methods.items():
            summaries.setdefault(study.tables.members.titles[name, title], method.summary)
    told = {**summaries, **study.given}
    return Listing(tuple(f"{title} {_colon(text)}" for title, text in told.items()))


def _colon(summary: str) -> str:
    return f"— {summary}" if summary else ""


def _tasks(study: Study) -> Grid:
    rows = dict.fromkeys(
        row for facts in study.experiments.values() for row in _task_rows(facts, study)
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


def _task_rows(facts: ExperimentFacts, study: Study) -> Iterator[tuple[str, ...]]:
    runs, jobs = study.tables.runs, study.tables.jobs
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
