"""A new method is one new file: nothing else is edited, and everything knows it."""

import json
import shutil
import sys

import pytest

import methods
from harness import cli
from harness.results.store import ExperimentFolder

TEXT = '''"""Last wins (this test, 2026): whatever was sampled last is the answer."""

from typing import Any

from typing_extensions import override

from harness.api import Architecture, Method, Problem, SearchSpace


class LastWins(Method):
    """One candidate per step.

    Args:
        problem: What to search.
        luck: Samples drawn for each candidate.
    """

    def __init__(self, problem: Problem, *, luck: int = 1) -> None:
        super().__init__(problem)
        self.luck = luck
        self.last: Architecture = problem.space.sample(problem.rng)

    @classmethod
    @override
    def unsupported(
        cls, space: SearchSpace, *, has_images: bool, fidelities: tuple[int, ...]
    ) -> str | None:
        return None if fidelities else "There is no fidelity to judge candidates at."

    @override
    def step(self) -> None:
        for _ in range(self.luck):
            candidate = self.problem.space.sample(self.problem.rng)
        verdict = self.problem.evaluate(candidate, self.problem.fidelities[-1])
        self.problem.release(verdict.key)
        if verdict.score == verdict.score:
            self.last = candidate

    @override
    def incumbent(self) -> Architecture:
        return self.last

    @override
    def state_dict(self) -> dict[str, Any]:
        return {"last": self.last}

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.last = tuple(state["last"])
'''


@pytest.fixture
def _new_file(tmp_path, monkeypatch):
    """Let the package of methods lie in a copy of its folder that holds one more file."""
    folder = tmp_path / "methods"
    shutil.copytree(methods.__path__[0], folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "last_wins.py").write_text(TEXT)
    monkeypatch.setattr(methods, "__path__", [str(folder)])
    yield
    sys.modules.pop("methods.last_wins", None)
    vars(methods).pop("last_wins", None)


@pytest.mark.usefixtures("_new_file")
def test_new_method_file_is_listed_checked_and_run(tmp_path, capsys):
    assert cli.main(["list", "methods", "--long"]) == 0
    assert "last_wins       Last wins (this test, 2026)" in capsys.readouterr().out

    assert cli.main(["check", "last_wins", "--json"]) == 0
    verdicts = json.loads(capsys.readouterr().out)
    assert {verdict["status"] for verdict in verdicts} == {"passed"}

    what = "--method last_wins --source d10 --target d10 --seeds 1 --arms source --name new"
    how = ["--protocol", "smoke", "--set", "protocol.search.budget={evaluations: 1}"]
    where = ["--device", "cpu", "--results", str(tmp_path)]
    assert cli.main(["run", *what.split(), *how, *where]) == 0
    experiment = ExperimentFolder(tmp_path / "new")
    records = [experiment.job(job).record() for job in experiment.plan().jobs]
    assert {record.status for record in records} == {"done"}
    assert records[0].spec.method.params == {"luck": 1}
