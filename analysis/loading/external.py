"""Runs made elsewhere as the tables of a study: what their file does not know stays empty.

Each row is an observation of its own. Runs of one method and seed are paired where the file names
the search that they share; nothing else says that two runs rest on one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis.arms import ARMS, CARRIED, DIRECT, RANDOM
from analysis.loading.columns import AlphaRow, JobRow, RunRow, SearchRow, TickRow
from analysis.loading.load import Tables
from analysis.loading.provenance import EnvironmentRow, PluginRow
from analysis.loading.reading import Members
from analysis.loading.rows import frame
from analysis.loading.runs_file import Run, read_runs
from harness.errors import ConfigError
from harness.results.files import printable
from harness.results.planned import ExperimentFacts


def load_external(
    path: Path,
    *,
    against: Sequence[str] = (),
    margin: float | None = None,
    is_percent: bool = False,
) -> Tables:
    """Read a file of runs as ``analysis.loading.runs_file`` describes it.

    Args:
        path: Of the CSV.
        against: Arms that every other arm is compared with. By default every arm is compared with
            random architectures, and what was carried over with direct search.
        margin: Of non-inferiority, in percentage points.
        is_percent: Whether accuracies up to 1 are percent, too, and no fractions.

    Raises:
        ConfigError: If the file is not as described, or has nothing to compare.
    """
    runs = read_runs(path, is_percent=is_percent)
    name = printable(path.name)
    titles = list(dict.fromkeys(run.method for run in runs if run.arm != RANDOM))
    return Tables(
        runs=frame(RunRow, (_run_row(run, name) for run in runs)),
        trace=frame(TickRow, ()),
        alphas=frame(AlphaRow, ()),
        searches=frame(SearchRow, ()),
        jobs=frame(JobRow, ()),
        environments=frame(EnvironmentRow, ()),
        plugins=frame(PluginRow, ()),
        members=Members(
            study=name,
            experiments={name: _describe(path, name, runs, _declare(path, runs, against), margin)},
            forced=False,
            titles={(name, title): title for title in titles},
            folders={},
            unplanned={},
        ),
    )


def _run_row(run: Run, name: str) -> RunRow:
    place = f"row {run.row}"
    search = "" if run.arm == RANDOM else f"row-{run.row}"
    if run.search:  # known by its method, the data set it began with, and its name
        search = "/".join((run.method, run.source, run.search)).replace(" ", "_")
    return RunRow(
        job=place,
        unit=place,
        search_job=search,
        ancestor_jobs=search,
        method=run.method,
        space="",
        arm=run.arm,
        source="" if run.arm == RANDOM else run.source,
        target=run.target,
        search_seed=run.seed,
        train_seed=0,
        test_acc=run.accuracy,
        status=run.status,
        experiment=name,
    )


def _declare(path: Path, runs: Sequence[Run], against: Sequence[str]) -> list[dict[str, str]]:
    """Return arms with what each is compared with, in the order of arms."""
    arms = [arm for arm in ARMS if any(run.arm == arm for run in runs)]
    if absent := [arm for arm in against if arm not in arms]:
        raise ConfigError(
            f"--against {absent[0]}: {path} has no run of that arm; it has {', '.join(arms)}."
        )
    return [
        {"arm": arm, "against": other}
        for other in against or (RANDOM, DIRECT)
        for arm in arms
        if other in arms and arm not in {other, RANDOM} and (against or _is_usual(arm, other))
    ]


def _is_usual(arm: str, against: str) -> bool:
    return against == RANDOM or arm in CARRIED


def _describe(
    path: Path,
    name: str,
    runs: Sequence[Run],
    declared: Sequence[dict[str, str]],
    margin: float | None,
) -> ExperimentFacts:
    """Return what a study must know of an experiment, as far as the rows tell."""
    arms: dict[str, dict[str, None]] = {}
    for run in runs:
        if run.arm != RANDOM:
            arms.setdefault(run.method, {})[run.arm] = None
    carried = dict.fromkeys((run.source, run.target) for run in runs if run.arm in CARRIED)
    reached = {target for _, target in carried}
    searched = [run.target for run in runs if run.arm != RANDOM]
    alone = dict.fromkeys((target, target) for target in searched if target not in reached)
    experiment = {
        "name": name,
        "methods": [{"name": title, "arms": list(own)} for title, own in arms.items()],
        "arms": list(dict.fromkeys(arm for own in arms.values() for arm in own)),
        "protocol": {"primary": list(declared), "margin": margin},
    }
    return ExperimentFacts(experiment=experiment, pairs=(*carried, *alone), methods={}, tasks={})
