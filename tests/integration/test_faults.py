"""Nothing that the machine does becomes a method's record; what plugins do becomes nothing else."""

import errno
import io
import json
import shutil

import pytest
import torch

from harness.cli import main
from harness.errors import DamagedFileError
from harness.execution import runner, savers
from harness.execution.saving import read_state
from tests.integration.tiny import records, run, trajectories, write

QUIET = {"methods": ["random_search"], "arms": ["direct"]}
STEP = "methods.random_search.RandomSearch.step"


@pytest.fixture
def often(monkeypatch):
    """Save jobs after every step."""
    monkeypatch.setattr(savers, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(savers, "CHECKPOINT_SHARE", 1e9)


def raising(error):
    """Return something to do in a method's place, which fails."""

    def step(*given, **named):
        raise error

    return step


FULL = OSError(errno.ENOSPC, "No space left on device", "candidate.pt")
CPU = RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory")


@pytest.mark.parametrize(
    "fault", [MemoryError(), FULL, CPU, torch.OutOfMemoryError("CUDA out of memory.")]
)
def test_what_the_machine_lacks_is_no_record_of_the_method(tmp_path, monkeypatch, capsys, fault):
    file = write(tmp_path, **QUIET)
    with monkeypatch.context() as patch:
        patch.setattr(STEP, raising(fault))
        assert run(tmp_path, file) == 3
    told = capsys.readouterr().err
    assert "Trying again." in told
    assert "1 have no result" in told and type(fault).__name__ in told
    assert not records(tmp_path)
    assert run(tmp_path, file) == 0


@pytest.mark.parametrize("error", [FileNotFoundError(2, "No such file", "own.txt"), KeyError("x")])
def test_what_a_plugin_does_wrong_is_its_record(tmp_path, monkeypatch, capsys, error):
    file = write(tmp_path, **QUIET)
    monkeypatch.setattr(STEP, raising(error))
    assert run(tmp_path, file) == 1
    assert sorted(r["status"] for r in records(tmp_path).values()) == ["failed", "skipped"]
    assert "1 failed; with --rerun failed the same command" in capsys.readouterr().err


def test_a_fault_that_passes_costs_nothing(tmp_path, monkeypatch, capsys):
    from methods.random_search import RandomSearch

    file, calls, real = write(tmp_path, **QUIET), [], RandomSearch.step

    def step(self):
        calls.append(1)
        if len(calls) == 1:
            raise MemoryError
        real(self)

    monkeypatch.setattr(RandomSearch, "step", step)
    assert run(tmp_path, file) == 0
    assert "Trying again." in capsys.readouterr().err


def test_a_harness_that_cannot_write_blames_no_method(tmp_path, monkeypatch, capsys):
    file = write(tmp_path, **QUIET)
    with monkeypatch.context() as patch:
        patch.setattr("harness.results.job_folder.JobFolder.append", raising(FULL))
        assert run(tmp_path, file) == 3
    assert "No space left on device" in capsys.readouterr().err
    assert not records(tmp_path)
    assert run(tmp_path, file) == 0


def test_the_rest_of_a_plan_goes_on_without_what_was_lost(tmp_path, monkeypatch):
    file = write(tmp_path, **{**QUIET, "arms": ["direct", "random"]})
    monkeypatch.setattr(STEP, raising(MemoryError()))
    assert run(tmp_path, file) == 3
    assert [name.rpartition("-")[0] for name in records(tmp_path)] == ["train-d10-random0"]


DAMAGE = {
    "empty": lambda content: b"",
    "cut short": lambda content: content[: len(content) // 2],
    "zeros": lambda content: bytes(len(content)),
    "text": lambda content: b"not a checkpoint",
    "a bare tensor": lambda content: saved(torch.zeros(2)),
}


def saved(value):
    file = io.BytesIO()
    torch.save(value, file)
    return file.getvalue()


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_of_a_saved_state_is_told_in_one_line(tmp_path, kind):
    content = saved({"work": torch.arange(100), "random": {}, "history": {}})
    (tmp_path / "checkpoint.pt").write_bytes(DAMAGE[kind](content))
    with pytest.raises(DamagedFileError, match=r"checkpoint.pt is damaged: expected .*\.$"):
        read_state(tmp_path / "checkpoint.pt")


def test_a_damaged_checkpoint_is_set_aside_and_the_job_begins_from_the_start(
    tmp_path, often, capsys
):
    file = write(tmp_path)
    assert run(tmp_path / "straight", file) == 0
    assert run(tmp_path / "cut", file, "--stop-after", "0.3s") == 3
    (checkpoint,) = (tmp_path / "cut").glob("tiny/jobs/*/checkpoint.pt")
    checkpoint.write_bytes(DAMAGE["cut short"](checkpoint.read_bytes()))
    assert run(tmp_path / "cut", file) == 0
    told = capsys.readouterr().err
    assert f"{checkpoint} is damaged" in told and "begins from the start" in told
    assert checkpoint.with_name("checkpoint.pt.damaged").exists()
    assert trajectories(tmp_path / "cut") == trajectories(tmp_path / "straight")


def test_a_lost_final_state_of_a_source_search_is_named_with_the_remedy(tmp_path, capsys):
    file = write(tmp_path, arms=["direct"])
    assert run(tmp_path, file) == 0
    (state,) = (tmp_path).glob("tiny/jobs/search-*/state.pt")
    state.write_bytes(b"")
    capsys.readouterr()
    assert run(tmp_path, write(tmp_path, arms=["direct", "resumed"])) == 3
    told = capsys.readouterr().err
    assert f"delete {state.parent}, and the same command does that search again" in told
    for each in state.parent.iterdir():
        each.unlink()
    assert run(tmp_path, write(tmp_path, arms=["direct", "resumed"])) == 0


def test_a_record_names_every_environment_that_the_job_ran_in(tmp_path, often, monkeypatch):
    file = write(tmp_path)
    assert run(tmp_path, file, "--stop-after", "0.3s") == 3
    real = runner.environment
    with monkeypatch.context() as patch:
        patch.setattr(
            runner, "environment", lambda *given: real(*given).model_copy(update={"threads": 7})
        )
        assert run(tmp_path, file) == 0
    (search,) = (r for r in records(tmp_path).values() if r["spec"]["kind"] == "search")
    assert [e["threads"] for e in search["earlier_environments"]] == [1]
    assert search["environment"]["threads"] == 7 and search["attempts"] == 2
    assert json.dumps(search)


def test_damage_that_a_job_meets_on_its_way_costs_its_checkpoint(
    tmp_path, often, monkeypatch, capsys
):
    from methods.darts import Darts

    file, calls, real = write(tmp_path), [], Darts.step

    def step(self):
        calls.append(1)
        if len(calls) == 2:  # what the first step left cannot be read
            raise DamagedFileError("000000.pt is damaged: expected what a job saves, found zeros.")
        real(self)

    monkeypatch.setattr(Darts, "step", step)
    assert run(tmp_path, file) == 0
    told = capsys.readouterr().err
    assert "000000.pt is damaged" in told and "the job begins from the start" in told


@pytest.mark.parametrize(
    ("name", "text"),
    [("plan.json", "[]"), ("plan.json", ""), ("experiment.json", "{}"), ("experiment.json", None)],
)
def test_a_damaged_plan_is_named_with_the_command_that_writes_it_again(
    planned, tmp_path, capsys, name, text
):
    shutil.copytree(planned / "tiny", tmp_path / "tiny")
    file, path = write(tmp_path, arms=["random"]), tmp_path / "tiny" / name
    if text is None:  # what the experiment says is free, so it is looked at by itself
        text = json.dumps({**json.loads(path.read_text()), "experiment": {"space": 3}})
    path.write_text(text)
    assert run(tmp_path, file) == 2
    told = capsys.readouterr().err
    assert name in told and "--replace" in told and "Traceback" not in told
    assert run(tmp_path, file, "--replace") == 0
    assert "1 jobs, 0 to do" in capsys.readouterr().err


def test_a_damaged_record_is_set_aside_and_its_job_done_again(planned, tmp_path, capsys):
    shutil.copytree(planned / "tiny", tmp_path / "tiny")
    file = write(tmp_path, arms=["random"])
    (path,) = tmp_path.glob("tiny/jobs/*/record.json")
    whole = json.loads(path.read_text())
    path.write_bytes(bytes(path.stat().st_size))
    assert main(["status", str(tmp_path / "tiny")]) == 0
    assert "1 damaged" in capsys.readouterr().out
    assert run(tmp_path, file) == 0
    told = capsys.readouterr().err
    assert f"{path} cannot be read" in told
    assert "it is now record.json.damaged, and the job is done again" in told
    assert json.loads(path.read_text())["test_accuracy"] == whole["test_accuracy"]


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """An experiment of one job, which is done."""
    folder = tmp_path_factory.mktemp("planned")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.report.write_report", lambda folders, out: out)
        assert run(folder, write(folder, arms=["random"])) == 0
    return folder
