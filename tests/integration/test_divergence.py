"""A training that diverged is a result of what it trained, and is called so everywhere."""

import json

import pytest

from analysis.report.checklist.transferring import failures
from analysis.report.notices import notices
from harness.cli import main
from harness.results.record import Status
from harness.results.store import ExperimentFolder
from tests.analysis.loading import load_study
from tests.integration.tiny import PROTOCOL, RECIPE, run, write

FAR = {**RECIPE, "learning_rate": 1e20, "gradient_clip": 0}


@pytest.fixture(scope="module")
def diverged(tmp_path_factory):
    """Two trainings whose learning rate leads nowhere; returns the folder and what was printed."""
    folder = tmp_path_factory.mktemp("diverged")
    protocol = {**PROTOCOL, "train": {"evaluator": "training", "recipe": FAR}}
    protocol = {**protocol, "random_architectures": 2}
    return folder, write(folder, arms=["random"], protocol=protocol)


def test_divergence_is_one_notion_from_the_first_line_to_the_report(diverged, capsys):
    folder, file = diverged
    assert run(folder, file) == 0  # nothing failed
    told = capsys.readouterr().err.splitlines()
    assert sum(" diverged train-d10-random" in line for line in told) == 2
    assert any("0 done, 2 diverged, 0 failed, 0 skipped" in line for line in told)
    assert main(["status", str(folder / "tiny")]) == 0
    first, *named = capsys.readouterr().out.splitlines()
    assert first == "0 done, 2 diverged, 0 running, 0 failed, 0 skipped, 0 damaged, 0 pending"
    assert all("diverged train-d10-random" in line and "finite" in line for line in named)
    results = load_study([folder / "tiny"])
    assert list(results.arms["diverged"]) == [2] and list(results.arms["failed"]) == [0]
    _, evidence = failures(results)
    assert evidence.startswith("2 diverged, 0 failed, 0 skipped, 0 missing")
    assert any(line.startswith("Of 2 jobs, 2 diverged;") for line in notices(results))
    assert list(results.tables.runs["status"]) == ["diverged"] * 2
    # The same again finds nothing to do, and nothing that failed.
    assert run(folder, file, "--rerun", "failed") == 0
    assert "2 jobs, 0 to do" in capsys.readouterr().err


def test_a_record_from_before_that_has_no_accuracy_diverged(diverged):
    folder, file = diverged
    run(folder, file)
    for path in (folder / "tiny" / "jobs").glob("*/record.json"):
        old = {**json.loads(path.read_text()), "status": "done", "reason": None}
        assert old["test_accuracy"] is None
        path.write_text(json.dumps(old))
    experiment = ExperimentFolder(folder / "tiny")
    read = [experiment.job(job).record() for job in experiment.plan().jobs]
    assert {record.status for record in read} == {Status.DIVERGED}
    assert all("finite" in record.reason for record in read)
