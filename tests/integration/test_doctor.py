"""What `doctor` finds, and what it takes for a problem."""

import importlib.metadata
import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from harness import cli
from harness.errors import DataError
from harness.plugins import METHODS
from harness.tasks.d10 import D10
from harness.tools import diagnosis
from harness.tools.installation import find_third_party, list_extras, list_missing


@pytest.fixture(autouse=True)
def _own_data(monkeypatch, tmp_path):
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("HARNESS_DOWNLOAD", raising=False)
    monkeypatch.chdir(tmp_path)


def examine(capsys, *arguments, status=0):
    """Return the findings by topic and name."""
    assert cli.main(["doctor", *arguments, "--json"]) == status
    document = json.loads(capsys.readouterr().out)
    assert sum(document["counts"].values()) == len(document["findings"])
    return {(found["topic"], found["name"]): found for found in document["findings"]}


def install(monkeypatch, **points):
    """Pretend that a distribution declares entry points for methods."""
    dist = SimpleNamespace(name="their-methods", version="2.1")
    group = [
        SimpleNamespace(
            name=name,
            value=value,
            module=value.partition(":")[0],
            dist=dist,
            load=lambda value=value: _load(value),
        )
        for name, value in points.items()
    ]

    def entry_points(**wanted):
        chosen = group if wanted["group"] == METHODS.group else []
        return [point for point in chosen if wanted.get("name", point.name) == point.name]

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    monkeypatch.setattr(METHODS, "_loaded", {})


def _load(value):
    return importlib.metadata.EntryPoint("name", value, "group").load()


def test_healthy_installation_has_no_problem(capsys):
    found = examine(capsys)
    assert not [f for f in found.values() if f["severity"] == "problem"]
    assert found["package", "torch"]["text"] == importlib.metadata.version("torch")
    assert "are fulfilled" in found["package", "requirements"]["text"]
    assert "quick" in found["package", "protocols"]["text"]
    assert found["device", "cpu"]["severity"] == "ok"
    assert found["data", "d10"]["text"] == "1x16x16, 10 classes, in reports 'd10'"
    assert found["data", "c10"]["severity"] == "note"
    assert found["data", "c10"]["text"].startswith("no CIFAR-10 in ")
    assert found["data", "c10"]["text"].endswith("; fetched when needed")
    assert "built in" in found["plugin", "methods"]["text"]
    assert "GiB free; not made yet" in found["results", "results"]["text"]


def test_person_reads_a_line_for_each_finding_and_a_sum(capsys):
    assert cli.main(["doctor"]) == 0
    *lines, total = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines} <= {"ok", "note"}
    assert total.endswith(" 0 problems")


def test_missing_data_are_a_note_and_files_are_listed_by_name(capsys, tmp_path, monkeypatch):
    found = examine(capsys)["data", "folder"]
    assert found["severity"] == "note"
    assert found["text"] == f"{tmp_path / 'data'} (from HARNESS_DATA) does not exist"
    (tmp_path / "data").mkdir()
    for number in range(14):
        (tmp_path / "data" / f"file{number:02}.npz").touch()
    monkeypatch.setenv("HARNESS_DOWNLOAD", "0")
    found = examine(capsys)
    assert "holds file00.npz, file01.npz" in found["data", "folder"]["text"]
    assert found["data", "folder"]["text"].endswith("file11.npz and 2 more")
    assert "switched off" in found["data", "downloads"]["text"]


def test_data_folder_that_is_a_file_is_a_problem(capsys, tmp_path):
    (tmp_path / "data").touch()
    assert "cannot be read" in examine(capsys, status=1)["data", "folder"]["text"]


def test_task_that_cannot_make_sense_of_its_data_is_a_problem(capsys, monkeypatch):
    def label(task):
        raise DataError("half of it is missing")

    monkeypatch.setattr(D10, "label", property(label))
    found = examine(capsys, status=1)["data", "d10"]
    assert (found["severity"], found["text"]) == ("problem", "half of it is missing")


def test_plugins_of_other_distributions_are_named_and_broken_ones_are_problems(capsys, monkeypatch):
    install(
        monkeypatch,
        theirs="methods.random_search:RandomSearch",
        lost="no_such_module:Method",
        random_search="methods.darts:Darts",
    )
    found = examine(capsys, status=1)
    assert found["plugin", "method theirs"]["text"] == "from their-methods 2.1"
    assert found["plugin", "method theirs"]["severity"] == "ok"
    assert found["plugin", "method lost"]["severity"] == "problem"
    assert "no_such_module" in found["plugin", "method lost"]["text"]
    taken = found["plugin", "method random_search"]
    assert taken["severity"] == "problem" and "takes the name of the built-in" in taken["text"]
    assert "3 from elsewhere" in found["plugin", "methods"]["text"]
    assert find_third_party(METHODS)["lost"] == "their-methods 2.1"


