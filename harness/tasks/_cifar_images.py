"""The images of CIFAR-10 and CIFAR-100, read from either layout once per process."""

from __future__ import annotations

import functools
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.api import DataError, Examples, data_folder
from harness.tasks._cifar_files import (
    Cifar,
    Official,
    Part,
    Subset,
    describe,
    fetch,
    find,
    md5,
    torchvision_class,
    verify,
)

Scalar = TypeVar("Scalar", bound=np.generic)

SIDE = 32  # of an image, in pixels
OFFICIAL_IMAGES: dict[Part, int] = {"train": 50_000, "test": 10_000}
FIRST_UNIT: dict[Part, int] = {"train": 0, "test": OFFICIAL_IMAGES["train"]}


@dataclass(frozen=True, eq=False)
class Images:
    """Both splits as they lie in memory, read-only; hashed by identity, so a key of caches.

    An image's unit is its position in the official set, where the test images follow the others.
    """

    train: Examples
    test: Examples


def load(cifar: Cifar) -> Images:
    """Return what the data folder holds; fetch the official files if it holds nothing.

    Raises:
        DataError: If that is not allowed or fails, or the files are damaged.
    """
    return _load(cifar, find(cifar) or Official(data_folder()))


@functools.cache
def _load(cifar: Cifar, found: Official | Subset) -> Images:
    """Read the files that were found; the subsets' compression takes seconds to undo."""
    try:
        import lzma  # noqa: F401 - subsets are packed with it, and torchvision needs it anyway
    except ImportError as error:
        raise DataError(
            f"{cifar.title} cannot be read by a Python that was built without lzma; use another "
            "Python, or the tasks d10 and d100."
        ) from error
    if isinstance(found, Official):
        return _read_official(cifar, found.root)
    return Images(
        _read_subset(cifar, found.train, found.train_images, "train"),
        _read_subset(cifar, found.test, found.test_images, "test"),
    )


def _read_official(cifar: Cifar, root: Path) -> Images:
    """Let torchvision read the official files: pickles, so each is verified before."""
    folder = root / cifar.folder
    if not folder.is_dir():
        fetch(cifar, root)
    source = torchvision_class(cifar)
    about = source.meta["filename"], source.meta["md5"]
    for name, expected in (*source.train_list, *source.test_list, about):
        verify(folder / name, expected, folder)
    with warnings.catch_warnings():
        # Old pickles state a type's alignment as a number; some NumPy versions complain about it.
        warnings.simplefilter("ignore", np.exceptions.VisibleDeprecationWarning)
        train, test = source(root, train=True), source(root, train=False)
    return Images(
        _examples(train.data, train.targets, np.arange(len(train.data)), "train"),
        _examples(test.data, test.targets, np.arange(len(test.data)), "test"),
    )


def _read_subset(cifar: Cifar, path: Path, count: int, part: Part) -> Examples:
    """Return the images of one file, if it holds what its name and the layout promise."""
    arrays = _read_arrays(path, "images", "labels", "indices")
    last = OFFICIAL_IMAGES[part] - 1
    if fault := _fault(cifar, arrays, count, last):
        raise _damaged(path, fault)
    return _examples(arrays["images"], arrays["labels"], arrays["indices"], part)


def _read_arrays(path: Path, *names: str) -> dict[str, NDArray[Any]]:
    from lzma import LZMAError

    try:
        # Given a path, numpy would leave the file open where it is no archive.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: np.asarray(archive[name]) for name in names}
    except KeyError as error:
        raise _damaged(path, f"one of the arrays {', '.join(names)} is missing") from error
    except (zipfile.BadZipFile, zlib.error, LZMAError, EOFError) as error:
        raise _damaged(path, f"it cannot be unpacked ({describe(error)})") from error
    except (ValueError, TypeError, SyntaxError, TokenError, RuntimeError) as error:
        raise _damaged(path, f"it is no archive of plain arrays ({describe(error)})") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}.") from error


def _fault(cifar: Cifar, arrays: dict[str, NDArray[Any]], count: int, last: int) -> str | None:
    """Say what is wrong with the arrays of a subset of ``count`` images, or return None."""
    images, labels, indices = arrays["images"], arrays["labels"], arrays["indices"]
    shape = (count, SIDE, SIDE, 3)
    if images.dtype != np.uint8 or images.shape != shape:
        return f"images are {images.dtype} {images.shape}, not uint8 {shape}"
    for name, array in (("labels", labels), ("indices", indices)):
        if array.dtype.kind not in "iu" or array.shape != (count,):
            return f"{name} are {array.dtype} {array.shape}, not integers {(count,)}"
    if not np.array_equal(np.unique(labels), np.arange(cifar.classes)):
        return f"labels are not the classes 0 to {cifar.classes - 1}, all of them and no other"
    if indices.min() < 0 or indices.max() > last or len(np.unique(indices)) < count:
        return f"indices are not different positions from 0 to {last}"
    return None


def _damaged(path: Path, fault: str) -> DataError:
    return DataError(f"{path} (md5 {md5(path)}) is no subset as expected: {fault}; replace it.")


def _examples(
    images: NDArray[np.uint8], labels: ArrayLike, positions: NDArray[np.integer], part: Part
) -> Examples:
    """Return images (N, height, width, channels) in the order that networks want, read-only."""
    return Examples(
        read_only(np.ascontiguousarray(images.transpose(0, 3, 1, 2))),
        read_only(np.array(labels, np.int64)),
        read_only(positions.astype(np.int64)[:, None] + FIRST_UNIT[part]),
    )


def read_only(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """Return the same array, no longer writeable: it is shared by all tasks of the process."""
    array.flags.writeable = False
    return array
