"""Invented experiments as fixtures."""

import pytest

from tests.analysis.experiments import Invention


@pytest.fixture
def invent(tmp_path):
    """Return a function that writes an experiment under a name and returns its folder."""

    def write(name="digits", **what):
        return Invention(tmp_path / name, **what).write()

    return write