def test_plugin_that_prints_while_it_is_imported_leaves_the_document_alone(
    capsys, monkeypatch, tmp_path
):
    (tmp_path / "talkative.py").write_text(
        "from methods.random_search import RandomSearch\nprint('hello')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    install(monkeypatch, talkative="talkative:RandomSearch")
    assert examine(capsys)["plugin", "method talkative"]["severity"] == "ok"
    sys.modules.pop("talkative")


def test_results_folder_that_cannot_be_written_is_a_problem(capsys, tmp_path):
    (tmp_path / "file").touch()
    found = examine(capsys, "--results", str(tmp_path / "file"), status=1)
    assert found["results", str(tmp_path / "file")]["severity"] == "problem"
    (tmp_path / "there").mkdir()
    text = examine(capsys, "--results", "there")["results", "there"]["text"]
    assert text.startswith("can be written") and text.endswith("GiB free")
    assert not list((tmp_path / "there").iterdir())


def test_full_disk_is_a_note(capsys, monkeypatch):
    usage = SimpleNamespace(free=1000)
    monkeypatch.setattr(diagnosis.shutil, "disk_usage", lambda path: usage)
    assert examine(capsys)["results", "results"]["severity"] == "note"


def test_extra_that_is_missing_is_a_note_with_the_line_that_installs_it(capsys, monkeypatch):
    requires = [
        "torch>=2.11",
        'no-such-package>=3,<4; extra == "cluster"',
        'torch>=2; extra == "cluster"',
        'numpy>=2; extra == "small"',
        'other; python_version < "3"',
    ]
    metadata = {"Provides-Extra": ["small", "cluster"]}
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: requires)
    monkeypatch.setattr(
        importlib.metadata, "metadata", lambda name: SimpleNamespace(get_all=metadata.get)
    )
    found = examine(capsys)
    assert list_extras() == ["cluster", "small"]
    assert found["extra", "small"]["text"] == "installed"
    assert found["extra", "cluster"]["severity"] == "note"
    assert found["extra", "cluster"]["text"] == (
        "1 of 2 packages are missing; python -m pip install 'no-such-package<4,>=3'"
    )


def test_requirement_that_is_too_old_is_a_problem(capsys, monkeypatch):
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: ["torch>=999", "numpy"])
    assert list_missing() == ["torch>=999"]
    found = examine(capsys, status=1)["package", "requirements"]
    assert found["text"] == "1 of 2 are not fulfilled; python -m pip install 'torch>=999'"


def test_harness_that_is_not_installed_is_a_note(capsys, monkeypatch):
    def lookup(name):
        raise importlib.metadata.PackageNotFoundError(name)

    for function in ("requires", "metadata"):
        monkeypatch.setattr(importlib.metadata, function, lookup)
    found = examine(capsys)
    assert "is not installed" in found["package", "requirements"]["text"]
    assert not [name for topic, name in found if topic == "extra"]


def test_broken_torchvision_is_a_problem_and_a_python_without_lzma_a_note(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    monkeypatch.setitem(sys.modules, "lzma", None)
    found = examine(capsys, status=1)
    assert "cannot be imported" in found["package", "torchvision"]["text"]
    assert found["package", "lzma"]["severity"] == "note"


@pytest.mark.parametrize("is_broken", [False, True])
def test_every_accelerator_is_named_and_tried(capsys, monkeypatch, is_broken):
    facts = SimpleNamespace(name="Accelerator X", total_memory=2**34, major=9, minor=0)
    ones = torch.ones

    def try_out(*arguments, device="cpu"):
        if is_broken and device != "cpu":
            raise RuntimeError("no kernel image\nmore words")
        return ones(*arguments)

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: facts)
    monkeypatch.setattr(torch, "ones", try_out)
    found = examine(capsys, status=1 if is_broken else 0)
    text = "Accelerator X, 16.0 GiB, capability 9.0"
    text += "; cannot be computed on: no kernel image" if is_broken else ""
    assert found["device", "cuda:1"]["text"] == text
    assert ("device", "cuda") not in found


def test_command_leaves_one_document_on_standard_output(root):
    done = subprocess.run(
        [sys.executable, "-m", "harness", "doctor", "--json"],
        cwd=root,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["counts"]["problem"] == 0
