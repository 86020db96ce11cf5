"""What lies on disk, and what survives a crash."""

import json

import pytest

from harness.config.experiment import make_experiment
from harness.errors import DamagedFileError, FolderInUseError
from harness.execution.pending import Rerun, find_pending
from harness.planning.plan import make_plan
from harness.planning.resolve import resolve_experiment
from harness.results.record import JobRecord, Status
from harness.results.store import ExperimentFolder, JobFolder
from tests.conftest import ROOT
from tests.integration.tiny import experiment


@pytest.fixture(scope="module")
def plan():
    return make_plan(resolve_experiment(make_experiment(experiment(arms=["continued"]))))


def record(job, status=Status.DONE):
    return JobRecord(job=job.job, name=job.name, spec=job.spec, status=status)


def test_a_half_written_line_is_no_row(tmp_path):
    folder = JobFolder(tmp_path)
    folder.append({"tick": 1})
    with (tmp_path / "trajectory.jsonl").open("a") as file:
        file.write('{"tick": 2, "sc')
    assert folder.trajectory() == [{"tick": 1}]


def test_rewinding_drops_what_the_checkpoint_does_not_cover(tmp_path):
    folder = JobFolder(tmp_path)
    for tick in range(5):
        folder.append({"tick": tick})
    folder.rewind(3)
    assert [row["tick"] for row in folder.trajectory()] == [0, 1, 2]


def test_numbers_that_json_does_not_know_become_null(tmp_path):
    JobFolder(tmp_path).append({"loss": float("nan"), "alphas": [[float("inf"), 1.0]]})
    text = (tmp_path / "trajectory.jsonl").read_text()
    assert json.loads(text) == {"loss": None, "alphas": [[None, 1.0]]}
    assert "NaN" not in text and "Infinity" not in text


def test_a_record_ends_a_job_and_its_checkpoint(tmp_path, plan):
    folder = JobFolder(tmp_path)
    folder.start(plan.jobs[0])
    folder.checkpoint.write_bytes(b"")
    folder.candidates.mkdir()
    (folder.candidates / "000001.pt").write_bytes(b"weights")
    assert folder.record() is None
    folder.finish(record(plan.jobs[0]))
    assert folder.record() == record(plan.jobs[0])
    assert not folder.checkpoint.exists() and not folder.candidates.exists()


def test_the_lock_of_an_experiment_is_held_by_one(tmp_path):
    folder = ExperimentFolder(tmp_path / "name")
    other = ExperimentFolder(tmp_path / "name")
    refused = pytest.raises(FolderInUseError, match="in use by another process")
    with folder.lock(), refused, other.lock():
        pass
    with other.lock():
        pass


def test_a_job_is_held_while_its_writer_works(tmp_path):
    folder = JobFolder(tmp_path)
    assert not folder.is_held()
    with folder.hold():
        assert folder.is_held()
    assert not folder.is_held()


def test_a_damaged_record_is_named(tmp_path):
    (tmp_path / "record.json").write_text('{"job": 3}')
    with pytest.raises(DamagedFileError, match=r"record\.json cannot be read as JobRecord"):
        JobFolder(tmp_path).record()


def test_only_jobs_without_a_record_are_pending(tmp_path, plan):
    folder = ExperimentFolder(tmp_path)
    assert find_pending(plan, folder, Rerun.NONE) == list(plan.jobs)
    folder.job(plan.jobs[0]).finish(record(plan.jobs[0]))
    assert find_pending(plan, folder, Rerun.NONE) == list(plan.jobs[1:])


def test_rerunning_failures_takes_what_depends_on_them_too(tmp_path, plan):
    folder = ExperimentFolder(tmp_path)
    first, second, third = plan.jobs
    folder.job(first).finish(record(first))
    folder.job(second).finish(record(second, Status.FAILED))
    folder.job(third).finish(record(third, Status.SKIPPED))
    assert third.spec.ancestors == (second.job,)
    assert find_pending(plan, folder, Rerun.NONE) == []
    assert find_pending(plan, folder, Rerun.FAILED) == [second, third]
    assert folder.job(second).record() is None and folder.job(first).record() is not None


def test_rerunning_all_takes_everything(tmp_path, plan):
    folder = ExperimentFolder(tmp_path)
    for job in plan.jobs:
        folder.job(job).finish(record(job))
    assert find_pending(plan, folder, Rerun.ALL) == list(plan.jobs)


def test_old_records_still_load():
    files = sorted((ROOT / "tests" / "golden").glob("record_*.json"))
    assert files
    for file in files:
        assert JobRecord.model_validate_json(file.read_text()).schema_version >= 1
