"""Runs made elsewhere, read from a CSV and checked before any of it is believed.

A row is a search, or a random architecture, with the accuracy of what it found:

    method    free; of a random architecture empty, or the method that it is a floor for
    arm       one of ``analysis.arms.ARMS``
    source    the data set searched first, where that is not the target
    target    the data set trained and tested on
    seed      of the search, or number of the random architecture
    accuracy  on the test set, percent; empty where the run failed or diverged
    status    optional: done (where it is empty), failed or diverged
    search    optional: a name that runs of one method and seed share if they rest on one search

In errors the header is row 1, as spreadsheets count.
"""

from __future__ import annotations

import csv
import difflib
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.arms import ARMS, CARRIED, RANDOM, SOURCE
from analysis.loading.columns import RANKED_WORST
from harness.errors import ConfigError
from harness.results.record import Status

NEEDED = ("method", "arm", "source", "target", "seed", "accuracy")
OPTIONAL = ("status", "search")
DONE = str(Status.DONE)
STATUSES = (DONE, *RANKED_WORST)
# In points: so near to the other accuracies of its target a hundredfold accuracy is one of them.
NEAR = 5.0


@dataclass(frozen=True)
class Run:
    """A row of the file.

    Attributes:
        row: Its number; the header is 1.
        method: Title; empty for a random architecture that all methods share.
        arm: Which.
        source: Searched first; equal to the target where nothing is carried over.
        target: Trained and tested on.
        seed: Of the search, or number of the random architecture.
        accuracy: Percent; NaN where there is none.
        status: ``done``, ``failed`` or ``diverged``.
        search: What the file calls the search it rests on; empty if it names none.
    """

    row: int
    method: str
    arm: str
    source: str
    target: str
    seed: int
    accuracy: float
    status: str
    search: str


def read_runs(path: Path, *, is_percent: bool = False) -> list[Run]:
    """Read and check a file of runs.

    Args:
        path: Of the CSV, in UTF-8.
        is_percent: Whether accuracies up to 1 are percent, too, and no fractions.

    Raises:
        ConfigError: If anything of it is not as described above; nothing is guessed.
    """
    runs = [_check_run(cells) for cells in _list_rows(path)]
    if not runs:
        raise ConfigError(f"{path} has no row below its header; a run is a row.")
    _refuse_lone_arms(path, runs)
    _refuse_repeats(path, runs)
    _refuse_mixed_random(path, runs)
    _refuse_mixed_searches(path, runs)
    if not is_percent:
        _refuse_fractions(path, runs)
    return runs


class _Cells:
    """The texts of one row, by column; refuses with the place that is wrong."""

    def __init__(self, path: Path, row: int, texts: dict[str, str]) -> None:
        self.path, self.row, self.texts = path, row, texts

    def get(self, column: str) -> str:
        """Return a text; empty where the file has no such column."""
        return self.texts.get(column, "")

    def error(self, column: str, why: str) -> ConfigError:
        """Return an error that names row and column."""
        return ConfigError(f"{self.path}, row {self.row}, column {column}: {why}")


def _list_rows(path: Path) -> Iterator[_Cells]:
    """Yield the rows below the header, blank ones left out."""
    try:
        rows = list(csv.reader(io.StringIO(_read_text(path), newline=""), strict=True))
    except csv.Error as error:
        raise ConfigError(f"{path} is no CSV: {error}.") from error
    if not any(map(any, rows)):
        raise ConfigError(f"{path} is empty; a header with {_listed(NEEDED)} is due, then runs.")
    header = [text.strip() for text in rows[0]]
    _check_header(path, header)
    for number, row in enumerate(rows[1:], start=2):
        if not any(text.strip() for text in row):
            continue
        if len(row) != len(header):
            raise ConfigError(
                f"{path}, row {number} has {len(row)} cells, the header {len(header)}; a text with "
                "a comma in it goes between double quotes."
            )
        texts = map(str.strip, row)
        yield _Cells(path, number, dict(zip(header, texts, strict=True)))


