"""What may be wrong with a subset is told in one line."""

import io
import pickle
import sys
import zipfile

import numpy as np
import pytest

from harness import cli
from harness.api import DataError
from harness.tasks.c10 import C10
from tests.cifar.files import both, complaint, md5, pixels, write_pair, write_subset


@both
def test_missing_data_are_named_with_every_remedy(folder, task):
    message = complaint(task)
    stem = task.cifar.stem
    for hint in (
        *(folder, task.cifar.folder, f"{stem}_train_<k>.npz", f"{stem}_test_<k>.npz"),
        *("switched off", "--data DIR", "HARNESS_DATA", "d10", "d100"),
    ):
        assert str(hint) in message


def test_data_folder_that_is_a_file_is_a_line_too(folder, monkeypatch):
    (folder / "file").write_text("")
    monkeypatch.setenv("HARNESS_DATA", str(folder / "file"))
    assert "There is no CIFAR-10" in complaint()
    monkeypatch.setenv("HARNESS_DOWNLOAD", "1")
    assert "FileExistsError" in complaint()


def test_checking_a_task_without_data_ends_in_one_line(folder, capsys):
    assert cli.main(["check", "c10"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: There is no CIFAR-10") and printed.err.count("\n") == 1


def test_several_subsets_of_one_kind_are_refused(folder):
    write_pair(folder)
    write_subset(folder, 30)
    assert "holds cifar10_train_30.npz and cifar10_train_40.npz; leave one" in complaint()
    with pytest.raises(DataError, match="leave one"):
        C10().label  # noqa: B018
    assert C10().shape.classes == 10


def test_other_names_are_no_subset(folder):
    write_subset(folder, name="all")
    write_subset(folder, name="40.old")
    assert C10().label == "c10"
    assert "There is no CIFAR-10" in complaint()


@pytest.mark.parametrize(("part", "lacking"), [("train", "test"), ("test", "train")])
def test_half_a_subset_is_refused(folder, part, lacking):
    write_subset(folder, part=part)
    assert f"add its cifar10_{lacking}_<k>.npz" in complaint()


LABELS = np.arange(40) % 10
FAULTS = {
    "images are missing": ({"images": None}, "one of the arrays images, labels, indices"),
    "labels are missing": ({"labels": None}, "one of the arrays images, labels, indices"),
    "images are floats": ({"images": pixels(40) / 255}, "images are float64"),
    "images are transposed": ({"images": pixels(40).transpose(0, 3, 1, 2)}, "(40, 3, 32, 32)"),
    "name promises more": ({"name": "50"}, "images are uint8 (40, 32, 32, 3), not uint8 (50"),
    "labels are floats": ({"labels": LABELS / 1}, "labels are float64"),
    "labels are too few": ({"labels": LABELS[1:]}, "labels are int64 (39,)"),
    "labels are too large": ({"labels": LABELS + 1}, "labels are not the classes 0 to 9"),
    "labels are negative": ({"labels": LABELS - 1}, "labels are not the classes 0 to 9"),
    "a class is missing": ({"labels": LABELS.clip(max=8)}, "labels are not the classes 0 to 9"),
    "indices are texts": ({"indices": LABELS.astype(str)}, "indices are <U"),
    "indices come twice": ({"indices": LABELS}, "indices are not different positions"),
    "indices are too large": ({"indices": 49_961 + np.arange(40)}, "from 0 to 49999"),
    "indices are negative": ({"indices": np.arange(40) - 1}, "from 0 to 49999"),
    "labels are objects": ({"labels": LABELS.astype(object)}, "allow_pickle=False"),
}


@pytest.mark.parametrize(("changes", "fault"), FAULTS.values(), ids=FAULTS)
def test_wrong_subset_is_refused_with_its_fault_and_md5(folder, changes, fault):
    path = write_subset(folder, **changes)
    write_subset(folder, 20, part="test")
    message = complaint()
    assert message.startswith(f"{path} (md5 {md5(path)}) ")
    assert fault in message


def test_wrong_test_file_is_refused_as_well(folder):
    write_subset(folder)
    path = write_subset(folder, 20, part="test", indices=9_981 + np.arange(20))
    assert f"{path} (md5" in complaint()


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 and so on", b"no archive", pickle.dumps([1]), npy(LABELS)]
)
def test_file_that_is_no_archive_of_arrays_is_refused(folder, content):
    path, _ = write_pair(folder)
    path.write_bytes(content)
    assert complaint().startswith(f"{path} (md5 {md5(path)}) ")


@pytest.mark.parametrize(
    "compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA]
)
def test_damage_anywhere_in_a_subset_is_noticed(folder, monkeypatch, compression):
    path, _ = write_pair(folder)
    members = {
        name: npy(array)
        for name, array in (("images", pixels(40)), ("labels", LABELS), ("indices", 3 * LABELS))
    }
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for number in range(30):
        place = int(rng.integers(len(whole) // 2))
        broken = folder / f"{number}"
        broken.mkdir()
        write_subset(broken, 20, part="test")
        (broken / path.name).write_bytes(whole[:place] + bytes(60) + whole[place + 60 :])
        monkeypatch.setenv("HARNESS_DATA", str(broken))
        assert complaint().startswith(f"{broken / path.name} (md5 ")
    path.write_bytes(whole[:-100])
    monkeypatch.setenv("HARNESS_DATA", str(folder))
    assert "BadZipFile" in complaint()


def test_python_without_lzma_is_told(folder, monkeypatch):
    write_pair(folder)
    monkeypatch.setitem(sys.modules, "lzma", None)
    assert "without lzma" in complaint()


def test_unreadable_subset_is_refused(folder):
    path, _ = write_pair(folder)
    path.unlink()
    path.mkdir()
    assert complaint().startswith(f"{path} cannot be read")
