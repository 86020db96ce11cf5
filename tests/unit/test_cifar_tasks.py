"""c10 and c100, on tiny files of both layouts and on the reference data; nothing is downloaded."""

import hashlib
import http.server
import io
import itertools
import pickle
import subprocess
import sys
import tarfile
import threading
import urllib.error
import zipfile
from pathlib import Path

import numpy as np
import pytest
from torchvision import datasets

from harness import cli
from harness.api import ConfigError, DataError, Split, data_folder, may_download
from harness.config.parameters import construct, resolve
from harness.plugins import TASKS
from harness.tasks import _cifar_files
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


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty data folder; nothing may be downloaded into it."""
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HARNESS_DOWNLOAD", "0")
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def real(reference, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(reference / "cifar"))
    monkeypatch.setenv("HARNESS_DOWNLOAD", "0")


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


# Where data are


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


# The reference data


@both
def test_reference_data_are_the_first_official_images_of_every_class(real, task):
    made, classes = task(), task.cifar.classes
    for examples, count, published, first, last in (
        (made.development(), 10_000, REFERENCE[task][0], 0, 49_999),
        (made.test(), 2_000, REFERENCE[task][1], 50_000, 59_999),
    ):
        assert examples.images.shape == (count, 3, 32, 32)
        assert examples.images.dtype == np.uint8 and examples.images.flags.c_contiguous
        pictures = examples.images.transpose(0, 2, 3, 1).tobytes()
        assert hashlib.md5(pictures).hexdigest() == published
        assert examples.labels.dtype == examples.units.dtype == np.int64
        assert np.bincount(examples.labels).tolist() == [count // classes] * classes
        units = examples.units[:, 0]
        assert (np.diff(units) > 0).all() and first <= units[0] and units[-1] <= last


@both
def test_fingerprint_depends_on_the_data_alone(real, task):
    assert task().fingerprint() == task().fingerprint() == FINGERPRINTS[task]
    assert task(proxy_seed=3).fingerprint() == FINGERPRINTS[task]
    assert task(classes=task.cifar.classes).fingerprint() == FINGERPRINTS[task]


@both
def test_subset_says_what_it_is(real, task):
    name = task.name
    assert task().missing() is None
    assert task().label == f"{name} (10,000-image subset)"
    assert task(images=0.1).label == f"{name} (10,000-image subset, images=0.1)"
    assert task(classes=5, proxy_seed=2).label == (
        f"{name} (10,000-image subset, classes=5, proxy_seed=2)"
    )
    assert task().notice == (
        "only a subset was used, 10,000 of 50,000 training and 2,000 of 10,000 test images (the "
        "first of every class): its numbers are not comparable with published ones."
    )


def test_data_are_read_once_and_cannot_be_changed(real):
    first, second = C10().development(), C10().development()
    assert first is second
    for array in (first.images, first.labels, first.units):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@both
def test_published_means_and_deviations_are_near_those_of_the_images(real, task):
    images = task().development().images / 255
    assert task().mean == pytest.approx(images.mean(axis=(0, 2, 3)), abs=0.005)
    assert task().deviation == pytest.approx(images.std(axis=(0, 2, 3)), abs=0.005)


# Proxies


@both
@pytest.mark.parametrize("share", [0.001, 0.1, 0.5])
def test_share_of_images_is_taken_of_every_class_and_never_of_the_test_split(real, task, share):
    proxy, whole = task(images=share), task()
    classes = task.cifar.classes
    each = max(1, round(share * 10_000 / classes))
    examples = proxy.development()
    assert np.bincount(examples.labels).tolist() == [each] * classes
    assert proxy.test() is whole.test()
    rows = np.searchsorted(whole.development().units[:, 0], examples.units[:, 0])
    assert (np.diff(rows) > 0).all()
    assert np.array_equal(examples.images, whole.development().images[rows])
    assert np.array_equal(examples.labels, whole.development().labels[rows])
    assert not examples.images.flags.writeable


@both
def test_few_classes_keep_all_their_images_and_restrict_both_splits(real, task):
    proxy, whole = task(classes=5, proxy_seed=1), task()
    old = None
    for mine, every in (
        (proxy.development(), whole.development()),
        (proxy.test(), whole.test()),
    ):
        rows = np.searchsorted(every.units[:, 0], mine.units[:, 0])
        assert np.array_equal(mine.images, every.images[rows])
        kept = np.unique(every.labels[rows])
        assert len(kept) == 5 and (old is None or np.array_equal(kept, old))
        assert np.array_equal(kept[mine.labels], every.labels[rows])  # renumbered in their order
        assert len(rows) == np.isin(every.labels, kept).sum()
        old = kept


def units(task):
    return set(task.development().units.ravel().tolist())


def test_seeds_draw_different_proxies_and_each_always_the_same(real):
    for proxy in ({"images": 0.1}, {"classes": 5}):
        assert units(C10(**proxy)) != units(C10(**proxy, proxy_seed=1))
        prints = [C10(**proxy, proxy_seed=s).fingerprint() for s in (0, 0, 1)]
        assert prints[0] == prints[1] != prints[2]
        assert FINGERPRINTS[C10] not in prints


def test_smaller_proxies_are_parts_of_larger_ones(real):
    assert units(C100(images=0.1)) < units(C100(images=0.3))
    assert units(C100(classes=10)) < units(C100(classes=30))


def test_images_and_classes_are_drawn_independently(real):
    assert units(C10(images=0.1, classes=4)) == units(C10(images=0.1)) & units(C10(classes=4))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"images": 0}, "images"),
        ({"images": 1.5}, "images"),
        ({"images": ".nan"}, "images"),
        ({"classes": 1}, "classes"),
        ({"classes": 2.5}, "classes"),
        ({"proxy_seed": -1}, "proxy_seed"),
    ],
)
def test_impossible_proxies_are_refused(given, named):
    with pytest.raises(ConfigError, match=f"task c10: .*{named}"):
        resolve("task", "c10", C10, given)


def test_more_classes_than_there_are_is_refused():
    parameters = resolve("task", "c10", C10, {"classes": 11})
    with pytest.raises(ConfigError, match=r"^task c10: classes=11 .* ask for 2 to 10"):
        C10(**construct(C10, parameters))
    assert C100(classes=11).shape.classes == 11


@both
def test_proxies_are_declared(task):
    assert task.proxies == ("images", "classes", "proxy_seed")


# Splits


@both
def test_splits_are_stratified(real, task):
    examples = task().development()
    rows = task().split(examples, HALVES, np.random.default_rng(0))
    each = 5_000 // task.cifar.classes
    assert [np.bincount(examples.labels[own]).tolist() for own in rows.values()] == [
        [each] * task.cifar.classes
    ] * 2


def test_splits_by_index_cut_the_images_in_official_order(real):
    examples = C10().development()
    shares = {Split.SELECTION: 0.2, Split.VALIDATION: 0.3, Split.TRAIN: 0.5}
    rows = C10().split(examples, shares, np.random.default_rng(0), by_index=True)
    assert list(rows) == [Split.TRAIN, Split.VALIDATION, Split.SELECTION]
    assert [(own[0], own[-1]) for own in rows.values()] == [(0, 4999), (5000, 7999), (8000, 9999)]
    positions = [examples.units[own] for own in rows.values()]
    assert all(one.max() < other.min() for one, other in itertools.pairwise(positions))


# The official files


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


# Downloads, from a server in this process


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


# What else may be wrong


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
