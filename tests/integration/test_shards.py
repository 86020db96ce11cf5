"""Thousands of short jobs share folders, and nobody who reads them notices."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.cli import main
from harness.config.experiment import make_experiment
from harness.execution import runner
from harness.execution.pending import find_unfinished
from harness.execution.runner import Control, Stopped, run_unit
from harness.execution.units import SHARD_JOBS, Unit, make_units
from harness.planning.plan import make_plan
from harness.planning.resolve import resolve_experiment
from harness.results.shard import RECORDS, TRAJECTORIES
from harness.results.store import ExperimentFolder
from tests.analysis.loading import load_one
from tests.integration.tiny import UNREPORTED

CLOCKS = {"seconds", "overhead_seconds"}


def document(seeds, arms=("transferred", "continued", "random"), methods=("random_search",)):
    return {
        "name": "short",
        "space": "nb201",
        "methods": list(methods),
        "pairs": [{"source": "c10", "target": "in16"}, {"source": "c10", "target": "c100"}],
        "seeds": list(range(seeds)) if isinstance(seeds, int) else seeds,
        "arms": list(arms),
        "protocol": "table",
    }


FEW = ["protocol.search.budget.evaluations=12", "protocol.random_architectures=4"]


@pytest.fixture(autouse=True)
def _data(reference, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(reference))


def plan_of(**changes):
    return make_plan(resolve_experiment(make_experiment(document(**changes), FEW)))


def run(tmp_path, *arguments, seeds=3, **changes):
    file = tmp_path / "short.yaml"
    file.write_text(json.dumps(document(seeds, **changes)))
    sets = [word for change in FEW for word in ("--set", change)]
    results = ["--results", str(tmp_path), "--device", "cpu"]
    return main(["run", str(file), *sets, *results, *arguments])


def outcomes(folder):
    """Return what every job came to, without what a clock says."""
    experiment = ExperimentFolder.existing(folder)
    found = {}
    for job in experiment.plan().jobs:
        files = experiment.job(job)
        record = files.record().model_dump(
            mode="json", exclude={"environment", "started", "finished"}
        )
        del record["bill"]["overhead_seconds"]
        rows = [{k: v for k, v in row.items() if k not in CLOCKS} for row in files.trajectory()]
        found[job.job] = record, rows
    return found


def test_a_shard_holds_what_a_folder_of_its_own_would(tmp_path):
    assert run(tmp_path) == 0
    folder = tmp_path / "short"
    assert not (folder / "jobs").exists()
    alone = ExperimentFolder(tmp_path / "alone")
    plan = ExperimentFolder(folder).plan()
    (tmp_path / "alone").mkdir()
    for name in ("plan.json", "experiment.json", "space.json"):
        (tmp_path / "alone" / name).write_bytes((folder / name).read_bytes())
    for job in plan.jobs:
        control = Control("cpu", lambda: False, lambda share: None)
        run_unit(Unit((job,)), alone, control, lambda *ended: None)
    assert outcomes(folder) == outcomes(tmp_path / "alone")


def test_the_analysis_reads_shards_as_it_reads_folders(tmp_path):
    assert run(tmp_path) == 0
    tables = load_one([tmp_path / "short"])
    assert set(tables.jobs["status"]) == {"done"}
    assert tables.searches["evaluations"].eq(12).all()
    ends = tables.trace.groupby("job")["evaluations"].max()
    assert ends.eq(12).all() and len(ends) == len(tables.searches)
    assert tables.runs["test_acc"].notna().all() and tables.runs["commit"].ne("").any()


@pytest.mark.parametrize("file", [RECORDS, TRAJECTORIES])
def test_a_half_written_line_is_no_job_and_is_cut(tmp_path, file):
    assert run(tmp_path) == 0
    whole = outcomes(tmp_path / "short")
    (shard,) = (tmp_path / "short" / "shards").iterdir()
    content = (shard / file).read_bytes()
    (shard / file).write_bytes(content[: content[:-1].rfind(b"\n") + 40])
    left = find_unfinished(plan_of(seeds=3), ExperimentFolder(tmp_path / "short"))
    assert len(left) == (file == RECORDS)
    if file == RECORDS:
        assert run(tmp_path) == 0
        assert outcomes(tmp_path / "short") == whole
        assert run(tmp_path, "--rerun", "all") == 0  # which adds lines to that shard
        assert all(map(json.loads, (shard / file).read_text().splitlines()))


def test_stopping_keeps_what_has_ended_and_the_same_command_goes_on(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(
        runner, "begin", lambda *given, real=runner.begin: calls.append(1) or real(*given)
    )
    experiment = ExperimentFolder(tmp_path / "short")
    resolved = resolve_experiment(make_experiment(document(3), FEW))
    plan = make_plan(resolved)
    experiment.write(resolved.facts, plan, {})
    (unit,) = make_units(plan.jobs)
    stop = Control("cpu", lambda: len(calls) > 7, lambda share: None)
    ended = []
    with pytest.raises(Stopped):
        run_unit(unit, experiment, stop, lambda job, status, reason: ended.append(job))
    left = find_unfinished(plan, ExperimentFolder(tmp_path / "short"))
    assert {job.job for job in left} == {job.job for job in plan.jobs} - {j.job for j in ended}
    assert 5 <= len(ended) <= 8
    assert run(tmp_path) == 0
    first = outcomes(tmp_path / "short")
    (tmp_path / "other").mkdir()
    assert run(tmp_path / "other") == 0
    assert first == outcomes(tmp_path / "other" / "short")


def test_two_processes_find_what_one_does(tmp_path, monkeypatch):
    assert run(tmp_path) == 0
    (tmp_path / "two").mkdir()
    assert run(tmp_path / "two", "--jobs", "2") == 0
    assert outcomes(tmp_path / "two" / "short") == outcomes(tmp_path / "short")


def test_failed_jobs_are_taken_back_and_done_again(tmp_path, monkeypatch):
    from methods.random_search import RandomSearch

    with monkeypatch.context() as patch:
        patch.setattr(RandomSearch, "step", lambda self: 1 / 0)
        assert run(tmp_path) == 1
    assert "ZeroDivisionError" in next(iter(outcomes(tmp_path / "short").values()))[0]["reason"]
    assert run(tmp_path) == 1  # a record of a failure is a record
    assert run(tmp_path, "--rerun", "failed") == 0
    records = [record for record, _ in outcomes(tmp_path / "short").values()]
    assert {record["status"] for record in records} == {"done"}


def test_folders_are_merged_by_copying(tmp_path, capsys):
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, seeds in ((one, [0, 1]), (two, [1, 2])):
        folder.mkdir()
        assert run(folder, seeds=seeds) == 0
    whole = {**outcomes(one / "short"), **outcomes(two / "short")}
    shutil.copytree(two / "short", one / "short", dirs_exist_ok=True)
    capsys.readouterr()
    assert run(one, seeds=[0, 1, 2]) == 0
    assert ", 0 to do" in capsys.readouterr().err
    assert outcomes(one / "short") == whole
    # What several shards hold is taken back from all of them.
    assert run(one, "--rerun", "all", seeds=[0, 1, 2]) == 0
    assert outcomes(one / "short") == whole


def test_of_copies_the_one_that_is_done_counts(tmp_path, monkeypatch):
    from methods.random_search import RandomSearch

    with monkeypatch.context() as patch:
        patch.setattr(RandomSearch, "step", lambda self: 1 / 0)
        assert run(tmp_path) == 1
    (tmp_path / "other").mkdir()
    assert run(tmp_path / "other") == 0
    shutil.copytree(tmp_path / "other" / "short", tmp_path / "short", dirs_exist_ok=True)
    assert {record["status"] for record, _ in outcomes(tmp_path / "short").values()} == {"done"}


def test_shards_of_earlier_versions_are_read_and_taken_back(tmp_path):
    assert run(tmp_path) == 0
    whole = outcomes(tmp_path / "short")
    (shard,) = (tmp_path / "short" / "shards").iterdir()
    shard.rename(shard.with_name("0000"))
    assert outcomes(tmp_path / "short") == whole
    assert run(tmp_path, "--rerun", "all") == 0
    assert outcomes(tmp_path / "short") == whole


ZEROS = bytes(4096)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: [*lines, ZEROS],
        lambda lines: [*lines[:4], ZEROS, *lines[4:]],
        lambda lines: [ZEROS, *lines[1:]],
        lambda lines: [b"\xff\xfe" + line[2:] for line in lines],
        lambda lines: [line[: len(line) // 2] for line in lines],
        lambda lines: [re.sub(b":.*", b":[3]}", line) for line in lines],
        lambda lines: [line[:26] + b"}" for line in lines],
        lambda lines: [line.replace(b'"status":"done"', b'"status":[1]') for line in lines],
        lambda lines: [line for line in lines if not line.startswith(b'{"architecture"')],
        lambda lines: [],
    ],
    ids=[
        "zeros after",
        "zeros within",
        "zeros before",
        "bytes",
        "halves",
        "lists",
        "empty",
        "types",
        "no graphs",
        "nothing",
    ],
)
@pytest.mark.parametrize("file", [RECORDS, TRAJECTORIES])
def test_a_damaged_shard_costs_its_jobs_a_second_attempt(tmp_path, file, spoil, capsys):
    assert run(tmp_path, seeds=1) == 0
    whole = outcomes(tmp_path / "short")
    (shard,) = (tmp_path / "short" / "shards").iterdir()
    lines = (shard / file).read_bytes().splitlines()
    (shard / file).write_bytes(b"\n".join([*spoil(lines), b""]))
    assert main(["status", str(tmp_path / "short")]) == 0
    assert load_one([tmp_path / "short"]).jobs["status"].isin(["done", "missing"]).all()
    assert run(tmp_path, seeds=1) == 0
    assert "Traceback" not in capsys.readouterr().err
    if file == RECORDS:
        assert outcomes(tmp_path / "short") == whole
        assert run(tmp_path, seeds=1) == 0
        assert ", 0 to do" in capsys.readouterr().err


def test_jobs_that_rest_on_one_another_share_a_shard():
    plan = plan_of(seeds=400, arms=("transferred", "continued"))
    units = make_units(plan.jobs)
    assert len(units) > 1 and all(unit.shard for unit in units)
    assert all(not unit.ancestors for unit in units)
    assert all(SHARD_JOBS <= len(unit.jobs) < SHARD_JOBS + 10 for unit in units[:-1])
    assert sorted(job.job for unit in units for job in unit.jobs) == sorted(
        job.job for job in plan.jobs
    )
    for unit in units:
        place = {job.job: number for number, job in enumerate(unit.jobs)}
        assert all(place[a] < place[job.job] for job in unit.jobs for a in job.spec.ancestors)


def test_jobs_on_images_keep_folders_of_their_own():
    from tests.integration.tiny import experiment

    plan = make_plan(resolve_experiment(make_experiment(experiment())))
    assert [unit.shard for unit in make_units(plan.jobs)] == [""] * len(plan.jobs)


@pytest.mark.slow
def test_a_killed_run_loses_the_last_moment_only(tmp_path, root):
    file = tmp_path / "short.yaml"
    file.write_text(json.dumps(document(300)))
    command = [sys.executable, "-m", "harness", "run", str(file), "--results", str(tmp_path)]
    process = subprocess.Popen(command, cwd=root, stderr=subprocess.DEVNULL)
    while sum(f.stat().st_size for f in tmp_path.glob(f"short/shards/*/{RECORDS}")) < 100_000:
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    folder = ExperimentFolder(tmp_path / "short")
    done = len(folder.plan().jobs) - len(find_unfinished(folder.plan(), folder))
    assert done > 10


@pytest.mark.slow
def test_a_shard_whose_worker_dies_is_carried_out_job_by_job(tmp_path, root):
    file, script = tmp_path / "short.yaml", tmp_path / "unreported.py"
    file.write_text(json.dumps(document(300, arms=("transferred",))))
    script.write_text(UNREPORTED)
    sets = [word for change in FEW for word in ("--set", change)]
    command = [sys.executable, str(script), "run", str(file), *sets, "--results", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    process = subprocess.Popen(
        [*command, "--jobs", "2"],
        env=environment,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    while not list(tmp_path.glob(f"short/shards/*/{RECORDS}")):
        assert process.poll() is None, "it ended before anything was written"
        time.sleep(0.02)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    workers = [c for c in children if "spawn_main" in Path(f"/proc/{c}/cmdline").read_text()]
    os.kill(int(workers[0]), signal.SIGKILL)
    process.communicate()
    assert process.returncode == 0
    records = [record for record, _ in outcomes(tmp_path / "short").values()]
    assert len(records) == 900 and {record["status"] for record in records} == {"done"}
