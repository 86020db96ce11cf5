"""A shell's questions, the version, and what a plugin's parameters are."""

import json
import os
import subprocess
import sys

import pytest

from harness.api import Rules
from harness.cli import main
from harness.cli._completing import names
from harness.config.parameters import defaults, list_parameters
from harness.config.shipped import protocol_files
from harness.plugins import METHODS, REGISTRIES, TASKS


def test_names_of_a_kind_complete_a_word_and_the_last_of_several():
    assert names("methods", "proxy") == ["proxylessnas"]
    assert names("methods", "darts,rand") == ["darts,random_search"]
    assert names("tasks", "") == TASKS.names()
    assert names("protocols", "") == [*protocol_files()]
    assert names("spaces", "no such") == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("nas-harness run --method darts,proxy", {"darts,proxylessnas"}),
        ("nas-harness tune eat", {"eat_nas"}),
        ("nas-harness sta", {"status"}),
    ],
)
def test_a_shell_gets_what_may_come_next(root, tmp_path, line, found):
    pytest.importorskip("argcomplete")
    file = tmp_path / "answer"
    asked = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SHELL": "bash",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(file),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    run = [sys.executable, "-m", "harness"]
    subprocess.run(run, cwd=root, env={**os.environ, **asked}, check=True)
    assert {word.strip() for word in file.read_text().split()} == found


def test_the_version_is_printed(capsys):
    with pytest.raises(SystemExit) as ending:
        main(["--version"])
    assert ending.value.code == 0
    assert capsys.readouterr().out.startswith("nas-comparison-harness ")


class Pace(Rules):
    """How fast.

    Attributes:
        rate: Of the steps; it
            may be small.
    """

    rate: float = 0.5


class Walker:
    """It walks.

    Args:
        steps: How many.
        pace: How fast.
    """

    def __init__(self, *, steps: int = 3, pace: Pace = Pace()) -> None: ...  # noqa: B008


def test_parameters_of_groups_are_listed_with_what_their_docstrings_say():
    steps, rate = list_parameters(Walker)
    assert (steps.name, steps.default, steps.range, steps.about) == ("steps", 3, None, "How many.")
    assert (rate.name, rate.default) == ("pace.rate", 0.5)
    assert rate.about == "Of the steps; it may be small."


@pytest.mark.parametrize(
    ("registry", "name"),
    [(r, name) for r in REGISTRIES for name in r.names() if not r.missing(name)],
    ids=lambda one: one if isinstance(one, str) else one.kind,
)
def test_every_parameter_of_every_plugin_says_what_it_is(registry, name):
    plugin = registry.load(name)
    listed = list_parameters(plugin)
    assert {one.name.partition(".")[0] for one in listed} == {*defaults(plugin)}
    assert all(one.about for one in listed)


def test_the_command_prints_defaults_and_ranges(capsys):
    assert main(["list", "methods", "--params", "darts"]) == 0
    title, *rows = capsys.readouterr().out.splitlines()
    assert title == "method darts"
    (row,) = (row for row in rows if row.split()[0] == "choices.learning_rate")
    assert row.split()[1] == "0.0003" and row.endswith("[0.0001 to 0.1]")
    assert main(["list", "--params", "darts", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["space"] == [] and document["method"][0]["name"] == "order"


def test_a_name_that_nobody_has_is_answered_by_the_nearest(capsys):
    assert main(["list", "--params", "drts"]) == 2
    assert "Did you mean darts" in capsys.readouterr().err
    assert main(["list", "protocols", "--params", "quick"]) == 2
    assert "its file" in capsys.readouterr().err


def test_an_extra_that_is_missing_is_named(capsys, monkeypatch):
    monkeypatch.setattr(METHODS, "missing", lambda name: "needs the extra legs")
    monkeypatch.setattr(METHODS, "_loaded", {})
    assert main(["list", "methods", "--params", "darts"]) == 2
    assert "needs the extra legs" in capsys.readouterr().err
