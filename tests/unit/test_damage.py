"""Files that were cut short, zeroed or hold JSON of another shape are told, and work goes on."""

import json
import re
from pathlib import Path

import pytest
import torch

from harness.config.experiment import make_experiment
from harness.errors import ConfigError, DamagedFileError
from harness.execution.pending import Rerun, find_pending, set_aside_damaged
from harness.execution.resuming import take_up
from harness.execution.saving import write_state
from harness.planning.plan import make_plan
from harness.planning.resolve import resolve_experiment
from harness.results.journal import repair_journal
from harness.results.planned import ExperimentFacts
from harness.results.record import JobRecord, Status
from harness.results.store import ExperimentFolder, JobFolder
from tests.integration.tiny import experiment


@pytest.fixture(scope="module")
def job():
    """A job, and the text of its record."""
    plan = make_plan(resolve_experiment(make_experiment(experiment(arms=["random"]))))
    return plan.jobs[0]


@pytest.fixture
def folder(tmp_path, job):
    folder = ExperimentFolder(tmp_path)
    folder.job(job).finish(
        JobRecord(job=job.job, name=job.name, spec=job.spec, status=Status.FAILED, reason="why")
    )
    return folder


def test_a_record_cut_at_any_byte_is_set_aside_and_its_job_done_again(folder, job, monkeypatch):
    file = folder.job(job).path / "record.json"
    whole = file.read_bytes()
    # The last byte is a newline, without which it is whole.
    for length in range(len(whole) - 1):
        monkeypatch.setattr(Path, "read_bytes", lambda path, cut=whole[:length]: cut)
        with pytest.raises(DamagedFileError, match=r"record\.json cannot be read as JobRecord"):
            folder.job(job).record()
    said = []
    assert find_pending(_only(job), folder, Rerun.NONE) == [job]
    set_aside_damaged([job], folder, said.append)
    assert len(said) == 1 and str(file) in said[0]
    assert "it is now record.json.damaged, and the job is done again" in said[0]
    assert not file.exists() and file.with_name("record.json.damaged").exists()


def _only(job):
    from harness.results.planned import Plan

    return Plan(jobs=(job,), arms=())


SHAPES = ["", "[]", "null", "3", "{}", '"text"', "[{}]", "\0" * 99, "{" * 9999, "[" * 99_999]


@pytest.mark.parametrize("text", SHAPES)
def test_json_of_another_shape_is_told_in_one_line(tmp_path, text, job):
    for name in ("record.json", "plan.json", "experiment.json", "space.json", "trajectory.jsonl"):
        (tmp_path / name).write_text(f"{text}\n")
    folder = ExperimentFolder(tmp_path)
    readers = [JobFolder(tmp_path).record, folder.plan, folder.facts, folder.space]
    for read in readers:
        with pytest.raises(DamagedFileError, match=r"^[^\n]*json cannot be read as [^\n]*\.$"):
            read()
    if text != "{}":  # a row without columns is a row
        with pytest.raises(DamagedFileError, match=r"trajectory\.jsonl cannot be read"):
            JobFolder(tmp_path).trajectory()


def test_every_value_of_a_record_is_checked(folder, job):
    file = folder.job(job).path / "record.json"
    whole = json.loads(file.read_text())
    for key in whole:
        for value in ([], {}, "text", -1, None, True):
            file.write_text(json.dumps({**whole, key: value}))
            try:
                folder.job(job).record()
            except DamagedFileError as error:
                assert "\n" not in str(error)


def test_a_folder_where_a_file_is_due_is_told(tmp_path):
    for name in ("record.json", "plan.json", "space.json", "checkpoint.pt"):
        (tmp_path / name).mkdir()
    folder = ExperimentFolder(tmp_path)
    for read in (JobFolder(tmp_path).record, folder.plan, folder.space):
        with pytest.raises(DamagedFileError, match="Is a directory"):
            read()


def test_a_record_of_another_version_is_not_taken_for_damage(folder, job):
    file = folder.job(job).path / "record.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "charm": 3}))
    with pytest.raises(ConfigError, match=r"charm.*another version of the harness wrote it"):
        folder.job(job).record()


class _Work:
    """A job that counts."""

    device, share_done = "cpu", 0.0

    def __init__(self):
        self.count = 0

    def load_state_dict(self, state):
        self.count += 1
        self.count = state["count"]


