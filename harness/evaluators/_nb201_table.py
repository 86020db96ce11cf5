"""What NAS-Bench-201 recorded of cells, read once a process."""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from harness.api import (
    NB201_LATENCIES,
    Architecture,
    ConfigError,
    DataError,
    Nb201File,
    find_nb201,
)

CELLS = 15_625

SHORT, LONG = 12, 200
SHORT_SHARE = 0.06  # of the 200 epochs' training time, as the benchmark reports it for 12
TRIALS = ("777", "888", "999")
Trial = Literal["mean", "777", "888", "999"]
TestSplit = Literal["x-test", "ori-test"]


@dataclass(frozen=True)
class Benchmark:
    """How the benchmark trained and tested on one data set.

    Attributes:
        searched: What it calls the data set on which candidates are validated.
        train: Images that candidates are trained on.
        validation: Images in x-valid.
        final: What it calls the data set on which networks are trained for good.
        final_train: Images those are trained on.
        tested: Images in each test split that it has.
        long_valid: Array of the mean validation accuracy after 200 epochs.
        long_tests: Array of the mean test accuracy after 200 epochs, by split; the arrays of single
            trials add ``_seeds`` to its name.
    """

    searched: str
    train: int
    validation: int
    final: str
    final_train: int
    tested: dict[str, int]
    long_valid: str
    long_tests: dict[str, str]


BENCHMARKS = {
    "cifar10": Benchmark(
        *("cifar10-valid", 25_000, 25_000, "cifar10", 50_000, {"ori-test": 10_000}),
        *("cifar10_e200_valid", {"ori-test": "cifar10_e200_test"}),
    ),
    "cifar100": Benchmark(
        *("cifar100", 50_000, 5_000, "cifar100", 50_000, {"x-test": 5_000, "ori-test": 10_000}),
        "cifar100_e200_valid_derived",
        {"x-test": "cifar100_e200_test", "ori-test": "cifar100_e200_valtest"},
    ),
    "imagenet16_120": Benchmark(
        *("ImageNet16-120", 151_700, 3_000, "ImageNet16-120", 151_700),
        {"x-test": 3_000, "ori-test": 6_000},
        "imagenet16_120_e200_valid_derived",
        {"x-test": "imagenet16_120_e200_test", "ori-test": "imagenet16_120_e200_valtest"},
    ),
}


class Table:
    """The results of every cell.

    Args:
        path: Of the file.

    Attributes:
        file: Its arrays.
        operations: Names of the operations, in the order in which architectures count them.
        rows: The row of each cell that the table holds.
    """

    def __init__(self, path: Path) -> None:
        self.file = Nb201File(path)
        self.operations = tuple(self.file["op_names"].astype(str).tolist())
        self.rows: dict[Architecture, int] = {
            tuple(choices): row for row, choices in enumerate(self.file["ops"].tolist())
        }

    @property
    def is_whole(self) -> bool:
        """Whether no cell is missing."""
        return len(self.rows) == CELLS

    def notices(self) -> list[str]:
        """Say what is not as in the known table, in sentences."""
        found = []
        name, md5, known = self.file.path.name, self.file.md5, self.file.known_md5
        if md5 != known:
            found.append(
                f"{name} has the md5 {md5}, not {known}: it is not the table that was checked "
                "against the published numbers."
            )
        if not self.is_whole:
            found.append(
                f"{name} holds {len(self.rows):,} of {CELLS:,} cells; one that is "
                "missing scores nothing and is charged the mean time of the others."
            )
        return found

    @functools.cache  # noqa: B019 - a process holds one table, for ever
    def validation(self, benchmark: str, epochs: int, trial: Trial) -> list[float]:
        """Return the accuracy on x-valid of every row.

        Raises:
            ConfigError: If it was not recorded.
        """
        if epochs == SHORT:
            _refuse_trial(trial, f"{SHORT} epochs")
            return self._numbers(f"{benchmark}_e12_valid")
        name = BENCHMARKS[benchmark].long_valid
        if trial != "mean" and f"{name}_seeds" not in self.file:
            _refuse_trial(trial, f"x-valid of {benchmark}")
        return self._numbers(name) if trial == "mean" else self._trial(name, trial)

    @functools.cache  # noqa: B019
    def test(self, benchmark: str, epochs: int, split: str, trial: Trial) -> list[float]:
        """Return the accuracy on a test split of every row; for train jobs only.

        Raises:
            ConfigError: If it was not recorded.
        """
        names = BENCHMARKS[benchmark].long_tests
        if epochs == SHORT:
            _refuse_trial(trial, f"{SHORT} epochs")
            if split != next(iter(names)):
                raise ConfigError(
                    f"NAS-Bench-201's table has no accuracy on {split} of {benchmark} after "
                    f"{SHORT} epochs; take test_split {next(iter(names))}."
                )
            return self._numbers(f"{benchmark}_e12_test")
        name = names[split]
        if trial != "mean" and f"{name}_seeds" not in self.file:
            _refuse_trial(trial, f"{split} of {benchmark}")
        return self._numbers(name) if trial == "mean" else self._trial(name, trial)

    @functools.cache  # noqa: B019
    def seconds(self, benchmark: str, epochs: int) -> list[float]:
        """Return the training time of every row, without validation, as candidates are trained."""
        share = SHORT_SHARE if epochs == SHORT else 1.0
        return [share * value for value in self._numbers(f"{benchmark}_e200_train_seconds")]

    @functools.cache  # noqa: B019
    def sizes(self, benchmark: str, classes: int) -> tuple[list[int], list[int]]:
        """Return parameters and multiply-adds of every row.

        The benchmark counts the classifier's biases among its operations; we do not.
        """
        parameters = self.file[f"{benchmark}_params"]
        operations = self.file[f"{benchmark}_mflops"]
        return (
            np.rint(1e6 * parameters).astype(int).tolist(),
            (np.rint(1e6 * operations).astype(int) - classes).tolist(),
        )

    def _trial(self, name: str, trial: Trial) -> list[float]:
        """Return a trial of every row; where it was not run, the mean of those that were."""
        trials = self.file[f"{name}_seeds"]
        found = trials[:, TRIALS.index(trial)]
        return np.where(np.isnan(found), np.nanmean(trials, axis=1), found).tolist()  # type: ignore[no-any-return]

    def _numbers(self, name: str) -> list[float]:
        return self.file[name].astype(float).tolist()  # type: ignore[no-any-return]


