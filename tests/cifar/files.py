"""Tiny files in both layouts of CIFAR, and what the real ones must be."""

import hashlib
import pickle
import tarfile

import numpy as np
import pytest
from torchvision import datasets

from harness.api import DataError, Split
from harness.tasks.c10 import C10
from harness.tasks.c100 import C100

HALVES = {Split.TRAIN: 0.5, Split.VALIDATION: 0.5, Split.SELECTION: 0.0}
# md5 of the images in their published order of axes: train, test
REFERENCE = {
    C10: ("571935b21f3ded905fc17a246176e179", "3dc9b5988f8160a75de1dc560da041d6"),
    C100: ("54eddf7cad31a0b90af483a002cfff45", "5030e48fe6fcbd3defcae0d2be697b3d"),
}
FINGERPRINTS = {C10: "6536b0bb03b0ac10", C100: "16cd3754dabd92aa"}
both = pytest.mark.parametrize("task", [C10, C100], ids=["c10", "c100"])


class OldPickler(pickle.Pickler):
    """Writes types of arrays as the official files hold them."""

    def reducer_override(self, value):
        if isinstance(value, np.dtype):
            return np.dtype, ("u1", 0, 1), (3, "|", None, None, None, -1, -1, 0)
        return NotImplemented


def pixels(count, seed=0):
    return np.random.default_rng(seed).integers(256, size=(count, 32, 32, 3), dtype=np.uint8)


def write_subset(folder, count=40, *, stem="cifar10", part="train", name=None, **changes):
    """Write a subset; ``changes`` replace arrays, None leaves one out."""
    arrays = {
        "images": pixels(count),
        "labels": (np.arange(count) % 10).astype(np.uint8),
        "indices": np.arange(count, dtype=np.int32) * 3,
        **changes,
    }
    path = folder / f"{stem}_{part}_{name or count}.npz"
    np.savez_compressed(path, **{key: value for key, value in arrays.items() if value is not None})
    return path


def write_pair(folder):
    return write_subset(folder), write_subset(folder, 20, part="test")


def md5(path):
    return hashlib.md5(path.read_bytes()).hexdigest()


def write_official(folder, monkeypatch, task=C10):
    """Write files like the official ones, and let torchvision expect their md5s."""
    source = getattr(datasets, task.cifar.stem.upper())
    key = "labels" if task is C10 else "fine_labels"
    home = folder / source.base_folder
    home.mkdir(parents=True)
    images, labels = [], []
    for part in ("train_list", "test_list"):
        listed = []
        for number, (name, _) in enumerate(getattr(source, part)):
            rows = pixels(task.cifar.classes, number).transpose(0, 3, 1, 2)
            batch = {"data": rows.reshape(-1, 3072), key: list(range(task.cifar.classes))}
            with (home / name).open("wb") as file:
                OldPickler(file, protocol=2).dump(batch)
            listed.append([name, md5(home / name)])
            images.append(rows)
            labels += batch[key]
        monkeypatch.setattr(source, part, listed)
    meta = home / source.meta["filename"]
    meta.write_bytes(pickle.dumps({source.meta["key"]: []}, protocol=2))
    monkeypatch.setattr(source, "meta", {**source.meta, "md5": md5(meta)})
    return np.concatenate(images), np.array(labels)


def write_archive(folder, monkeypatch, tmp_path):
    """Write an archive of files like the official ones; return it."""
    write_official(tmp_path / "elsewhere", monkeypatch)
    path = folder / datasets.CIFAR10.filename
    with tarfile.open(path, "w:gz") as archive:
        name = datasets.CIFAR10.base_folder
        archive.add(tmp_path / "elsewhere" / name, name)
    monkeypatch.setattr(datasets.CIFAR10, "tgz_md5", md5(path))
    return path


def complaint(task=C10, **parameters):
    """Return the one line in which a task refuses to give its data."""
    with pytest.raises(DataError) as refusal:
        task(**parameters).development()
    message = str(refusal.value)
    assert "\n" not in message and message.endswith(".")
    return message
