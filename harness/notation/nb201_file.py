"""Reads the files of NAS-Bench-201's results.

``nb201_tables.npz`` has a row for every cell: ``op_names`` (5,) and ``ops`` (cells, 6), then one
array for each data set and quantity. Accuracies are in percent, times in seconds.
``nb201_device_latency.npz`` has ``devices`` (D,) and ``latency`` (cells, D) in milliseconds, its
rows in the same order.

The package holds a table of its own: the arrays in use, numbers as millionths (``nb201_pack``).
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
PACKED = Path(__file__).parent / "reference" / NB201_TABLE
REFERENCE_MD5 = "reference_md5"  # array of a packed file: of the file that it was made from
MISSING = -1  # stands for a trial that was not run


class Nb201File:
    """The arrays of one file, read when it is made.

    Args:
        path: Of the file.

    Attributes:
        md5: Of the file; of a packed one that of the file it was made from, whose numbers it holds.

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
        self.is_packed = REFERENCE_MD5 in self._arrays
        self.md5 = (
            str(self._arrays[REFERENCE_MD5])
            if self.is_packed
            else hashlib.md5(content, usedforsecurity=False).hexdigest()
        )

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
        values = self._arrays[name]
        if self.is_packed and values.dtype == np.int64:  # millionths
            return np.where(values < 0, np.nan, values / 1e6)
        return values


def find_nb201(name: str = NB201_TABLE) -> Path:
    """Return the path of a file: in the data folder or its ``nasbench201/``.

    Where there is no table, it is the package's own.

    Raises:
        DataError: If another file is in neither.
    """
    about = f"holds results of NAS-Bench-201 (md5 {KNOWN_MD5[name]})"
    try:
        return find_file(name, SUBFOLDER, about)
    except DataError:
        if name == NB201_TABLE:
            return PACKED
        raise
