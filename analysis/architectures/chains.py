"""How alike two chains of blocks are: stage by stage, layer by layer.

A layer is what stands in one place of a stage. A block that counts its layers (``x3``) is a stage
of its own with that many equal layers; ``zero`` is a layer that was removed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.architectures.histograms import jensen_shannon
from harness.api import BlockChain

Matrix = NDArray[np.float64]
Integers = NDArray[np.int64]

REMOVED = "zero"
NO_LAYER = -1


class Layer(NamedTuple):
    """What a layer computes; a removed one has neither kernel nor expansion."""

    kernel: int | None
    expansion: int | None
    block: str

    @property
    def is_removed(self) -> bool:
        """Whether it is the identity."""
        return self.block == REMOVED


class Stage(NamedTuple):
    """The layers between two changes of size, and how wide they are."""

    layers: tuple[Layer, ...]
    width: float


def read_stages(chain: BlockChain) -> tuple[Stage, ...]:
    """Return a chain's stages; one stage where it says nothing about them."""
    blocks = [read_block(text) for text in chain.blocks]
    if any(count is not None for _, count, _ in blocks):
        return tuple(Stage((layer,) * (count or 1), width) for layer, count, width in blocks)
    layers = [layer for layer, _, _ in blocks]
    ends = np.cumsum([0, *(chain.stages or (len(layers),))])
    bounds = itertools.pairwise(ends)
    return tuple(Stage(tuple(layers[start:stop]), 1.0) for start, stop in bounds)


def compare(first: Sequence[BlockChain], second: Sequence[BlockChain]) -> dict[str, Matrix]:
    """Compare all pairs, each result an array (len(first), len(second)).

    ``layer_hamming``: share of places whose layers differ. ``layer_edit``: Levenshtein distance
    within stages over the larger number of layers; a layer costs 1 to insert or delete, half to
    change its kernel and half its expansion, 1 to remove. ``kernel_jsd``, ``expansion_jsd``:
    Jensen-Shannon divergence in bits of the layers' kernels and expansions. ``depth_difference``:
    of a stage's layers, on average. ``width_difference``: of a stage's width, on average, in
    powers of two.
    """
    stages = [read_stages(chain) for chain in (*first, *second)]
    codes = _encode(stages)
    left, right = codes.part(0, len(first)), codes.part(len(first), len(stages))
    larger = np.maximum(left.lengths[:, None], right.lengths[None]).sum(axis=2)
    most = np.maximum(left.lengths.sum(axis=1)[:, None], right.lengths.sum(axis=1)[None])
    depths = np.abs(left.depths[:, None] - right.depths[None])
    widths = np.abs(left.widths[:, None] - right.widths[None])
    return {
        "layer_hamming": _differing(left, right) / np.maximum(larger, 1),
        "layer_edit": _levenshtein(left, right) / np.maximum(most, 1),
        "kernel_jsd": _divergence(stages, len(first), lambda layer: layer.kernel),
        "expansion_jsd": _divergence(stages, len(first), lambda layer: layer.expansion),
        "depth_difference": depths.mean(axis=2),
        "width_difference": widths.mean(axis=2),
    }


@dataclass(frozen=True)
class _Codes:
    """Chains as arrays: N chains, S stages, L layers at most.

    Attributes:
        layers: (N, S, L, 4) number of the layer, its kernel, its expansion, whether it is removed;
            ``NO_LAYER`` where there is none.
        lengths: (N, S) number of places.
        depths: (N, S) number of layers that are not removed.
        widths: (N, S) logarithm to the base 2.
    """

    layers: Integers
    lengths: Integers
    depths: Integers
    widths: Matrix

    def part(self, start: int, stop: int) -> _Codes:
        """Return some of the chains."""
        kept = slice(start, stop)
        return _Codes(self.layers[kept], self.lengths[kept], self.depths[kept], self.widths[kept])