def _read_text(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise ConfigError(
            f"{path} is not UTF-8: row {row} has the byte {content[error.start]:#04x}; save it as "
            "CSV UTF-8."
        ) from error


def _check_header(path: Path, header: Sequence[str]) -> None:
    known = (*NEEDED, *OPTIONAL)
    expected = f"the columns are {_listed(NEEDED)}, and if wanted {_listed(OPTIONAL)}"
    for name in header:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise ConfigError(f"{path}, row 1: unknown column {name!r}; {expected}.{hint}")
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise ConfigError(f"{path}, row 1: column {twice[0]} occurs twice; leave one of them out.")
    if lacking := [name for name in NEEDED if name not in header]:
        raise ConfigError(f"{path}, row 1: no column {_listed(lacking)}; {expected}.")


def _check_run(cells: _Cells) -> Run:
    arm = _check_arm(cells)
    source, target = _check_places(cells, arm)
    status = cells.get("status") or DONE
    if status not in STATUSES:
        raise cells.error("status", f"{status!r} is none of {_listed(STATUSES)}.")
    method = cells.get("method")
    if not method and arm != RANDOM:
        raise cells.error("method", f"empty; only {RANDOM} rows may belong to no method.")
    return Run(
        row=cells.row,
        method=method,
        arm=arm,
        source=source,
        target=target,
        seed=_check_seed(cells),
        accuracy=_check_accuracy(cells, status),
        status=status,
        search=cells.get("search"),
    )


def _check_arm(cells: _Cells) -> str:
    arm = cells.get("arm")
    if arm in ARMS:
        return arm
    given = f"{arm!r} is no arm" if arm else "empty"
    raise cells.error("arm", f"{given}; an arm is one of {_listed(ARMS)}.")


def _check_places(cells: _Cells, arm: str) -> tuple[str, str]:
    """Return source and target; what is searched on its target has that as its source."""
    source, target = cells.get("source"), cells.get("target")
    if arm == SOURCE:
        target = target or source
    if not target:
        raise cells.error("target", "empty; name the data set that was trained and tested on.")
    if arm not in CARRIED:
        if source not in {"", target}:
            why = f"{source!r}, but the arm {arm} has no data set but its target; leave it empty."
            raise cells.error("source", why)
        return target, target
    if not source:
        raise cells.error("source", f"empty; the arm {arm} was searched on a source first.")
    if source == target:
        why = f"{source!r} is also the target; an arm that is searched on its target is direct."
        raise cells.error("source", why)
    return source, target


def _check_seed(cells: _Cells) -> int:
    text = cells.get("seed")
    if not (text.isascii() and text.isdecimal()):
        given = repr(text) if text else "empty"
        raise cells.error("seed", f"{given}; a whole number such as 0 is due.")
    return int(text)


def _check_accuracy(cells: _Cells, status: str) -> float:
    text = cells.get("accuracy")
    if status != DONE:
        if text:
            why = f"{text!r}, but a run that {status} has none; leave it empty, or set done."
            raise cells.error("accuracy", why)
        return math.nan
    if not text:
        raise cells.error("accuracy", "empty; give percent, or the status failed or diverged.")
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0 <= found <= 100:
        raise cells.error("accuracy", f"{text!r}; percent from 0 to 100, such as 91.4, is due.")
    return found


def _refuse_lone_arms(path: Path, runs: Iterable[Run]) -> None:
    """Refuse a file that has one arm of one method on every target."""
    arms: dict[str, set[tuple[str, str, str]]] = {}
    for run in runs:
        arms.setdefault(run.target, set()).add((run.method, run.arm, run.source))
    if max(map(len, arms.values())) < 2:
        raise ConfigError(
            f"{path} has nothing to compare, but one arm of one method on {_listed(arms)}; add "
            "random architectures, direct searches or another method."
        )


def _refuse_repeats(path: Path, runs: Iterable[Run]) -> None:
    known: dict[tuple[str | int, ...], Run] = {}
    for run in runs:
        key = (run.method, run.arm, run.source, run.target, run.seed)
        if (first := known.setdefault(key, run)) is not run:
            told = _listed(filter(None, (run.method, run.arm, run.target, f"seed {run.seed}")))
            raise ConfigError(
                f"{path}, row {run.row} repeats row {first.row}: {told}; give a run once. "
                "Another search has another seed; trainings of one architecture are averaged."
            )


def _refuse_mixed_random(path: Path, runs: Iterable[Run]) -> None:
    """Refuse a target with random architectures for all and for single methods."""
    known: dict[str, Run] = {}
    for run in (run for run in runs if run.arm == RANDOM):
        first = known.setdefault(run.target, run)
        if bool(first.method) != bool(run.method):
            raise ConfigError(
                f"{path}, column method: random architectures on {run.target} name a method in row "
                f"{max(first, run, key=lambda one: one.method).row} and none in row "
                f"{min(first, run, key=lambda one: one.method).row}; name one in all or in none."
            )


def _refuse_mixed_searches(path: Path, runs: Iterable[Run]) -> None:
    """Refuse one search with two seeds: it would never be paired."""
    known: dict[tuple[str, str, str], Run] = {}
    for run in (run for run in runs if run.search):
        first = known.setdefault((run.method, run.source, run.search), run)
        if first.seed != run.seed:
            raise ConfigError(
                f"{path}, column search: {run.search!r} of {run.method} on {run.source} has seed "
                f"{first.seed} in row {first.row} and seed {run.seed} in row {run.row}; a search "
                "has one seed."
            )


def _refuse_fractions(path: Path, runs: Sequence[Run]) -> None:
    """Refuse accuracies that look like fractions, all of them or some among percentages."""
    for run in runs:
        if not 0 < run.accuracy <= 1:
            continue
        others = [one.accuracy for one in runs if one.target == run.target and one.accuracy > 1]
        low, high = min(others, default=0.0), max(others, default=100.0)
        # A network that learnt nothing is right as often as by chance, 0.83 % of 120 classes: as a
        # fraction that would be far from all others.
        if low - NEAR <= 100 * run.accuracy <= high + NEAR:
            among = f"among percentages such as {others[0]:g}" if others else "and none is above 1"
            raise ConfigError(
                f"{path}, row {run.row}, column accuracy: {run.accuracy:g} looks like a fraction "
                f"on {run.target}, {among}; percent is due, so multiply by 100, or say --percent "
                f"if that run really had {run.accuracy:g} %."
            )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
