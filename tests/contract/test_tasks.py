"""Every registered task whose data are on this machine keeps the contract."""

import pytest

from harness.plugins import TASKS
from harness.testing.clauses import title
from harness.testing.task_checks import TASK_CHECKS


@pytest.mark.parametrize("check", TASK_CHECKS, ids=title)
@pytest.mark.parametrize("name", TASKS.names())
def test_task_keeps_the_contract(hold, name, check):
    hold(check, TASKS.load(name))