PLACE = {
    "commit": None,
    "dirty": None,
    "hardware": "x",
    "device": "cpu",
    "threads": 1,
    "versions": {},
    "platform": "x",
}
SAVED = {
    "work": {"count": 7},
    "random": {"cpu": torch.get_rng_state()},
    "history": {"environments": [PLACE], "started": "", "rows": 2},
}
OTHERS = {
    "whole": SAVED,
    "no work": {**SAVED, "work": {}},
    "a list for work": {**SAVED, "work": [7]},
    "a list for the history": {**SAVED, "history": []},
    "no history": {"work": SAVED["work"], "random": SAVED["random"]},
    "no rows": {**SAVED, "history": {"environments": [], "started": ""}},
    "other environments": {**SAVED, "history": {**SAVED["history"], "environments": [{}]}},
    "more rows than there are": {**SAVED, "history": {**SAVED["history"], "rows": 3}},
    "no random state": {**SAVED, "random": {"cpu": torch.zeros(3)}},
}


@pytest.mark.parametrize("kind", OTHERS)
def test_a_checkpoint_of_another_shape_is_set_aside(tmp_path, kind):
    folder, said = JobFolder(tmp_path), []
    for tick in range(2):
        folder.append({"tick": tick})
    write_state(folder.checkpoint, OTHERS[kind])
    work, history = take_up(_Work, folder, said.append)
    if kind == "whole":
        assert (work.count, history.rows, said) == (7, 2, [])
        return
    assert (work.count, history.environments) == (0, []) and not folder.trajectory()
    assert len(said) == 1 and re.search("is now checkpoint.pt.damaged.*begins from the", said[0])


def test_a_checkpoint_whose_rows_were_zeroed_is_set_aside(tmp_path):
    folder, said = JobFolder(tmp_path), []
    folder.append({"tick": 0})
    with (tmp_path / "trajectory.jsonl").open("ab") as file:
        file.write(bytes(300) + b"\n")
    write_state(folder.checkpoint, SAVED)
    assert take_up(_Work, folder, said.append)[1].environments == []
    assert "trajectory.jsonl cannot be read" in said[0]


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    """The bytes of the journal of a study with three trials."""
    path = tmp_path_factory.mktemp("study") / "study.journal"
    study = _open(path)
    for number in range(3):
        trial = study.ask()
        study.tell(trial, trial.suggest_float("x", 0, 1) + number)
    return path.read_bytes()


def _open(path):
    import optuna
    from optuna.storages.journal import JournalFileBackend

    storage = optuna.storages.JournalStorage(JournalFileBackend(str(path)))
    return optuna.create_study(study_name="s", storage=storage, load_if_exists=True)


def test_a_journal_cut_at_any_byte_is_repaired_and_goes_on(journal, tmp_path):
    path = tmp_path / "study.journal"
    for length in range(0, len(journal), 5):
        path.write_bytes(journal[:length])
        told = repair_journal(path)
        assert bool(told) is not (length == 0 or journal[:length].endswith(b"\n"))
        assert path.read_bytes() == journal[: journal[:length].rfind(b"\n") + 1]
        assert repair_journal(path) is None
        assert len(_open(path).trials) <= 3
    study = _open(path)
    study.tell(study.ask(), 1.0)
    assert repair_journal(path) is None


@pytest.mark.parametrize("end", [bytes(4096), b"[]\n", b"{}\n", b'{"op_code": "x"}\n', b"\xff\n"])
def test_what_is_no_operation_ends_a_journal(journal, tmp_path, end):
    path = tmp_path / "study.journal"
    path.write_bytes(journal + end + journal)
    assert f"{path} is damaged after line" in repair_journal(path)
    assert path.read_bytes() == journal
    assert path.with_name("study.journal.damaged").read_bytes() == journal + end + journal
    assert len(_open(path).trials) == 3


def test_no_journal_needs_no_repair(tmp_path):
    assert repair_journal(tmp_path / "study.journal") is None


def test_facts_are_read_as_written(tmp_path):
    facts = ExperimentFacts(experiment={}, pairs=(), methods={}, tasks={})
    (tmp_path / "experiment.json").write_text(facts.model_dump_json())
    assert ExperimentFolder(tmp_path).facts() == facts
