"""Every registered evaluator keeps the contract."""

import pytest

from harness.plugins import EVALUATORS
from harness.testing.clauses import title
from harness.testing.evaluator_checks import EVALUATOR_CHECKS


@pytest.mark.parametrize("check", EVALUATOR_CHECKS, ids=title)
@pytest.mark.parametrize("name", EVALUATORS.names())
def test_evaluator_keeps_the_contract(hold, name, check):
    hold(check, EVALUATORS.load(name))
