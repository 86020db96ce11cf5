"""What a record says of the code that ran."""

import subprocess

import pytest

from harness.config.experiment import make_experiment
from harness.execution import provenance
from harness.execution.provenance import Checkout, checkout, describe_plugins, hash_code
from harness.planning.plan import make_plan
from harness.planning.resolve import resolve_experiment
from tests.integration.tiny import experiment


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A checkout in which one method and one file of the harness are committed."""
    for name in ("methods/committed.py", "harness/loop.py", "results/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("first = 1\n")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "One"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    monkeypatch.setattr(provenance, "HOME", tmp_path)
    return tmp_path


def read(what):
    """Return what a new process would find."""
    return what.__wrapped__()


def test_a_clean_checkout_is_clean_whatever_lies_beside_its_code(home):
    (home / "results" / "notes.txt").write_text("more")
    (home / "methods" / "data.txt").write_text("no code")
    found = read(checkout)
    assert found.is_dirty is False and len(found.commit) == 40
    assert found.state(home / "methods" / "committed.py") == "committed"


def test_an_untracked_method_does_not_pass_for_the_clean_commit(home):
    (home / "methods" / "mine.py").write_text("second = 2\n")
    found = read(checkout)
    assert found.is_dirty is True
    assert found.state(home / "methods" / "mine.py") == "untracked"
    assert found.state(home / "methods" / "committed.py") == "committed"


def test_a_changed_file_is_no_committed_one(home):
    (home / "methods" / "committed.py").write_text("first = 3\n")
    assert read(checkout).state(home / "methods" / "committed.py") == "changed"


def test_outside_a_checkout_nothing_is_claimed(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "HOME", tmp_path)
    found = read(checkout)
    assert found == Checkout(None, {}) and found.is_dirty is None
    assert found.state(tmp_path / "methods" / "mine.py") == ""


def test_the_hash_of_the_code_follows_every_file_but_plugins(home):
    before = read(hash_code)
    (home / "methods" / "mine.py").write_text("a plugin has a hash of its own")
    assert read(hash_code) == before
    (home / "harness" / "loop.py").write_text("first = 2\n")
    changed = read(hash_code)
    (home / "harness" / "loop.py").rename(home / "harness" / "loops.py")
    assert len({before, changed, read(hash_code)}) == 3


def test_every_plugin_at_work_is_named_with_its_file_and_version():
    jobs = make_plan(resolve_experiment(make_experiment(experiment()))).jobs
    found = describe_plugins(jobs)
    assert set(found) == {"method darts", "space darts", "task d10", "evaluator training"}
    assert found["method darts"].file == "methods/darts.py"
    assert found["method darts"].distribution.startswith("nas-comparison-harness 0.")
    assert len({its.sha256 for its in found.values()}) == 4