def open_table() -> Table:
    """Return the table in the data folder, else the package's; read at the first call.

    Raises:
        DataError: If it is damaged.
    """
    return _open(find_nb201())


def read_latencies(device: str) -> list[float]:
    """Return the milliseconds of every cell on a device.

    Raises:
        ConfigError: If there is no such device.
        DataError: If the file is missing or damaged.
    """
    return _latencies(find_nb201(NB201_LATENCIES), device)


def has_latencies() -> bool:
    """Tell whether the data folder holds latencies."""
    try:
        find_nb201(NB201_LATENCIES)
    except DataError:
        return False
    return True


def list_devices() -> list[str]:
    """Return the devices on which the cells were timed."""
    return Nb201File(find_nb201(NB201_LATENCIES))["devices"].astype(str).tolist()  # type: ignore[no-any-return]


def open_latencies(device: str) -> tuple[Callable[[Architecture], float], str]:
    """Return what cells take on a device, in milliseconds, and a fingerprint of the numbers.

    Raises:
        ConfigError: If there is no such device.
        DataError: If a file is missing or damaged.
    """
    rows, column = open_table().rows, read_latencies(device)
    if len(rows) < len(column):
        raise DataError("Latencies are kept by row, and the table lacks some; get it again.")
    fingerprint = _fingerprint(find_nb201(NB201_LATENCIES), device)
    return lambda architecture: column[rows[architecture]], fingerprint


@functools.cache
def _open(path: Path) -> Table:
    return Table(path)


@functools.cache
def _fingerprint(path: Path, device: str) -> str:
    return hashlib.sha256(np.array(_latencies(path, device)).tobytes()).hexdigest()[:16]


@functools.cache
def _latencies(path: Path, device: str) -> list[float]:
    file = Nb201File(path)
    names = file["devices"].astype(str).tolist()
    if device not in names:
        from difflib import get_close_matches

        near = get_close_matches(device, names, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"There are {', '.join(names)}."
        raise ConfigError(f"{path.name} has no device {device!r}. {hint}")
    return file["latency"][:, names.index(device)].astype(float).tolist()  # type: ignore[no-any-return]


def _refuse_trial(trial: Trial, where: str) -> None:
    if trial != "mean":
        raise ConfigError(
            f"NAS-Bench-201's table has no single trials of {where}; take trial mean, not {trial}."
        )


def mean_of(values: Sequence[float]) -> float:
    """Return the mean of what is a number."""
    known = [value for value in values if math.isfinite(value)]
    return sum(known) / len(known)
