"""An experiment in one file: everything that a report is made from, without weights.

A ``.tar.xz`` holds one folder, the experiment's. It is read by unpacking it for as long as the
process lives; nothing in it is run or unpickled.
"""

from __future__ import annotations

import atexit
import functools
import lzma
import shutil
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from harness.errors import ConfigError, DataError

SUFFIX = ".tar.xz"
WHOLE = ("experiment.json", "plan.json", "space.json")
OF_JOBS = ("*/*.json", "*/*.jsonl", "*/*.npz")


def is_archive(path: Path) -> bool:
    """Tell whether a path is an archive's, by its name."""
    return path.name.endswith(SUFFIX)


def pack(experiment: Path, out: Path) -> None:
    """Write an archive of an experiment; the same bytes for the same files.

    Args:
        experiment: Its folder.
        out: The file.

    Raises:
        ConfigError: If the name of the file does not end in ``.tar.xz``.
        OSError: If a file cannot be read or written.
    """
    if not is_archive(out):
        raise ConfigError(f"--out {out}: expected a name that ends in {SUFFIX}.")
    out.parent.mkdir(parents=True, exist_ok=True)
    name = experiment.resolve().name
    with tarfile.open(out, "w:xz", preset=9) as archive:
        for file in _list_files(experiment):
            info = tarfile.TarInfo(f"{name}/{file.relative_to(experiment).as_posix()}")
            info.size = file.stat().st_size
            with file.open("rb") as content:
                archive.addfile(info, content)


def _list_files(experiment: Path) -> list[Path]:
    found = [experiment / name for name in WHOLE]
    for folder in ("jobs", "shards"):
        for pattern in OF_JOBS:
            found += (experiment / folder).glob(pattern)
    return sorted(file for file in found if file.is_file())


@functools.cache
def unpack(path: Path) -> Path:
    """Return the experiment's folder, unpacked where it stays until the process ends.

    Raises:
        DataError: If the file is damaged, or no archive of an experiment.
    """
    home = Path(tempfile.mkdtemp(prefix="nas-harness-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    try:
        with tarfile.open(path, "r:xz") as archive:
            for member in archive:
                _unpack_member(archive, member, home)
    except (tarfile.TarError, lzma.LZMAError, EOFError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}; get it again.") from error
    folders = [entry for entry in home.iterdir() if entry.is_dir()]
    if len(folders) != 1:
        raise DataError(f"{path} holds {len(folders)} folders, not one experiment; get it again.")
    return folders[0]


def _unpack_member(archive: tarfile.TarFile, member: tarfile.TarInfo, home: Path) -> None:
    name = PurePosixPath(member.name)
    content = archive.extractfile(member) if member.isfile() else None
    if content is None or name.is_absolute() or ".." in name.parts:
        raise ValueError(f"{member.name} is no file of an experiment")
    place = home.joinpath(*name.parts)
    place.parent.mkdir(parents=True, exist_ok=True)
    with content, place.open("wb") as file:
        shutil.copyfileobj(content, file)
