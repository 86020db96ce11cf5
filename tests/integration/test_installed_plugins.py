"""Plugins that another distribution installs are plugins like those that ship with the project."""

import functools
import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.documents import examples
from tests.integration import tiny

pytestmark = pytest.mark.slow

PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "their-plugins"
version = "2.1"

[project.entry-points."nas_harness.methods"]
their_method = "their_plugins.their_method:MyMethod"
random_search = "their_plugins.their_method:MyMethod"
broken_method = "their_plugins.broken_method:Broken"

[project.entry-points."nas_harness.tasks"]
halves = "their_plugins.halves:Halves"

[tool.setuptools]
packages = ["their_plugins"]
"""
# The example that contributors are shown.
METHOD = examples(ROOT / "docs" / "extending.md")["methods/my_method.py"]
TASK = '''\
"""Halves: noise, one half of which is brighter; 3 classes."""

from harness.testing.toy_task import ToyBlobs


class Halves(ToyBlobs):
    """The toy under a name of its own.

    Args:
        inputs: Channels, height and width of an image.
        classes: At most twice the number of channels.
    """

    label = "halves"
'''
BROKEN = '"""Broken (nobody, 2026): cannot be imported."""\n\nimport no_such_module\n'


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder into which the distribution was installed."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    files = {
        "pyproject.toml": PYPROJECT,
        "their_plugins/__init__.py": '"""Plugins."""\n',
        "their_plugins/their_method.py": METHOD,
        "their_plugins/broken_method.py": BROKEN,
        "their_plugins/halves.py": TASK,
    }
    (source / "their_plugins").mkdir()
    for name, text in files.items():
        (source / name).write_text(text)
    offline = ["--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", "--quiet", *offline, "--target", folder]
    subprocess.run([*command, source], check=True, capture_output=True)
    return folder


@pytest.fixture
def call(site, tmp_path):
    """Return a function that runs a command where the distribution is installed."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{site}"}

    def call(*words):
        command = [sys.executable, *words]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )

    return call


@pytest.fixture
def harness(call):
    return functools.partial(call, "-m", "harness")


@pytest.fixture
def unreported(call):
    return functools.partial(call, "-c", tiny.UNREPORTED)


def test_they_are_listed_with_what_they_are(harness):
    names = json.loads(harness("list", "--json").stdout)
    assert {"their_method", "broken_method", "random_search", "darts"} <= set(names["methods"])
    assert {"halves", "d10"} <= set(names["tasks"])
    summaries = json.loads(harness("list", "--long", "--json").stdout)
    assert summaries["tasks"]["halves"].startswith("Halves: noise")
    assert summaries["methods"]["their_method"].startswith("My method (Doe and Roe, ICLR 2027)")


@pytest.mark.parametrize("name", ["their_method", "halves"])
def test_they_are_held_against_the_contract(harness, name):
    done = harness("check", name, "--json")
    assert done.returncode == 0, done.stderr
    assert {verdict["status"] for verdict in json.loads(done.stdout)} == {"passed"}


def test_an_experiment_uses_them(unreported, tmp_path):
    pair = {"source": "halves", "target": "halves"}
    file = tiny.write(tmp_path, methods=["their_method"], pairs=[pair])
    changes = [
        "protocol.kind_budgets.candidates.evaluations=1",
        "protocol.search.candidate.batch_size=16",
        "protocol.train.recipe.batch_size=16",
    ]
    flags = [flag for change in changes for flag in ("--set", change)]
    done = unreported("run", str(file), "--device", "cpu", *flags)
    assert done.returncode == 0, done.stderr
    records = tiny.records(tmp_path / "results").values()
    assert {record["status"] for record in records} == {"done"}
    assert {record["task_label"] for record in records} == {"halves"}
    (search,) = [record for record in records if record["spec"]["kind"] == "search"]
    assert search["spec"]["method"] == {"name": "their_method", "params": {"greed": 0.5}}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("random_search", "takes the name of the built-in method 'random_search'"),
        ("broken_method", "cannot be loaded: ModuleNotFoundError: No module named"),
    ],
)
def test_what_cannot_be_loaded_is_refused_in_one_line(harness, name, text):
    done = harness("check", name)
    assert done.returncode == 2
    assert done.stdout == "" and done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: ") and text in done.stderr


def test_doctor_names_their_distribution_and_what_is_broken(harness):
    done = harness("doctor", "--json")
    assert done.returncode == 1
    found = {finding["name"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert found["method their_method"]["text"] == "from their-plugins 2.1"
    assert found["task halves"]["severity"] == "ok"
    assert found["halves"]["text"] == "3x8x8, 3 classes, in reports 'halves'"
    assert {n for n, f in found.items() if f["severity"] == "problem"} == {
        "method broken_method",
        "method random_search",
    }
