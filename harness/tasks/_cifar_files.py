"""The files of CIFAR-10 and CIFAR-100: where they may are, and how the official ones are fetched.

Two layouts are accepted in the data folder, or else in its ``cifar/``; where both are, the official
one wins.

* official: ``cifar-10-batches-py/`` or ``cifar-100-python/`` as published, or the archive that
  holds it
* subset: ``cifar10_train_<k>.npz`` and ``cifar10_test_<k>.npz`` (or ``cifar100_...``), k images
  each: ``images`` uint8 (k, 32, 32, 3), ``labels`` (k,), and ``indices`` (k,), which are the
  images' positions in the official set; further arrays are not read
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, Literal
from urllib.error import HTTPError

from harness.api import DataError, data_folder, may_download

SUBFOLDER = "cifar"
PATIENCE = 30.0  # seconds that a server may be silent

Part = Literal["train", "test"]


@dataclass(frozen=True)
class Cifar:
    """One of the two published sets.

    Attributes:
        title: As people write it.
        stem: How the names of its subsets' files begin.
        folder: Of the official files.
        archive: The published file that holds the folder.
        classes: Number of them.
    """

    title: str
    stem: str
    folder: str
    archive: str
    classes: int


CIFAR_10 = Cifar("CIFAR-10", "cifar10", "cifar-10-batches-py", "cifar-10-python.tar.gz", 10)
CIFAR_100 = Cifar("CIFAR-100", "cifar100", "cifar-100-python", "cifar-100-python.tar.gz", 100)


@dataclass(frozen=True)
class Official:
    """The full set, in the published files.

    Attributes:
        root: The folder in which they are, or will be put.
    """

    root: Path


@dataclass(frozen=True)
class Subset:
    """Some images of both splits.

    Attributes:
        train: The file of the training images.
        test: The file of the test images.
        train_images: How many the first one's name promises.
        test_images: How many the second one's name promises.
    """

    train: Path
    test: Path
    train_images: int
    test_images: int


def find(cifar: Cifar) -> Official | Subset | None:
    """Return what the data folder or its ``cifar/`` holds, judged by the files' names, or None.

    Raises:
        DataError: If the names leave it open.
    """
    folder = data_folder()
    return _find_in(folder, cifar) or _find_in(folder / SUBFOLDER, cifar)


def _find_in(folder: Path, cifar: Cifar) -> Official | Subset | None:
    try:
        if (folder / cifar.folder).is_dir() or (folder / cifar.archive).is_file():
            return Official(folder)
        train, test = _numbered(cifar, folder, "train"), _numbered(cifar, folder, "test")
    except OSError as error:
        raise DataError(f"The data folder {folder} cannot be read: {error}.") from error
    if train and test:
        return Subset(train[0], test[0], train[1], test[1])
    if train or test:
        lacking = f"{cifar.stem}_{'test' if train else 'train'}_<k>.npz"
        raise DataError(f"{folder} holds half a subset of {cifar.title}; add its {lacking}.")
    return None


def _numbered(cifar: Cifar, folder: Path, part: Part) -> tuple[Path, int] | None:
    """Return the subset's file of one split, and the number in its name."""
    name = re.compile(rf"{cifar.stem}_{part}_(\d+)\.npz")
    paths = sorted(folder.glob(f"{cifar.stem}_{part}_*.npz"))
    found = [(path, int(match[1])) for path in paths if (match := name.fullmatch(path.name))]
    if len(found) > 1:
        listed = " and ".join(path.name for path, _ in found)
        raise DataError(f"{folder} holds {listed}; leave one {part} file of {cifar.title}.")
    return found[0] if found else None


def torchvision_class(cifar: Cifar) -> Any:
    """Return torchvision's reader of the official files, which knows their address and md5s."""
    from torchvision import datasets  # type: ignore[import-untyped]  # slow to import

    return getattr(datasets, cifar.stem.upper())


def fetch(cifar: Cifar, root: Path) -> None:
    """Unpack the official archive below ``root``; download it if it is missing and that is allowed.

    The work is done in a folder beside, so that whatever has its final name is whole.

    Raises:
        DataError: If the archive is damaged, or missing and out of reach.
    """
    archive = root / cifar.archive
    if archive.is_file():
        verify(archive, torchvision_class(cifar).tgz_md5, archive)
    elif not may_download():
        raise _missing(cifar, root, "downloading is switched off")
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{cifar.stem}-", dir=root) as name:
            temporary = Path(name)
            if archive.is_file():
                (temporary / cifar.archive).symlink_to(archive)
            _unpack(cifar, temporary)
            _move(temporary / cifar.folder, root / cifar.folder)
    except (OSError, HTTPException) as error:
        if isinstance(error, HTTPError):
            error.close()  # it is an open connection, too
        raise _missing(cifar, root, f"fetching it failed ({describe(error)})") from error


def _unpack(cifar: Cifar, folder: Path) -> None:
    """Let torchvision unpack the archive, and fetch it unless it lies there."""
    from torchvision.datasets.utils import (  # type: ignore[import-untyped]
        download_and_extract_archive,
    )

    source, archive = torchvision_class(cifar), folder / cifar.archive
    try:
        with contextlib.redirect_stdout(sys.stderr), _impatience():
            download_and_extract_archive(
                source.url, folder, filename=cifar.archive, md5=source.tgz_md5
            )
    except RuntimeError as error:  # torchvision's complaint about a wrong md5 says no more
        found = f"the md5 {md5(archive)}" if archive.is_file() else describe(error)
        raise OSError(f"{source.url} gave {found}, not {source.tgz_md5}") from error


def _move(source: Path, target: Path) -> None:
    """Give an unpacked folder its final name, unless another process was faster."""
    try:
        source.rename(target)
    except OSError:
        if not target.is_dir():
            raise


@contextlib.contextmanager
def _impatience() -> Iterator[None]:
    """Let no server keep us waiting for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def verify(path: Path, expected: str, whole: Path) -> None:
    """Refuse an official file that is not the published one.

    Args:
        path: The file.
        expected: Its md5.
        whole: What must be removed to get the file again.

    Raises:
        DataError: If the file is missing, unreadable or altered.
    """
    remedy = f"remove {whole} to have it fetched or unpacked again"
    try:
        found = md5(path)
    except FileNotFoundError as error:
        raise DataError(
            f"{path} is missing, expected with the md5 {expected}; {remedy}."
        ) from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}.") from error
    if found != expected:
        raise DataError(f"{path} is damaged, its md5 is {found} instead of {expected}; {remedy}.")


def md5(path: Path) -> str:
    """Return the md5 of a file, by which copies are told apart."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def describe(error: BaseException) -> str:
    """Return an error's type and the first line of its message."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}".rstrip(": ")


def _missing(cifar: Cifar, root: Path, reason: str) -> DataError:
    return DataError(
        f"There is no {cifar.title} in {root}, and {reason}; put {cifar.folder}/ (the official "
        f"files), {cifar.archive}, or {cifar.stem}_train_<k>.npz and {cifar.stem}_test_<k>.npz (a "
        "subset) there, or name their folder with --data DIR or HARNESS_DATA. The tasks d10 and "
        "d100 need no download."
    )
