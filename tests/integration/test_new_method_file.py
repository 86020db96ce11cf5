"""A new method is one new file: nothing else is edited, and everything knows it."""

import json
import shutil
import sys

import pytest

import methods
from harness import cli
from harness.plugins import METHODS
from harness.results.store import ExperimentFolder
from tests.conftest import ROOT
from tests.documents import commands, examples

# The example that contributors are shown.
PAGE = ROOT / "docs" / "extending.md"
NAME = "one_plus_one"
TEXT = examples(PAGE)[f"methods/{NAME}.py"]
# The last command of the tutorial takes a minute; this much of it takes seconds.
FEWER = ["--seeds", "1", "--arms", "source", "--device", "cpu"]


@pytest.fixture
def _new_file(tmp_path, monkeypatch):
    """Let the package of methods lie in a copy of its folder that holds one more file."""
    folder = tmp_path / "methods"
    shutil.copytree(methods.__path__[0], folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / f"{NAME}.py").write_text(TEXT)
    monkeypatch.setattr(methods, "__path__", [str(folder)])
    monkeypatch.setattr(METHODS, "_loaded", {})  # it remembers plugins by name, for ever
    yield
    sys.modules.pop(f"methods.{NAME}", None)
    vars(methods).pop(NAME, None)


@pytest.mark.usefixtures("_new_file")
def test_new_method_file_is_listed_checked_and_run(tmp_path, capsys):
    listing, check, run = commands(PAGE)
    assert cli.main([*listing, "--long"]) == 0
    (row,) = (x for x in capsys.readouterr().out.splitlines() if x.startswith(f"  {NAME} "))
    assert row.split(maxsplit=1)[1].startswith("One-plus-one evolution (Droste, Jansen")

    assert cli.main([*check, "--json"]) == 0
    verdicts = json.loads(capsys.readouterr().out)
    assert {verdict["status"] for verdict in verdicts} == {"passed"}

    assert cli.main([*run, *FEWER, "--results", str(tmp_path)]) == 0
    experiment = ExperimentFolder(tmp_path / "d10-d100-darts-smoke")
    records = [experiment.job(job).record() for job in experiment.plan().jobs]
    assert {record.status for record in records} == {"done"}
    rules = {r.spec.method.name: r.spec.rules for r in records if r.spec.kind == "search"}
    assert rules[NAME] == rules["random_search"]  # no protocol knows it: it gets what its kind gets
