"""A new method is one new file: nothing else is edited, and everything knows it."""

import json
import re
import shutil
import sys

import pytest

import methods
from harness import cli
from harness.results.store import ExperimentFolder
from tests.conftest import ROOT

# The example that contributors are shown.
TEXT = re.search(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.S)[1]


@pytest.fixture
def _new_file(tmp_path, monkeypatch):
    """Let the package of methods lie in a copy of its folder that holds one more file."""
    folder = tmp_path / "methods"
    shutil.copytree(methods.__path__[0], folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "my_method.py").write_text(TEXT)
    monkeypatch.setattr(methods, "__path__", [str(folder)])
    yield
    sys.modules.pop("methods.my_method", None)
    vars(methods).pop("my_method", None)


@pytest.mark.usefixtures("_new_file")
def test_new_method_file_is_listed_checked_and_run(tmp_path, capsys):
    assert cli.main(["list", "methods", "--long"]) == 0
    assert "my_method       My method (Doe and Roe, ICLR 2027)" in capsys.readouterr().out

    assert cli.main(["check", "my_method", "--json"]) == 0
    verdicts = json.loads(capsys.readouterr().out)
    assert {verdict["status"] for verdict in verdicts} == {"passed"}

    what = "--method my_method --source d10 --target d10 --seeds 1 --arms source --name new"
    how = ["--protocol", "smoke", "--set", "protocol.kind_budgets.candidates.evaluations=1"]
    where = ["--device", "cpu", "--results", str(tmp_path)]
    assert cli.main(["run", *what.split(), *how, *where]) == 0
    experiment = ExperimentFolder(tmp_path / "new")
    records = [experiment.job(job).record() for job in experiment.plan().jobs]
    assert {record.status for record in records} == {"done"}
    assert records[0].spec.method.params == {"greed": 0.5}
