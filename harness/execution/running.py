"""An experiment from what is asked for to its report: ``harness.run`` and the command ``run``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from harness.errors import ConfigError
from harness.execution.display import Display
from harness.interfaces.data import point_to_data
from harness.planning.options import Names, read_experiment

if TYPE_CHECKING:
    from harness.config.experiment import Experiment
    from harness.execution.executor import Settings
    from harness.execution.schedule import Ending
    from harness.planning.resolve import Resolved
    from harness.results.planned import ExperimentFacts, Plan, PlannedJob
    from harness.results.store import ExperimentFolder

LISTED = 5  # jobs that are named at the end, of each kind


@dataclass(frozen=True)
class Run:
    """What a run came to.

    Attributes:
        folder: Of the experiment.
        report: Path of the report's page; None if the run was stopped before the end.
        jobs: How many of its jobs ended in each way: done, diverged, failed, skipped.
        failed: Why jobs failed, by name: their plugin raised an error.
        lost: Why jobs have no result, by name: the machine ended each attempt at them.
    """

    folder: Path
    report: Path | None
    jobs: Mapping[str, int]
    failed: Mapping[str, str]
    lost: Mapping[str, str]

    @property
    def is_complete(self) -> bool:
        """Whether every job has a record; otherwise the same call goes on."""
        return self.report is not None and not self.lost


@dataclass(frozen=True)
class Prepared:
    """A planned experiment.

    Attributes:
        resolved: Its inputs, checked.
        plan: Its jobs.
        folder: Where its results are kept.
    """

    resolved: Resolved
    plan: Plan
    folder: ExperimentFolder

    def add(self) -> tuple[ExperimentFacts, Plan]:
        """Return what the folder holds once this experiment is added to it; writes nothing.

        Raises:
            HarnessError: If the two are not one experiment.
        """
        from harness.execution.adding import add

        return add(self.folder, self.resolved.facts, self.plan)


def run(
    file: str | Path | None = None,
    *,
    method: Names | None = None,
    source: str | None = None,
    target: str | None = None,
    architectures: str | Path | Sequence[str] | None = None,
    space: str | None = None,
    seeds: int | None = None,
    protocol: str | Path | None = None,
    arms: Names | None = None,
    name: str | None = None,
    changes: Sequence[str] = (),
    results: str | Path = "results",
    data: str | Path | None = None,
    no_download: bool = False,
    jobs: int = 1,
    threads: int = 1,
    device: str = "auto",
    stop_after: float | None = None,
    rerun: Literal["none", "failed", "all"] = "none",
    replace: bool = False,
) -> Run:
    """Run what an experiment still lacks, and write its report, as ``python -m harness run`` does.

    Progress is written to standard error. Ctrl-C saves the jobs that run and returns; the same call
    goes on. With several jobs at once, which are processes of their own, a script has to make the
    call below ``if __name__ == "__main__":``.

    Args:
        file: An experiment file; without one, ``method``, ``source`` and ``target`` are needed, or
            ``architectures`` and ``target``.
        method: Names of the methods, in a list or separated by commas.
        source: Name of the task that is searched on.
        target: Name of the task that the architecture is used on.
        architectures: What is trained without a search: a file of architectures, one a line,
            ``published:`` and names, or a list of such lines.
        space: Name of the search space; by default ``darts``, or that of the architectures.
        seeds: How many; 5 by default.
        protocol: Name or file of the rules; by default those sized for the tasks' images.
        arms: Names, in a list or separated by commas; all by default.
        name: Of the folder in ``results``; by default SOURCE-TARGET-SPACE-PROTOCOL.
        changes: ``key.path=value``, as ``--set`` takes them: applied last.
        results: Folder of experiments.
        data: Folder of data sets; by default the environment's.
        no_download: Whether a missing data set is never fetched.
        jobs: How many at once.
        threads: Of each job.
        device: As torch names it, ``auto`` for every GPU there is.
        stop_after: Seconds after which everything is saved and left unfinished.
        rerun: Which finished jobs are done again.
        replace: Whether to plan only what is said here; by default it is added to what the folder
            holds.

    Raises:
        HarnessError: If something that was asked for is wrong; then nothing has been run.
    """
    _check_counts(jobs=jobs, threads=threads)
    said = {
        "name": name,
        "architectures": architectures,
        "space": space,
        "seeds": seeds,
        "arms": arms,
        "protocol": None if protocol is None else str(protocol),
    }
    with _same_environment():
        point_to_data(None if data is None else Path(data), no_download=no_download)
        experiment = read_experiment(
            None if file is None else Path(file), method, source, target, said, changes
        )
        settings = make_settings(jobs, threads, device, stop_after)
        prepared = prepare(experiment, Path(results))
        return carry_out(prepared, settings, rerun=rerun, replace=replace)


def make_settings(jobs: int, threads: int, device: str, stop_after: float | None) -> Settings:
    """Return how jobs are run.

    Raises:
        ConfigError: If there is no such device.
    """
    from harness.execution.devices import find_devices
    from harness.execution.executor import Settings

    return Settings(jobs, threads, find_devices(device), stop_after)


def prepare(experiment: Experiment, results: Path) -> Prepared:
    """Plan an experiment's jobs; warnings go to standard error, nothing is written to disk.

    Raises:
        HarnessError: If the experiment cannot be run as it is.
    """
    from harness.planning.plan import make_plan
    from harness.planning.resolve import resolve_experiment
    from harness.results.store import ExperimentFolder

    resolved = resolve_experiment(experiment)
    for warning in resolved.warnings:
        Display().say(f"warning: {warning}")
    folder = ExperimentFolder(results / resolved.experiment.name)
    return Prepared(resolved, make_plan(resolved), folder)


def carry_out(prepared: Prepared, settings: Settings, *, rerun: str, replace: bool) -> Run:
    """Do the jobs that have no record, and write the report.

    Args:
        prepared: The experiment.
        settings: How its jobs are run.
        rerun: Which finished jobs are done again: ``none``, ``failed`` or ``all``.
        replace: Whether what the folder holds is planned no longer.

    Raises:
        HarnessError: If the folder is in use, or holds an experiment that this one does not fit.
    """
    from harness.execution.pending import Rerun, find_pending
    from harness.planning.plan import space_document

    say = Display().say
    plan, folder, resolved = prepared.plan, prepared.folder, prepared.resolved
    if rerun not in list(Rerun):
        raise ConfigError(f"rerun is {rerun!r}; expected one of {', '.join(Rerun)}.")
    with folder.lock():
        facts, whole = (resolved.facts, plan) if replace else prepared.add()
        folder.write(facts, whole, space_document(resolved))
        if others := len(whole.jobs) - len(plan.jobs):
            say(
                f"{folder.path} also holds {others} jobs of earlier commands; the report covers "
                "all, --replace leaves them out"
            )
        todo = find_pending(plan, folder, Rerun(rerun))
        say(f"{folder.path}: {len(plan.jobs)} jobs, {len(todo)} to do")
        return _finish(prepared, settings, todo, say)


def _finish(
    prepared: Prepared,
    settings: Settings,
    todo: Sequence[PlannedJob],
    say: Callable[[str], None],
) -> Run:
    """Do the jobs and write the report, unless it was stopped before."""
    from harness.execution.executor import run_jobs
    from harness.execution.pending import known_record
    from harness.results.record import Status

    folder = prepared.folder
    ending = run_jobs(todo, folder, settings)
    report = None
    if not ending.is_stopped:
        from analysis.report import write_report

        say("writing the report")
        report = write_report([folder.path], folder.path / "report")
    records = [known_record(job, folder) for job in prepared.plan.jobs]
    found = Run(
        folder=folder.path,
        report=report,
        jobs={s.value: sum(r is not None and r.status is s for r in records) for s in Status},
        failed={r.name: r.reason or "" for r in records if r and r.status is Status.FAILED},
        lost=ending.lost,
    )
    for line in _describe(found, ending):
        say(line)
    return found


def _describe(found: Run, ending: Ending) -> Iterator[str]:
    """Yield how it ended, and what to do about jobs without a result."""
    if ending.is_stopped:
        yield f"stopped; the same command goes on, `python -m harness status {found.folder}` tells"
        return
    yield ", ".join(f"{count} {status}" for status, count in found.jobs.items())
    if found.failed:
        yield f"{len(found.failed)} failed; with --rerun failed the same command does them again:"
        yield from _list_reasons(found.failed)
    if found.lost:
        yield (
            f"{len(found.lost)} have no result, for the machine ended each attempt, and "
            f"{ending.waiting} more wait for them; the same command tries again from what they "
            "saved:"
        )
        yield from _list_reasons(found.lost)


def _list_reasons(jobs: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each of the first jobs."""
    for name, reason in tuple(jobs.items())[:LISTED]:
        yield f"  {name}: {' '.join(reason.strip().splitlines()[-1:])}"
    if len(jobs) > LISTED:
        yield f"  and {len(jobs) - LISTED} more"


def _check_counts(**counts: int) -> None:
    for name, count in counts.items():
        if type(count) is not int or count < 1:
            raise ConfigError(f"{name} is {count!r}; expected a whole number of at least 1.")


@contextmanager
def _same_environment() -> Iterator[None]:
    """Leave the environment's variables as they were."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
