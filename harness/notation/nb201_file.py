"""Reads the files of NAS-Bench-201's results.

``nb201_tables.npz`` has a row for every cell: ``op_names`` (5,) and ``ops`` (cells, 6), then one
array for each data set and quantity. Accuracies are in percent, times in seconds.
``nb201_device_latency.npz`` has ``devices`` (D,) and ``latency`` (cells, D) in milliseconds, its
rows in the same order.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import DataError
from harness.interfaces.data import find_file

NB201_TABLE, NB201_LATENCIES = "nb201_tables.npz", "nb201_device_latency.npz"
KNOWN_MD5 = {
    NB201_TABLE: "2909f439e9a111693bd89a011ee8aec2",
    NB201_LATENCIES: "3bf82b26d4b01d951ac52c86aeb540b5",
}
SUBFOLDER = "nasbench201"


class Nb201File:
    """The arrays of one file, read when it is made.

    Args:
        path: Of the file.

    Attributes:
        md5: Of the file.

    Raises:
        DataError: If the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            content = path.read_bytes()
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                self._arrays: dict[str, NDArray[Any]] = {name: file[name] for name in file.files}
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(f"{path} cannot be read: {error}; get it again.") from error
        self.md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()

    @property
    def known_md5(self) -> str:
        """Of the file that was checked against the published numbers."""
        return KNOWN_MD5[self.path.name]

    def __contains__(self, name: str) -> bool:
        return name in self._arrays

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return an array.

        Raises:
            DataError: If the file has none of that name.
        """
        if name not in self._arrays:
            raise DataError(f"{self.path} has no array {name!r}; get it again.")
        return self._arrays[name]


def find_nb201(name: str = NB201_TABLE, *, folder: Path | None = None) -> Path:
    """Return the path of a file: in a folder, by default the data folder, or its ``nasbench201/``.

    Raises:
        DataError: If it is in neither.
    """
    about = f"holds results of NAS-Bench-201 (md5 {KNOWN_MD5[name]})"
    return find_file(name, SUBFOLDER, about, folder=folder)