def read_block(text: str) -> tuple[Layer, int | None, float]:
    """Return a block's layer, how many there are of it, and its width."""
    kind, *words = text.split()
    found = {word[0]: word[1:] for word in words if re.fullmatch(r"[kexw][0-9.]+", word)}
    numbers = [int(found[letter]) if letter in found else None for letter in "kex"]
    kernel, expansion, count = numbers
    kept = [word for word in words if word[0] not in "xw" or word[1:] != found.get(word[0])]
    width = float(found.get("w", 1))
    return Layer(kernel, expansion, " ".join([kind, *kept])), count, width


def _encode(chains: Sequence[Sequence[Stage]]) -> _Codes:
    most_stages = max(len(stages) for stages in chains)
    most_layers = max((len(stage.layers) for stages in chains for stage in stages), default=0)
    shape = (len(chains), most_stages)
    layers = np.full((*shape, most_layers, 4), NO_LAYER, dtype=np.int64)
    widths = np.zeros(shape)
    number: dict[Hashable, int] = {}
    for row, stages in enumerate(chains):
        for column, stage in enumerate(stages):
            widths[row, column] = np.log2(stage.width)
            for place, layer in enumerate(stage.layers):
                layers[row, column, place] = (
                    number.setdefault(layer.block, len(number)),
                    layer.kernel or 0,
                    layer.expansion or 0,
                    layer.is_removed,
                )
    exists, is_removed = layers[..., 0] != NO_LAYER, layers[..., 3] == 1
    return _Codes(layers, exists.sum(axis=2), (exists & ~is_removed).sum(axis=2), widths)


def _differing(left: _Codes, right: _Codes) -> Integers:
    """Count the places whose layers differ, also where only one chain has one."""
    total = np.zeros((len(left.lengths), len(right.lengths)), dtype=np.int64)
    for stage in range(left.layers.shape[1]):
        first, second = left.layers[:, stage, :, 0], right.layers[:, stage, :, 0]
        total += (first[:, None] != second[None]).sum(axis=2)
    return total


def _weighted(first: Integers, second: Integers) -> Matrix:
    """Return half for another kernel, half for another expansion, 1 for a removed layer."""
    kernel, expansion, removed = (first[:, None, k] != second[None, :, k] for k in (1, 2, 3))
    both_removed = (first[:, None, 3] == 1) & (second[None, :, 3] == 1)
    changed = np.where(kernel, 0.5, 0.0) + np.where(expansion, 0.5, 0.0)
    return np.where(removed, 1.0, np.where(both_removed, 0.0, changed))


def _levenshtein(left: _Codes, right: _Codes) -> Matrix:
    """Return the distance of all pairs, summed over the stages.

    The usual table of prefixes, each of its entries an array over all pairs; a pair's distance
    stands where its own lengths meet.
    """
    shape = (len(left.lengths), len(right.lengths))
    total = np.zeros(shape)
    for stage in range(left.layers.shape[1]):
        firsts, seconds = left.layers[:, stage], right.layers[:, stage]
        rows, columns = left.lengths[:, stage, None], right.lengths[None, :, stage]
        above = [np.full(shape, float(j)) for j in range(seconds.shape[1] + 1)]
        for i in range(firsts.shape[1] + 1):
            if i > 0:
                here = [np.full(shape, float(i))]
                for j in range(1, len(above)):
                    changed = above[j - 1] + _weighted(firsts[:, i - 1], seconds[:, j - 1])
                    here.append(np.minimum(changed, 1 + np.minimum(above[j], here[j - 1])))
                above = here
            for j, distance in enumerate(above):
                total += np.where((rows == i) & (columns == j), distance, 0.0)
    return total


def _divergence(
    chains: Sequence[Sequence[Stage]], split: int, trait: Callable[[Layer], Hashable]
) -> Matrix:
    """Compare how often each trait occurs among the layers that are not removed."""
    values = [
        [str(trait(layer)) for stage in stages for layer in stage.layers if not layer.is_removed]
        for stages in chains
    ]
    names = sorted(set().union(*values)) or [""]
    counts = np.array([[found.count(name) for name in names] for found in values], dtype=float)
    with np.errstate(invalid="ignore"):
        shares = counts / counts.sum(axis=1, keepdims=True)
    return jensen_shannon(shares[:split, None], shares[None, split:])
