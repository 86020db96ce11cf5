"""The official files: the full set, never unpickled unverified, downloaded where allowed."""

import http.server
import pickle
import threading
import urllib.error

import numpy as np
import pytest
from torchvision import datasets

from harness.tasks import _cifar_files
from harness.tasks.c10 import C10
from tests.cifar.files import (
    both,
    complaint,
    md5,
    write_archive,
    write_official,
    write_pair,
)


@both
def test_official_files_are_the_full_set(folder, monkeypatch, task):
    images, labels = write_official(folder, monkeypatch, task)
    made, count = task(), task.cifar.classes
    assert (made.label, made.notice) == (task.name, "")
    development, test = made.development(), made.test()
    assert np.array_equal(development.images, images[:-count])
    assert np.array_equal(test.images, images[-count:])
    assert np.array_equal(development.labels, labels[:-count])
    assert development.units[:, 0].tolist() == list(range(len(images) - count))
    assert test.units[:, 0].tolist() == list(range(50_000, 50_000 + count))
    assert development.labels.dtype == np.int64 and development.images.flags.c_contiguous
    assert made.label == task.name


def test_official_files_win_over_a_subset(folder, monkeypatch):
    write_pair(folder)
    assert C10().label == "c10 (40-image subset)"
    images, _ = write_official(folder, monkeypatch)
    assert C10().label == "c10"
    assert len(C10().development().images) == len(images) - 10


@pytest.mark.parametrize("name", ["data_batch_3", "test_batch", "batches.meta"])
def test_altered_official_file_is_never_unpickled(folder, monkeypatch, name):
    write_official(folder, monkeypatch)
    path = folder / "cifar-10-batches-py" / name
    expected = md5(path)
    path.write_bytes(path.read_bytes() + b"!")
    monkeypatch.setattr(pickle, "load", None)
    message = complaint()
    assert message.startswith(f"{path} is damaged")
    assert md5(path) in message and expected in message
    path.unlink()
    assert complaint().startswith(f"{path} is missing")
    path.mkdir()
    assert complaint().startswith(f"{path} cannot be read")


def test_archive_is_unpacked_even_where_downloads_are_forbidden(folder, monkeypatch, tmp_path):
    archive = write_archive(folder, monkeypatch, tmp_path)
    assert C10().label == "c10"
    assert len(C10().development().images) == 50
    assert sorted(folder.iterdir()) == [folder / "cifar-10-batches-py", archive]


def test_damaged_archive_is_refused_and_left_alone(folder, monkeypatch, tmp_path):
    archive = write_archive(folder, monkeypatch, tmp_path)
    expected = md5(archive)
    archive.write_bytes(archive.read_bytes()[:-50])
    monkeypatch.setenv("HARNESS_DOWNLOAD", "1")
    message = complaint()
    assert message.startswith(f"{archive} is damaged")
    assert md5(archive) in message and expected in message
    assert list(folder.iterdir()) == [archive]


def test_another_process_may_be_faster(tmp_path):
    for name in ("mine", "theirs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    _cifar_files._move(tmp_path / "mine", tmp_path / "theirs")
    assert (tmp_path / "theirs" / "file").read_text() == "theirs"
    with pytest.raises(OSError, match="No such file"):
        _cifar_files._move(tmp_path / "nothing", tmp_path / "nowhere")


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A folder, served at the address from which torchvision believes the archive comes."""
    served = tmp_path / "served"
    served.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=served)

        def log_message(self, *args):
            pass

    monkeypatch.setenv("no_proxy", "*")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        address = f"http://127.0.0.1:{running.server_port}/{datasets.CIFAR10.filename}"
        monkeypatch.setattr(datasets.CIFAR10, "url", address)
        yield served
        running.shutdown()
        thread.join()


def test_missing_files_are_downloaded_if_allowed(folder, monkeypatch, tmp_path, server, capsys):
    write_archive(server, monkeypatch, tmp_path)
    assert "downloading is switched off" in complaint()
    monkeypatch.setenv("HARNESS_DOWNLOAD", "1")
    monkeypatch.setenv("HARNESS_DATA", str(folder / "new"))
    assert len(C10().development().images) == 50
    assert [path.name for path in (folder / "new").iterdir()] == ["cifar-10-batches-py"]
    assert capsys.readouterr().out == ""


def test_download_of_something_else_leaves_nothing(folder, monkeypatch, tmp_path, server):
    archive = write_archive(server, monkeypatch, tmp_path)
    expected = md5(archive)
    archive.write_bytes(b"Please log in to this network.")
    monkeypatch.setenv("HARNESS_DOWNLOAD", "1")
    message = complaint()
    assert datasets.CIFAR10.url in message
    assert md5(archive) in message and expected in message
    assert list(folder.iterdir()) == []
    archive.unlink()
    assert "HTTPError: HTTP Error 404" in complaint()
    assert list(folder.iterdir()) == []


def test_unreachable_network_is_one_line_and_leaves_nothing(folder, monkeypatch):
    def refuse(*args, **options):
        raise urllib.error.URLError("Name or service\nnot known")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    monkeypatch.setenv("HARNESS_DOWNLOAD", "1")
    message = complaint()
    assert message.startswith(f"There is no CIFAR-10 in {folder}, and fetching it failed (URLError")
    assert list(folder.iterdir()) == []
