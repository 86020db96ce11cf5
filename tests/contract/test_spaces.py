"""Every registered search space keeps the contract, whatever the architecture."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.api import WeightSharingSpace
from harness.plugins import SPACES
from harness.testing.clauses import title
from harness.testing.network_checks import NETWORK_CHECKS
from harness.testing.plugin_checks import PLUGIN_CHECKS
from harness.testing.space_checks import SPACE_CHECKS
from harness.testing.supernet_checks import SUPERNET_CHECKS

names = pytest.mark.parametrize("name", SPACES.names())
seeds = given(seed=st.integers(0, 2**32 - 1))


def contract(checks):
    return pytest.mark.parametrize("check", checks, ids=title)


def examples(count):
    return settings(max_examples=count, deadline=None, derandomize=True, database=None)


@names
@contract(PLUGIN_CHECKS)
def test_space_is_a_proper_plugin(hold, name, check):
    hold(check, SPACES.load(name))


@names
@contract(SPACE_CHECKS)
@examples(25)
@seeds
def test_space_keeps_the_contract(hold, name, check, seed):
    hold(check, SPACES.load(name)(), seed)


@names
@contract(NETWORK_CHECKS)
@examples(5)
@seeds
def test_every_architecture_trains(hold, name, check, seed):
    hold(check, SPACES.load(name)(), seed)


@names
@contract(SUPERNET_CHECKS)
@examples(3)
@seeds
def test_supernet_keeps_the_contract(hold, name, check, seed):
    space = SPACES.load(name)()
    if not isinstance(space, WeightSharingSpace):
        pytest.skip("The space has no super-network.")
    hold(check, space, seed)
