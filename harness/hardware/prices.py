"""Price lists: what one operation costs, in multiply-adds or in milliseconds on one machine.

A latency table is a JSON file; ``python -m harness latency`` writes one::

    {"format": "nas-harness latency table", "version": 1,
     "space": "darts",                                    whose operations it names
     "image": [3, 32, 32],                                size of the images
     "network": {"channels": 16, "cells": 8},             of the networks it prices
     "provenance": {"hardware", "device", "threads", "batch_size", "warm_up", "repeats",
                    "versions", "measured"},
     "milliseconds": {"sep_conv_3x3 16x32x32 16x32x32":   name, input and output size
                      {"median": 0.31, "low": 0.30, "high": 0.33}, ...},   quartiles
     "check": {...}}                                      whole networks, predicted and measured
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from harness.api import ConfigError, OperationKey, Rules, SearchSpace, TaskShape
from harness.config.wording import show, word
from harness.hardware.counting import count

Milliseconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Price = Callable[[OperationKey], float]


class Timing(Rules):
    """How long one operation takes, in milliseconds.

    Attributes:
        median: Of the repeats.
        low: Their first quartile.
        high: Their third quartile.
    """

    median: Milliseconds
    low: Milliseconds
    high: Milliseconds


class NetworkSize(Rules):
    """Of the networks whose operations are priced."""

    channels: PositiveInt
    cells: PositiveInt


class LatencyTable(BaseModel):
    """A price list in milliseconds; see the module for its file.

    Attributes:
        space: Name of the space whose operations it holds.
        image: Channels, height and width of the images.
        network: Size of the networks.
        provenance: Where and how it was measured.
        milliseconds: By the text of an operation's key.
        check: How well whole networks are predicted; None if that was not looked at.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["nas-harness latency table"] = "nas-harness latency table"
    version: Literal[1] = 1
    space: str
    image: tuple[int, int, int]
    network: NetworkSize
    provenance: dict[str, Any]
    milliseconds: Annotated[dict[str, Timing], Field(min_length=1)]
    check: dict[str, Any] | None = None

    def price(self, key: OperationKey) -> float:
        """Return the median of an operation.

        Raises:
            ConfigError: If the table lacks it.
        """
        try:
            return self.milliseconds[key.to_text()].median
        except KeyError:
            raise ConfigError(
                f"The latency table has no {key.to_text()!r}; it was measured for the space "
                f"{self.space}, images of {'x'.join(map(str, self.image))} and networks of "
                f"{self.network.channels} channels and {self.network.cells} cells."
            ) from None

    def complaint(
        self, space: str, image: tuple[int, int, int], channels: int, cells: int
    ) -> str | None:
        """Say for what else the table was made, or return None if it fits."""
        for what, own, asked in (
            ("the space", self.space, space),
            ("images of", "x".join(map(str, self.image)), "x".join(map(str, image))),
            ("initial channels:", self.network.channels, channels),
            ("cells:", self.network.cells, cells),
        ):
            if own != asked:
                return f"it was made for {what} {own}, not {asked}"
        return None


def read_table(path: Path) -> tuple[LatencyTable, str]:
    """Return a latency table, and the fingerprint of its file.

    Raises:
        ConfigError: If it cannot be read, or an entry is negative or not a number.
    """
    try:
        content = path.read_bytes()
        document = json.loads(content, parse_constant=_refuse)
        table = LatencyTable.model_validate(document)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = " / ".join(map(str, first["loc"]))
        given = first["input"]
        instead = f", not {show(given)}" if isinstance(given, int | float | str) else ""
        raise ConfigError(
            f"{path} is no latency table: {place}: {word(first)}{instead}."
        ) from error
    except ValueError as error:
        raise ConfigError(f"{path} is no latency table: {error}.") from error
    return table, hashlib.sha256(content).hexdigest()[:16]


def multiply_adds(space: SearchSpace) -> Price:
    """Return the price list of a space in multiply-adds of convolutions and linear layers."""

    @functools.cache
    def price(key: OperationKey) -> float:
        return count(space.operation(key), TaskShape(key.inputs, 1))[1]

    return price


def _refuse(constant: str) -> float:
    """Refuse NaN and infinities, which JSON does not have."""
    raise ValueError(f"it holds {constant}, where a number of milliseconds is due")
