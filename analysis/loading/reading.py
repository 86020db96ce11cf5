"""Opens experiment folders and merges them: which jobs there are, and which arms they make up.

Experiments under equal rules (protocol, space, data) are pooled into one *study*; others stand
side by side and are compared only by force. A job that several experiments hold counts once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis.loading.arm_rows import ArmRow, list_arms
from analysis.loading.logged import check_experiment, check_insights, check_rows, read_graphs
from harness.api import Graphs
from harness.errors import DamagedFileError, HarnessError
from harness.results.files import printable, readable
from harness.results.planned import ExperimentFacts, Plan, PlannedJob
from harness.results.record import JobRecord, Status
from harness.results.spec import SearchSpec
from harness.results.store import ExperimentFolder, JobFolder

MISSING = "missing"
TABLE = "table"  # the evaluator that looks results up


@dataclass(frozen=True)
class Job:
    """A planned job and what is known of it.

    Attributes:
        planned: Name, digest and inputs.
        folder: Where its files lie.
        record: None while it is unfinished, or where it cannot be read.
        experiment: Where it was found.
        fault: Why a record that is there cannot be read.
    """

    planned: PlannedJob
    folder: JobFolder
    record: JobRecord | None
    experiment: str
    fault: str = ""

    @property
    def is_done(self) -> bool:
        """Whether it ended well."""
        return self.status == Status.DONE

    @property
    def is_search(self) -> bool:
        """Whether it is a search, not a training."""
        return isinstance(self.planned.spec, SearchSpec)

    @property
    def task(self) -> str:
        """Name of the task it works on."""
        return self.planned.spec.task.title

    @property
    def status(self) -> str:
        """How it ended, or ``missing``."""
        return str(self.record.status) if self.record else MISSING

    @property
    def reason(self) -> str:
        """Why there is no result; empty if there is one."""
        if self.fault:
            return self.fault
        if self.record is None:
            return "unfinished" if self.folder.is_started else "not run yet"
        return (self.record.reason or "").strip()

    @cached_property
    def trajectory(self) -> list[dict[str, Any]]:
        """The rows it logged; none where its file is damaged."""
        try:
            rows = self.folder.trajectory()
            with readable(self.folder.path / "trajectory.jsonl", "a trajectory"):
                check_rows(rows)
            return rows
        except DamagedFileError:
            return []

    @property
    def is_damaged(self) -> bool:
        """Whether it is done, and what it logged is gone or cannot be read."""
        return self.is_done and self.is_search and not self.trajectory

    @cached_property
    def graphs(self) -> Graphs:
        """Its architecture's cells by name; empty if there is none."""
        return read_graphs((self.record.graphs if self.record else None) or {})

    @cached_property
    def start_graphs(self) -> Graphs:
        """The cells it began from, before its first step; empty where that was not logged."""
        return read_graphs(self.trajectory[0].get("graphs") or {}) if self.trajectory else {}


Jobs = Mapping[str, Job]


@dataclass(frozen=True)
class Members:
    """The experiments that make up a study.

    Attributes:
        study: Their names, joined.
        experiments: Resolved inputs by name.
        forced: Whether experiments under different rules are pooled.
        titles: What the analysis calls a method or a given architecture, by experiment and name
            there.
        folders: Where each experiment lies, by name; none if the runs were made elsewhere.
        unplanned: Finished jobs in an experiment's folder that its plan does not have, by name.
    """

    study: str
    experiments: dict[str, ExperimentFacts]
    forced: bool
    titles: dict[tuple[str, str], str]
    folders: dict[str, Path]
    unplanned: dict[str, list[str]]


@dataclass(frozen=True)
class Reading:
    """Everything read of a study.

    Attributes:
        members: Its experiments.
        jobs: By digest; of several copies one that is done, or at least has ended.
        arms: Distinct rows, as planned.
    """

    members: Members
    jobs: dict[str, Job]
    arms: tuple[ArmRow, ...]


