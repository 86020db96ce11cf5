"""What Python can do without the command line: run an experiment, and load what it trained."""

import inspect
import json
import os

import pytest

import harness
from harness.cli import build_parser, main
from harness.errors import ConfigError, HarnessError
from tests.integration.tiny import PROTOCOL, records, write

FEW = {"method": "random_search", "source": "d10", "target": "d10", "arms": ["direct"], "seeds": 1}


@pytest.fixture
def rules(tmp_path):
    """A protocol file: searches of one candidate."""
    search = {**PROTOCOL["search"], "budget": {"evaluations": 1}}
    file = tmp_path / "tiny.yaml"
    file.write_text(json.dumps({**PROTOCOL, "search": search}))
    return file


def test_a_run_returns_its_folder_its_report_and_what_became_of_its_jobs(tmp_path, rules, capsys):
    found = harness.run(**FEW, protocol=rules, name="one", results=tmp_path, device="cpu")
    assert found.is_complete and found.folder == tmp_path / "one"
    assert found.report == tmp_path / "one" / "report"
    assert found.jobs == {"done": 2, "diverged": 0, "failed": 0, "skipped": 0}
    assert not (found.failed or found.lost)
    printed = capsys.readouterr()
    assert printed.out == "" and "2 jobs, 2 to do" in printed.err
    (train,) = (folder for folder in (tmp_path / "one" / "jobs").glob("train-*"))
    assert harness.load_network(train).classifier.out_features == 10


def test_a_call_and_a_command_make_one_experiment(tmp_path, rules, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = harness.run(**FEW, protocol="tiny.yaml", name="tiny", device="cpu")
    words = ["--method", "random_search", "--source", "d10", "--target", "d10", "--seeds", "1"]
    command = ["run", *words, "--arms", "direct", "--protocol", "tiny.yaml", "--name", "tiny"]
    assert main([*command, "--device", "cpu", "--results", "other"]) == 0
    assert found.folder.as_posix() == "results/tiny"
    assert [*records(tmp_path / "results")] == [*records(tmp_path / "other")]


def test_a_stopped_run_says_so_and_the_same_call_goes_on(tmp_path):
    file = write(tmp_path, methods=["random_search"])
    stopped = harness.run(file, results=tmp_path, device="cpu", stop_after=0)
    assert stopped.report is None and not stopped.is_complete
    assert harness.run(file, results=tmp_path, device="cpu").is_complete


def test_a_failure_is_told_with_its_reason(tmp_path, monkeypatch):
    monkeypatch.setattr("methods.random_search.RandomSearch.step", lambda self: 1 / 0)
    found = harness.run(write(tmp_path, methods=["random_search"]), results=tmp_path, device="cpu")
    assert found.jobs["failed"] == len(found.failed) == 1 and found.is_complete
    assert "ZeroDivisionError" in next(iter(found.failed.values()))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"method": "darts"}, "--source, --target missing"),
        ({**FEW, "file": "one.yaml"}, "not both"),
        ({**FEW, "method": ["drats"]}, "Did you mean darts?"),
        ({**FEW, "seeds": 0}, "expected 1 to"),
        ({**FEW, "arms": "transfered"}, "did you mean transferred?"),
        ({**FEW, "jobs": 0}, "jobs is 0; expected a whole number of at least 1"),
        ({**FEW, "threads": 1.5}, "threads is 1.5; expected"),
        ({**FEW, "rerun": "some"}, "rerun is 'some'; expected one of none, failed, all"),
        ({**FEW, "device": "cuda:99"}, "found cpu"),
        ({**FEW, "data": "/nonexistent"}, "/nonexistent: no such folder"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(tmp_path, arguments, complaint):
    environment = dict(os.environ)
    with pytest.raises(HarnessError) as refusal:
        harness.run(**{"protocol": "smoke", **arguments}, results=tmp_path / "results")
    assert complaint in str(refusal.value) and "\n" not in str(refusal.value)
    assert isinstance(refusal.value, ConfigError) or "Did you mean" in complaint
    assert not (tmp_path / "results").exists() and dict(os.environ) == environment


def test_a_call_takes_the_arguments_of_the_command():
    (commands,) = (a for a in build_parser()._actions if a.dest == "COMMAND" or a.choices)
    options = {action.dest for action in commands.choices["run"]._actions} - {"help"}
    of_the_command_alone = {"json", "dry_run", "estimate"}
    assert {*inspect.signature(harness.run).parameters} == options - of_the_command_alone


def test_only_what_is_public_is_an_attribute():
    assert harness.__all__ == ["Run", "load_network", "run"]
    assert all(getattr(harness, name).__doc__ for name in harness.__all__)
    with pytest.raises(AttributeError, match="no attribute 'runs'"):
        harness.runs  # noqa: B018
