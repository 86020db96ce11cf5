"""One function leads from a name of ours to a path, and never out of the folder."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from harness.results.files import LONGEST, file_name
from harness.results.planned import PlannedJob
from harness.results.shard import state_file
from harness.results.store import ExperimentFolder
from tests.integration.tiny import records, run, write

HOSTILE = ["x/../../../../outside", "..", ".", "/etc/passwd", "a\\..\\b", "\0", "c:\\x", "~/x", ""]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_in_its_folder(tmp_path, name):
    path = tmp_path / file_name(name)
    assert path.resolve().parent == tmp_path.resolve() and path != tmp_path


@given(some.text())
def test_any_name_is_one_plain_part_of_a_path(name):
    found = file_name(name)
    assert found and "/" not in found and found[0] != "." and len(found.encode()) <= LONGEST
    assert file_name(found) == found


def test_names_of_earlier_runs_stay_as_they_were():
    for name in ("search-darts-c10-images=0.1-s0", "train-d100-eat_nas-d10-s4-r1"):
        assert file_name(name) == name


def test_long_names_are_cut_and_told_apart():
    one, two = file_name("ä" * 300 + "1"), file_name("ä" * 300 + "2")
    assert one != two and len(one.encode()) <= LONGEST


def test_a_damaged_plan_leads_nowhere_else(tmp_path):
    job = PlannedJob.model_construct(job="../../../up", name="a/../../b", spec=None)
    experiment = ExperimentFolder(tmp_path)
    assert experiment.own_folder(job).path.parent == tmp_path / "jobs"
    assert experiment.shard("../../x").path.parent == tmp_path / "shards"
    assert state_file(tmp_path, job.job).parent == tmp_path / "states"


def test_a_label_writes_inside_the_results_folder(tmp_path):
    hostile = {"name": "random_search", "label": "x/../../../../outside"}
    file = write(tmp_path, methods=[hostile], arms=["direct"])
    assert run(tmp_path / "results", file) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"results", "tiny.yaml"}
    assert len(records(tmp_path / "results")) == 2


def test_a_long_name_that_is_no_unicode_gets_a_file_name():
    assert len(file_name("\udcff" * 300).encode()) <= LONGEST
