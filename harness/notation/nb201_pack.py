"""Makes the table of NAS-Bench-201 that the package holds: the arrays in use, to the last digit.

python -m harness.notation.nb201_pack FILE

Every number of the reference file has at most six decimals, so that millionths hold it exactly.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.notation.nb201_file import MISSING, PACKED, REFERENCE_MD5, Nb201File

DATA_SETS = ("cifar10", "cifar100", "imagenet16_120")
PLAIN = ("op_names", "ops", "iso_class")
NUMBERS = (
    *(f"{data}_{what}" for data in DATA_SETS for what in ("params", "mflops")),
    *(f"{data}_e12_{split}" for data in DATA_SETS for split in ("valid", "test")),
    *(f"{data}_e200_{what}" for data in DATA_SETS for what in ("test", "train_seconds")),
    *(f"cifar10_e200_valid{kind}" for kind in ("", "_seeds")),
    *(
        f"{data}_e200_{kind}"
        for data in DATA_SETS[1:]
        for kind in ("valtest", "valtest_seeds", "valid_derived")
    ),
)


def pack(table: Nb201File) -> dict[str, NDArray[Any]]:
    """Return the arrays in use, numbers as millionths.

    Args:
        table: The reference file.

    Raises:
        ValueError: If an array holds numbers of more than six decimals.
    """
    packed = {name: table[name] for name in PLAIN}
    for name in NUMBERS:
        values = table[name]
        is_missing = np.isnan(values)
        packed[name] = np.rint(1e6 * np.where(is_missing, MISSING, values)).astype(np.int64)
        if not np.array_equal(np.where(is_missing, np.nan, packed[name] / 1e6), values, True):
            raise ValueError(f"{name} has numbers of more than six decimals.")
    return {**packed, REFERENCE_MD5: np.array(table.md5)}


if __name__ == "__main__":
    arrays: dict[str, Any] = {**pack(Nb201File(Path(sys.argv[1])))}
    np.savez_compressed(PACKED, **arrays)
