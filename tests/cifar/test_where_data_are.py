"""Where c10 and c100 look for their data, and what they are without them."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.api import data_folder, may_download
from harness.plugins import TASKS
from harness.tasks.c10 import C10
from harness.tasks.c100 import C100
from tests.cifar.files import both, write_pair


def test_data_folder_is_what_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("HARNESS_DATA", "~/sets")
    assert data_folder() == Path.home() / "sets"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_DATA", "sets")
    assert data_folder() == tmp_path / "sets"


@pytest.mark.parametrize("data", ["", None])
def test_data_folder_is_in_the_users_cache_by_default(monkeypatch, data):
    if data is None:
        monkeypatch.delenv("HARNESS_DATA")
    else:
        monkeypatch.setenv("HARNESS_DATA", data)
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/caches")
    assert data_folder() == Path("/var/caches/nas-harness")
    for useless in ("relative", ""):
        monkeypatch.setenv("XDG_CACHE_HOME", useless)
        assert data_folder() == Path.home() / ".cache" / "nas-harness"


def test_downloads_are_forbidden_by_a_nought_only(monkeypatch):
    monkeypatch.setenv("HARNESS_DOWNLOAD", "0")
    assert not may_download()
    monkeypatch.setenv("HARNESS_DOWNLOAD", "1")
    assert may_download()
    monkeypatch.delenv("HARNESS_DOWNLOAD")
    assert may_download()


@both
def test_without_data_a_task_has_a_shape_and_its_plain_name(folder, task):
    made = task()
    assert (made.shape.inputs, made.shape.classes) == ((3, 32, 32), task.cifar.classes)
    assert (made.label, made.notice) == (task.name, "")
    assert task(classes=5).shape.classes == 5
    assert task(images=0.1, classes=5).label == f"{task.name} (images=0.1, classes=5)"


def test_task_its_shape_and_its_label_load_no_torch(folder, root):
    write_pair(folder)
    code = (
        "import sys; from harness.tasks.c10 import C10; from harness.tasks.c100 import C100; "
        "print(C10().label, C10().notice, C100().shape); print('torch' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert found.stdout.startswith("c10 (40-image subset)")
    assert found.stdout.split()[-1] == "False"


def test_registry_lists_the_tasks_but_not_what_they_share():
    assert not any("cifar" in name for name in TASKS.names())
    assert (TASKS.load("c10"), TASKS.load("c100")) == (C10, C100)


def test_a_subset_may_lie_in_a_folder_of_its_own(monkeypatch, tmp_path, reference):
    (tmp_path / "cifar").symlink_to(reference / "cifar")
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    assert C10().label == "c10 (10,000-image subset)"
