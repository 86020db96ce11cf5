"""What can be named, as a table whose columns are as wide as their names."""

import pytest

from harness.cli import main
from harness.cli.list import KINDS
from harness.plugins import METHODS


@pytest.mark.parametrize("kind", KINDS)
def test_every_name_is_apart_from_what_it_is(kind, capsys):
    assert main(["list", kind, "--long"]) == 0
    _, *rows = capsys.readouterr().out.splitlines()
    places = {
        len(row) - len(row[2:].lstrip("abcdefghijklmnopqrstuvwxyz0123456789_").lstrip())
        for row in rows
    }
    assert len(places) == 1  # every text begins in one column


def test_the_longest_name_is_whole(capsys):
    assert main(["list", "methods", "--long"]) == 0
    names = [row.split()[0] for row in capsys.readouterr().out.splitlines()[1:]]
    assert names == [*METHODS.names()]
