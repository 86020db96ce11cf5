"""NAS-Bench-201's network around one cell, stand-alone and as super-network.

Three stages of N cells with C, 2C and 4C channels; a residual block halves the resolution between
two stages. The table's networks have C = 16 and N = 5.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from torch import Tensor, nn
from typing_extensions import override

from harness.api import Decision, Gates, Scale, TaskShape
from harness.networks.mixed import MixedOperation
from harness.networks.nb201.nb201_operations import Head, ResidualBlock, Stem, make_operation
from harness.networks.operations import zeros_after

STAGES = 3


class Stages(nn.Module):
    """Stem, cells and residual blocks in their order, head.

    Args:
        make_cell: Returns a cell of that many channels.
        shape: Of the task.
        scale: Channels C, and N as ``cells``.
    """

    def __init__(
        self, make_cell: Callable[[int], nn.Module], shape: TaskShape, scale: Scale
    ) -> None:
        super().__init__()
        self.stem = Stem(shape.inputs[0], scale.channels)
        self.body = nn.ModuleList()
        for stage in range(STAGES):
            width = scale.channels * 2**stage
            if stage:
                self.body.append(ResidualBlock(width // 2))
            self.body.extend(make_cell(width) for _ in range(scale.cells))
        head = Head(scale.channels * 2 ** (STAGES - 1), shape.classes)
        self.last, self.classifier = head.last, head.classifier

    def _finish(self, states: Tensor) -> Tensor:
        logits: Tensor = self.classifier(self.last(states).mean(dim=(2, 3)))
        return logits


class Network(Stages):
    """The stand-alone network of one cell.

    Submodules are named by place, edge and operation, so that equal names in two networks mean the
    same layer.

    Args:
        edges: Source, target and operation of each edge of the cell.
        shape: Of the task.
        scale: Channels C, and N as ``cells``.
    """

    def __init__(
        self, edges: Sequence[tuple[int, int, str]], shape: TaskShape, scale: Scale
    ) -> None:
        super().__init__(lambda channels: Cell(edges, channels), shape, scale)

    @override
    def forward(self, images: Tensor) -> Tensor:
        states = self.stem(images)
        for part in self.body:
            states = part(states)
        return self._finish(states)


class Cell(nn.Module):
    """One cell: every node is the sum of the edges from the nodes before it."""

    def __init__(self, edges: Sequence[tuple[int, int, str]], channels: int) -> None:
        super().__init__()
        self.operations = nn.ModuleDict()
        self.incoming: dict[int, list[tuple[int, str]]] = {}
        for source, target, name in edges:
            incoming = self.incoming.setdefault(target, [])
            if name != "none":
                key = f"{source}_{target}_{name}"
                self.operations[key] = make_operation(name, channels, affine=True)
                incoming.append((source, key))

    @override
    def forward(self, inputs: Tensor) -> Tensor:
        states = [inputs]
        for incoming in self.incoming.values():
            terms = [self.operations[key](states[source]) for source, key in incoming]
            states.append(sum(terms[1:], terms[0]) if terms else zeros_after(inputs, 1))
        return states[-1]


class Supernet(Stages):
    """All cells of the space at once, called as ``supernet(images, gates)``.

    Every cell shares the gates. Batch normalisation inside cells has no parameters of its own, so
    that a gate's weight cannot be undone by the layer after it.

    Args:
        edges: Node by node; node i has one from each of the i nodes before it.
        shape: Of the task.
        scale: Channels C, and N as ``cells``.
        channel_share: PC-DARTS' K; divides the channels.
    """

    def __init__(
        self, edges: Sequence[Decision], shape: TaskShape, scale: Scale, *, channel_share: int = 1
    ) -> None:
        super().__init__(lambda channels: MixedCell(edges, channels, channel_share), shape, scale)

    @override
    def forward(self, images: Tensor, gates: Gates) -> Tensor:
        states = self.stem(images)
        for part in self.body:
            states = part(states, gates) if isinstance(part, MixedCell) else part(states)
        return self._finish(states)


class MixedCell(nn.Module):
    """One cell of a super-network: every node sums gated edges from all nodes before it."""

    def __init__(self, edges: Sequence[Decision], channels: int, channel_share: int) -> None:
        super().__init__()
        self.edges = nn.ModuleList(
            MixedOperation(
                (
                    make_operation(name, channels // channel_share, affine=False)
                    for name in edge.options
                ),
                1,
                channel_share=channel_share,
            )
            for edge in edges
        )

    @override
    def forward(self, inputs: Tensor, gates: Gates) -> Tensor:
        states = [inputs]
        index = 0
        while index < len(self.edges):
            total: Tensor | None = None
            for source in states:
                term = self._term(index, source, gates)
                if term is not None:
                    total = term if total is None else total + term
                index += 1
            states.append(zeros_after(inputs, 1) if total is None else total)
        return states[-1]

    def _term(self, index: int, source: Tensor, gates: Gates) -> Tensor | None:
        """Return what an edge adds to its node; None if that is nothing."""
        edge = cast("MixedOperation", self.edges[index])
        active = None if gates.active is None else gates.active[index]
        probed = gates.probed[index] if gates.probed else ()
        if edge.is_idle(active, probed):
            return None
        output: Tensor = edge(source, gates.weights[index], active, probed, gates.probe)
        return output
