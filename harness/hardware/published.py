"""Reads the latency table that was published with ProxylessNAS, as a price list of ours.

Its keys name a layer by sizes (height x width x channels) and options, each with the mean and the
variance of many measurements on a phone, in milliseconds::

    expanded_conv-input:14x14x96-output:7x7x192-expand:3-kernel:5-stride:2-idskip:0: ...
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.api import ConfigError, OperationKey
from harness.config.documents import read_yaml
from harness.hardware.prices import LatencyTable, NetworkSize, Timing, read_table

SPACE, IMAGE, CHANNELS, CELLS = "mbconv_chain", (3, 224, 224), 32, 21
# The quartiles of a normal distribution, in standard deviations.
QUARTILE = 0.6744897501960817

_NAMES = {"Conv": "conv_3x3", "Conv_1": "conv_1x1", "Logits": "classifier"}
_KEY = re.compile(
    r"(?P<name>\w+)-input:(?P<inputs>[\dx]+)-output:(?P<outputs>[\dx]+)"
    r"(-expand:(?P<expand>\d+)-kernel:(?P<kernel>\d+)-stride:\d+-idskip:(?P<skip>[01]))?"
)


def read_published(path: Path) -> LatencyTable:
    """Return the table; it prices the space ``mbconv_chain`` of 32 channels on 224x224 images.

    Its median is the published mean, its quartiles are those of a normal distribution.

    Raises:
        ConfigError: If the file is no such table.
    """
    document = read_yaml(path)
    if not isinstance(document, Mapping) or not document:
        raise ConfigError(f"{path} is no latency table: expected a mapping of layers.")
    entries = {
        _read_key(path, str(key)): _read_timing(path, key, document[key]) for key in document
    }
    return LatencyTable(
        space=SPACE,
        image=IMAGE,
        network=NetworkSize(channels=CHANNELS, cells=CELLS),
        provenance={"source": path.name, "measured": "published with ProxylessNAS"},
        milliseconds=entries,
    )


def read_any_table(path: Path) -> tuple[LatencyTable, str]:
    """Return a latency table of ours, or the published one if it is YAML, and its fingerprint."""
    if path.suffix not in {".yaml", ".yml"}:
        return read_table(path)
    table = read_published(path)
    return table, hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _read_key(path: Path, text: str) -> str:
    match = _KEY.fullmatch(text)
    if match is None:
        raise ConfigError(f"{path}: {text!r} names no layer of the published table.")
    name = _NAMES.get(match["name"])
    if name is None:
        skip = "_skip" if match["skip"] == "1" else ""
        name = f"mbconv_{match['kernel']}x{match['kernel']}_e{match['expand']}{skip}"
    return OperationKey(name, _read_size(match["inputs"]), _read_size(match["outputs"])).to_text()


def _read_size(text: str) -> tuple[int, int, int]:
    """Turn height x width x channels around; a bare number is that of classes."""
    height, width, channels = ([1, 1] + [int(part) for part in text.split("x")])[-3:]
    return channels, height, width


def _read_timing(path: Path, key: object, entry: Any) -> Timing:
    try:
        mean, deviation = float(entry["mean"]), math.sqrt(float(entry["var"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{path}: {key}: expected a mean and a variance.") from error
    if not (mean >= 0 and math.isfinite(mean + deviation)):
        raise ConfigError(f"{path}: {key}: {mean} is no number of milliseconds.")
    reach = QUARTILE * deviation
    return Timing(median=mean, low=max(0.0, mean - reach), high=mean + reach)