def read(folders: Iterable[Path], *, force: bool = False) -> list[Reading]:
    """Read experiments, those under equal rules together; a job that two studies share is in both.

    Args:
        folders: Of the experiments.
        force: Pool them into one study even where their rules differ.

    Raises:
        HarnessError: If a folder holds no experiment or its plan cannot be read.
    """
    opened = _named(folders)
    experiments = {name: _facts(folder) for name, folder in opened.items()}
    plans = {name: folder.plan() for name, folder in opened.items()}
    rules = {name: _rules(facts) for name, facts in experiments.items()}
    is_forced = force and len(set(rules.values())) > 1
    jobs = _gather(opened, plans)
    studies: dict[str, list[str]] = {}
    for name, text in rules.items():
        studies.setdefault("" if is_forced else text, []).append(name)
    readings = []
    for names in studies.values():
        members = Members(
            study=" + ".join(names),
            experiments={name: experiments[name] for name in names},
            forced=is_forced,
            titles=_titles({name: experiments[name] for name in names}, rules),
            folders={name: opened[name].path for name in names},
            unplanned={name: opened[name].unplanned() for name in names},
        )
        own_plans = {name: plans[name] for name in names}
        planned = {job.job for plan in own_plans.values() for job in plan.jobs}
        own = {digest: job for digest, job in jobs.items() if digest in planned}
        readings.append(Reading(members, own, list_arms(own_plans, members.titles, own)))
    return readings


def _facts(folder: ExperimentFolder) -> ExperimentFacts:
    facts = folder.facts()
    with readable(folder.path / "experiment.json", "an experiment"):
        check_experiment(facts)
    return facts


def _named(folders: Iterable[Path]) -> dict[str, ExperimentFolder]:
    """Return the experiments by the folder's name, numbered where two have the same."""
    named: dict[str, ExperimentFolder] = {}
    for path in folders:
        folder = ExperimentFolder.existing(path)
        name = printable(folder.path.resolve().name)
        same = sum(other == name or other.startswith(f"{name} #") for other in named)
        named[f"{name} #{same + 1}" if same else name] = folder
    return named


def _rules(facts: ExperimentFacts) -> str:
    """Return a text that is equal for experiments whose results may be pooled."""
    tasks = {
        name: (task.fingerprint, task.search_fingerprint) for name, task in facts.tasks.items()
    }
    rules = [facts.experiment.get("protocol"), facts.experiment.get("space"), tasks]
    return json.dumps(rules, sort_keys=True)


def _titles(
    experiments: Mapping[str, ExperimentFacts], rules: Mapping[str, str]
) -> dict[tuple[str, str], str]:
    """Return what to call each method and given architecture, so that a name means one setting."""
    named = {name: _settings(facts) for name, facts in experiments.items()}
    meant: dict[str, set[str]] = {}
    for name, settings in named.items():
        for title, text in settings.items():
            meant.setdefault(title, set()).add(text + rules[name])
    return {
        (name, title): f"{title} ({name})" if len(meant[title]) > 1 else title
        for name, settings in named.items()
        for title in settings
    }


def _settings(facts: ExperimentFacts) -> dict[str, str]:
    """Return what stands under each name that the experiment compares, as a text."""
    given = facts.experiment.get("architectures", [])
    return {
        **{title: json.dumps(one.params, sort_keys=True) for title, one in facts.methods.items()},
        **{one["name"]: one["text"] for one in given},
    }


def _gather(opened: Mapping[str, ExperimentFolder], plans: Mapping[str, Plan]) -> dict[str, Job]:
    jobs: dict[str, Job] = {}
    for name, folder in opened.items():
        for planned in plans[name].jobs:
            known = jobs.get(planned.job)
            if known and known.is_done:
                continue
            job = _job(planned, folder.job(planned), name)
            if known is None or job.is_done or (job.record and not known.record):
                jobs[planned.job] = job
    return jobs


def _job(planned: PlannedJob, folder: JobFolder, experiment: str) -> Job:
    """Return a job; a record that this harness cannot read is as good as missing, and said."""
    try:
        job = Job(planned, folder, folder.record(), experiment)
        with readable(folder.path / "record.json", "a record"):
            check_insights(job.record.insights if job.record else {})
            _ = job.graphs  # they are read as they are asked for
        return job
    except HarnessError as error:
        why = str(error).removeprefix(str(folder.path)).lstrip("/")
        return Job(planned, folder, None, experiment, fault=printable(why))
