"""Every registered task whose data are on this machine keeps the contract."""

import pytest

from harness.plugins import TASKS
from harness.testing.clauses import title
from harness.testing.task_checks import TASK_CHECKS

FOLDERS = {"c10": "cifar", "c100": "cifar"}  # of the reference data; other tasks bring their own


@pytest.mark.parametrize("check", TASK_CHECKS, ids=title)
@pytest.mark.parametrize("name", TASKS.names())
def test_task_keeps_the_contract(hold, name, check, request, monkeypatch):
    if name in FOLDERS:
        folder = request.getfixturevalue("reference") / FOLDERS[name]
        monkeypatch.setenv("HARNESS_DATA", str(folder))
    hold(check, TASKS.load(name))
