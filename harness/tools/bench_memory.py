"""How much memory a forward pass keeps for its backward pass, and how gates change that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import mean
from typing import Any

import torch
from torch import Tensor, nn

from harness.api import Gates, Scale, TaskShape, WeightSharingSpace
from harness.search.oneshot.paths import BinaryGates, draw_options, path_gates


@dataclass(frozen=True)
class PathMemory:
    """Bytes kept for the backward pass by binary gates and by dense ones.

    Attributes:
        dense_weights: Of a weight step under softmax gates, plain implementation.
        dense_choices: Of an architecture step under them.
        fused_weights: Of a weight step under them, fused implementation; None if there is none.
        fused_choices: Of an architecture step under them; None if there is none.
        one_path: Of a weight step in which one option of each edge runs, in the implementation that
            a search uses: mean over draws.
        two_paths: Of an architecture step in which another one is probed: mean over draws.
        samples: Number of draws.
    """

    dense_weights: int
    dense_choices: int
    fused_weights: int | None
    fused_choices: int | None
    one_path: float
    two_paths: float
    samples: int

    def to_json(self) -> dict[str, Any]:
        """Return plain values, the ratios to both implementations of dense gates included."""
        ratios = {
            "weight_step_ratio": self.one_path / self.dense_weights,
            "choice_step_ratio": self.two_paths / self.dense_choices,
        }
        if self.fused_weights and self.fused_choices:
            ratios["weight_step_ratio_of_fused"] = self.one_path / self.fused_weights
            ratios["choice_step_ratio_of_fused"] = self.two_paths / self.fused_choices
        return {**asdict(self), **ratios}


def count_kept(network: nn.Module, run: Callable[[], Tensor]) -> int:
    """Return the bytes that ``run`` keeps for the backward pass, the network's weights aside."""
    own = {weight.untyped_storage().data_ptr() for weight in network.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = run()
    del result
    return sum(kept.values())


def measure_paths(
    space: WeightSharingSpace,
    shape: TaskShape,
    scale: Scale,
    batch_size: int,
    *,
    device: str = "cpu",
    samples: int = 20,
) -> PathMemory:
    """Count what one and two paths keep of what all operations keep.

    Args:
        space: Whose super-network is looked at.
        shape: Of the task.
        scale: Of the super-network.
        batch_size: Images, which are noise.
        device: Where.
        samples: Draws, from uniform probabilities.
    """
    torch.manual_seed(0)
    network = space.supernet(shape, scale).to(device)
    has_fused = hasattr(network, "implementation")
    images = torch.randn(batch_size, *shape.inputs, device=device)
    alphas = [
        torch.zeros(len(edge.options), device=device).requires_grad_() for edge in space.edges
    ]
    logits = [alpha.detach().cpu() for alpha in alphas]

    def count(gates: Gates, *, implementation: str = "fused") -> int:
        if has_fused:
            network.implementation = implementation  # type: ignore[assignment]
        return count_kept(network, lambda: network(images, gates))

    def fixed() -> Gates:
        return Gates([alpha.detach().softmax(0) for alpha in alphas])

    def learning() -> Gates:
        return Gates([alpha.softmax(0) for alpha in alphas])

    def draw_two() -> Gates:
        pairs = draw_options(logits, 2)
        return BinaryGates.over(alphas, pairs, tuple(pair[0] for pair in pairs)).gates("forward")

    def draw_one() -> Gates:
        choices = [option for (option,) in draw_options(logits, 1)]
        return path_gates(choices, [alpha.detach() for alpha in alphas])

    return PathMemory(
        dense_weights=count(fixed(), implementation="plain"),
        dense_choices=count(learning(), implementation="plain"),
        fused_weights=count(fixed()) if has_fused else None,
        fused_choices=count(learning()) if has_fused else None,
        one_path=mean(count(draw_one()) for _ in range(samples)),
        two_paths=mean(count(draw_two()) for _ in range(samples)),
        samples=samples,
    )
