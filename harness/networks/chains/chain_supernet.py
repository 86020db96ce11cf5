"""Super-networks of chains: gated layers, and blocks whose depth carries a gate too.

Batch normalisation has parameters of its own, as in ProxylessNAS (in DARTS it has none): what its
methods compute is one path, and gates that are zero or one cannot be undone by the layers after.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator, Sequence
from typing import Literal, cast

from torch import Tensor, nn
from typing_extensions import override

from harness.api import Gates
from harness.networks.chains.chain import Frame, Place
from harness.networks.chains.mbconv import Style, make_layer
from harness.networks.mixed import MixedOperation
from harness.networks.operations import Zero
from harness.networks.probing import probe as run_probe

ZERO = "zero"

# Of one edge: weights, what is active, what is probed, and how; as ``MixedOperation`` takes them.
Gate = tuple[Tensor, Sequence[int] | None, Sequence[int], Literal["forward", "backward"]]


class ChainSupernet(nn.Module):
    """A chain of gated parts, called as ``supernet(images, gates)``.

    A chain has one way through only, so of each edge something must be active.

    Args:
        frame: What stands around them.
        parts: Each is called with its input and one gate for each of its ``edges``, in order.
        style: Of the layers.
    """

    def __init__(
        self, frame: Frame, parts: Sequence[MixedLayer | ElasticBlock], style: Style
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(*(make_layer(key, style) for key in frame.stem))
        self.parts = nn.ModuleList(parts)
        self.tail = make_layer(frame.tail, style)
        self.classifier = nn.Linear(frame.classifier.inputs[0], frame.classifier.outputs[0])

    @override
    def forward(self, images: Tensor, gates: Gates) -> Tensor:
        states = self.stem(images)
        edge = 0
        for part in self.parts:
            own = range(edge, edge := edge + cast("MixedLayer | ElasticBlock", part).edges)
            states = part(states, *(take_gate(gates, index) for index in own))
        logits: Tensor = self.classifier(self.tail(states).mean(dim=(2, 3)))
        return logits


class MixedLayer(nn.Module):
    """A gated layer; where it keeps its size, its input is added, whatever the gate says.

    So a layer of which ``zero`` is active returns its input.

    Args:
        place: Where it stands.
        names: Of its candidates.
        style: Of their layers.
    """

    edges = 1

    def __init__(self, place: Place, names: Sequence[str], style: Style) -> None:
        super().__init__()
        self.mixed = mix(place, names, style)
        self.keeps_size = place.keeps_size

    @override
    def forward(self, inputs: Tensor, gate: Gate) -> Tensor:
        _, active, probed, _ = gate
        if self.keeps_size and self.mixed.is_idle(active, probed):
            return inputs
        outputs: Tensor = self.mixed(inputs, *gate)
        return inputs + outputs if self.keeps_size else outputs


class ElasticBlock(nn.Module):
    """Layers that share one gate over their operations, and a gate over how many there are.

    Its output is the sum over depths of the gate's weight times what has been computed so far.
    Layers that are deeper than everything active are not computed.

    Args:
        places: Where its layers stand.
        names: Of the candidates of every layer.
        style: Of the layers.
    """

    edges = 2

    def __init__(self, places: Sequence[Place], names: Sequence[str], style: Style) -> None:
        super().__init__()
        self.layers = nn.ModuleList(mix(place, names, style) for place in places)

    @override
    def forward(self, inputs: Tensor, operations: Gate, depths: Gate) -> Tensor:
        weights, active, probed, probe = depths
        chosen = range(len(self.layers)) if active is None else active
        states = self._run([inputs], 1 + max(chosen), operations)
        gate = weights.unbind()
        terms = [gate[depth] * states[depth + 1] for depth in chosen]
        total = functools.reduce(operator.add, terms)
        if not probed:
            return total

        def look(*states: Tensor) -> Iterator[tuple[int, Tensor]]:
            """Yield what the block would be worth at other depths."""
            given, running, _, _ = operations
            others = self._run([*states], 1 + max(probed), (given.detach(), running, (), probe))
            for depth in probed:
                yield depth, others[depth + 1]

        return run_probe(total, weights, look, states, probe)

    def _run(self, states: list[Tensor], depth: int, gate: Gate) -> list[Tensor]:
        """Return the block's input and each layer's output, some given, up to a depth."""
        states = [*states]
        for layer in self.layers[len(states) - 1 : depth]:
            states.append(layer(states[-1], *gate))
        return states


def mix(place: Place, names: Sequence[str], style: Style) -> MixedOperation:
    """Return the gated sum of a place's candidates."""
    return MixedOperation(
        (Zero(1) if name == ZERO else make_layer(place.key(name), style) for name in names),
        stride=1 if place.inputs[1:] == place.outputs[1:] else 2,
    )


def take_gate(gates: Gates, edge: int) -> Gate:
    """Return the gate of one edge."""
    active = None if gates.active is None else gates.active[edge]
    return gates.weights[edge], active, gates.probed[edge] if gates.probed else (), gates.probe
