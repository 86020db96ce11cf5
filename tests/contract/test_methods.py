"""Every registered method, ours or installed, keeps the contract."""

import pytest

from harness.plugins import METHODS, SPACES
from harness.testing.clauses import title
from harness.testing.method_checks import METHOD_CHECKS, check_takes_two_steps


@pytest.mark.parametrize("check", METHOD_CHECKS, ids=title)
@pytest.mark.parametrize("name", METHODS.names())
def test_method_keeps_the_contract(hold, load, name, check):
    hold(check, load(METHODS, name))


@pytest.mark.parametrize("space", SPACES.names())
@pytest.mark.parametrize("name", METHODS.names())
def test_method_takes_two_steps_in_every_space(hold, load, name, space):
    hold(check_takes_two_steps, load(METHODS, name), SPACES.load(space)())
