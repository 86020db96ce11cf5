"""What the contract tests of all kinds share."""

import pytest

from harness.testing.clauses import Excepted, apply


@pytest.fixture(scope="session")
def hold():
    """Hold a plugin against a clause; an exception that it declares becomes a skip."""

    def hold(check, plugin, *arguments):
        try:
            apply(check, plugin, *arguments)
        except Excepted as reason:
            pytest.skip(str(reason))

    return hold


@pytest.fixture(scope="session")
def load():
    """Load a plugin; an extra that is not installed becomes a skip."""

    def load(registry, name):
        if gap := registry.missing(name):
            pytest.skip(f"{name} {gap}")
        return registry.load(name)

    return load
