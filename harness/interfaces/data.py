"""Where data sets lie, and whether they may be downloaded: said by the environment.

Two variables, which the command line sets and spawned workers inherit. Where data lie is no part
of a task: it enters neither its parameters nor its fingerprint.

* ``HARNESS_DATA``: the data folder; ``nas-harness`` in the user's cache if unset
* ``HARNESS_DOWNLOAD``: ``0`` forbids every download
"""

from __future__ import annotations

import os
from pathlib import Path

from harness.errors import ConfigError, DataError

DATA_VARIABLE = "HARNESS_DATA"
DOWNLOAD_VARIABLE = "HARNESS_DOWNLOAD"


def point_to_data(folder: Path | None, *, no_download: bool = False) -> None:
    """Tell this process and its workers, through the environment, where data sets are.

    Args:
        folder: That holds them; None leaves it as it is.
        no_download: Whether a missing one is never fetched.

    Raises:
        ConfigError: If there is no such folder.
    """
    if folder is not None:
        if not folder.is_dir():
            raise ConfigError(f"--data {folder}: no such folder; give one that holds data sets.")
        os.environ[DATA_VARIABLE] = str(folder.resolve())
    if no_download:
        os.environ[DOWNLOAD_VARIABLE] = "0"


def data_folder() -> Path:
    """Return the absolute path of the folder in which tasks look for their data."""
    if given := os.environ.get(DATA_VARIABLE):
        return Path(given).expanduser().absolute()
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not cache.is_absolute():  # the XDG rules ignore a relative path
        cache = Path.home() / ".cache"
    return cache / "nas-harness"


def find_file(name: str, subfolder: str, about: str) -> Path:
    """Return the path of a file that is never downloaded.

    Args:
        name: Of the file.
        subfolder: Of the data folder, where it may are as well.
        about: What it holds, as a clause.

    Raises:
        DataError: If it lies in neither.
    """
    folder = data_folder()
    for path in (folder / name, folder / subfolder / name):
        if path.is_file():
            return path
    raise DataError(
        f"{name} is neither in {folder} nor in its {subfolder}/; it {about} and comes with the "
        "reference data, not with the project: say by --data DIR or HARNESS_DATA where it is."
    )


def may_download() -> bool:
    """Tell whether a task may fetch data that are missing."""
    return os.environ.get(DOWNLOAD_VARIABLE) != "0"
