"""The contract of a space with a super-network, one function per clause.

As in ``space_checks``, every check is a pure function of a space and a seed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from harness.api import Architecture, Gates, TaskShape, Unsupported, WeightSharingSpace
from harness.hardware.counting import count
from harness.testing.clauses import Check, is_sentence, no_error, require_architecture
from harness.testing.network_checks import BATCH, find_tiny, require_classifier

TOLERANCE = 1e-10


def check_edges_are_choices(space: WeightSharingSpace, seed: int) -> None:
    """Its edges have names of their own and several operations; nodes share them out, each once."""
    labels = [edge.name for edge in space.edges]
    assert labels and len(set(labels)) == len(labels), "two edges have one name"
    for edge in space.edges:
        assert len(set(edge.options)) == len(edge.options) >= 2, (
            f"the edge {edge.name!r} has the operations {edge.options}"
        )
    covered = sorted(index for edges in space.fan_in for index in edges)
    assert covered == list(range(len(space.edges))), "fan_in does not hold every edge exactly once"


def check_any_probabilities_derive(space: WeightSharingSpace, seed: int) -> None:
    """Whatever the probabilities, even NaN, a valid architecture is derived, always the same."""
    rng = np.random.default_rng(seed)
    sizes = [len(edge.options) for edge in space.edges]
    cases: dict[str, list[NDArray[np.float64]]] = {
        "random": [rng.dirichlet(np.ones(size)) for size in sizes],
        "one-hot": [np.eye(size)[rng.integers(size)] for size in sizes],
        "equal": [np.full(size, 1 / size) for size in sizes],
        "NaN": [np.full(size, np.nan) for size in sizes],
    }
    for name, probabilities in cases.items():
        with no_error(f"derive() of {name} probabilities"):
            derived = space.derive(probabilities)
        require_architecture(f"what {name} probabilities derive", derived, space)
        assert space.derive([p.copy() for p in probabilities]) == derived, (
            f"{name} probabilities derive two architectures"
        )


def check_path_has_one_hot_gates(space: WeightSharingSpace, seed: int) -> None:
    """A sampled path is held by the super-network: at most one operation of an edge, weight one."""
    path = space.sample_path(np.random.default_rng(seed))
    require_architecture("the sampled path", path, space)
    gates = _gates_of(space, path)
    assert len(gates.weights) == len(space.edges), "there is not one gate for each edge"
    assert gates.active is not None and len(gates.active) == len(space.edges), (
        "the gates do not say what is active, so that everything would be computed"
    )
    for edge, weights, active in zip(space.edges, gates.weights, gates.active, strict=True):
        hot = weights.nonzero().flatten().tolist()
        assert len(weights) == len(edge.options), f"the gate of {edge.name!r} has another size"
        assert len(hot) <= 1 and float(weights.sum()) == len(hot), (
            f"the gate of {edge.name!r} is {weights.tolist()}, not one-hot"
        )
        assert list(active) == hot, (
            f"of {edge.name!r} {active} is active, but the weight is {hot}'s"
        )
    assert any(gates.active), "nothing is active"


def check_path_is_derived_from_its_gates(space: WeightSharingSpace, seed: int) -> None:
    """Probabilities that are a path's own gates derive this path."""
    path = space.sample_path(np.random.default_rng(seed))
    probabilities = [weights.double().numpy() for weights in _gates_of(space, path).weights]
    derived = space.derive(probabilities)
    assert derived == path, f"the gates of {path} derive {derived}"


def check_supernet_returns_logits(space: WeightSharingSpace, seed: int) -> None:
    """Under softmax gates the super-network returns logits, and every gate has a gradient."""
    supernet, shape = _supernet(space, seed)
    require_classifier(supernet, shape)
    gates = _dense_gates(space, seed)
    logits = supernet(_images(shape), gates)
    expected = (BATCH, shape.classes)
    assert logits.shape == expected, f"logits of shape {tuple(logits.shape)}, not {expected}"
    logits.square().sum().backward()
    idle = [e.name for e, w in zip(space.edges, gates.weights, strict=True) if w.grad is None]
    assert not idle, f"the gates of {idle} play no part"


def check_active_path_is_the_sum_of_its_operations(space: WeightSharingSpace, seed: int) -> None:
    """What a path computes equals the full weighted sum in which all other weights are zero."""
    supernet, shape = _supernet(space, seed)
    path = _gates_of(space, space.sample_path(np.random.default_rng(seed)))
    generator = torch.Generator().manual_seed(seed)
    weights = [w.double() * (0.5 + torch.rand((), generator=generator)) for w in path.weights]
    with torch.no_grad():
        alone = supernet(_images(shape), Gates(weights, path.active))
        among_all = supernet(_images(shape), Gates(weights))
    gap = float((alone - among_all).abs().max())
    assert gap <= TOLERANCE, f"the path differs from the sum of its operations by {gap:.1e}"


def check_inactive_operations_are_not_computed(space: WeightSharingSpace, seed: int) -> None:
    """Under a path's gates the super-network multiplies and adds less than under all of them."""
    supernet, shape = _supernet(space, seed)
    path = _gates_of(space, space.sample_path(np.random.default_rng(seed)))
    _, alone = count(supernet, shape, path)
    _, among_all = count(supernet, shape, Gates(path.weights))
    assert alone < among_all, f"a path costs {alone} multiply-adds, everything costs {among_all}"


def check_probed_operations_have_exact_gradients(space: WeightSharingSpace, seed: int) -> None:
    """A gate's gradient is the same whether an operation is active, or only probed, either way."""
    supernet, shape = _supernet(space, seed)
    path = _gates_of(space, space.sample_path(np.random.default_rng(seed)))
    assert path.active is not None, "the gates do not say what is active"
    probed = [
        tuple(option for option in range(len(edge.options)) if option not in active)
        for edge, active in zip(space.edges, path.active, strict=True)
    ]
    exact = _gate_gradients(supernet, shape, path, Gates)
    for probe in ("forward", "backward"):
        found = _gate_gradients(
            supernet, shape, path, lambda w, p=probe: Gates(w, path.active, probed, p)
        )
        gap = max(float((a - b).abs().max()) for a, b in zip(exact, found, strict=True))
        size = max(float(gradient.abs().max()) for gradient in exact)
        assert gap <= TOLERANCE * max(1.0, size), f"probing {probe} is off by {gap:.1e}"


def check_channels_are_shared_or_refused(space: WeightSharingSpace, seed: int) -> None:
    """Partial channels either work or are refused with a sentence."""
    shape, scale = find_tiny(space)
    torch.manual_seed(seed)
    try:
        supernet = space.supernet(shape, scale, channel_share=4)
    except Unsupported as reason:
        assert is_sentence(str(reason)), f"Unsupported should say why, not {str(reason)!r}"
        return
    with no_error("a super-network with partial channels"):
        logits = supernet.double()(_images(shape), _dense_gates(space, seed))
    assert logits.shape == (BATCH, shape.classes), f"logits of shape {tuple(logits.shape)}"


def _supernet(space: WeightSharingSpace, seed: int) -> tuple[nn.Module, TaskShape]:
    """Return a tiny super-network in float64; in evaluation mode, where nothing is random."""
    shape, scale = find_tiny(space)
    torch.manual_seed(seed)
    return space.supernet(shape, scale).double().eval(), shape


def _images(shape: TaskShape) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(BATCH, *shape.inputs, generator=generator, dtype=torch.float64)


def _gates_of(space: WeightSharingSpace, path: Architecture) -> Gates:
    with no_error(f"gates_of({path}), a sampled path,"):
        gates = space.gates_of(path)
    return Gates([weights.double() for weights in gates.weights], gates.active)


def _dense_gates(space: WeightSharingSpace, seed: int) -> Gates:
    generator = torch.Generator().manual_seed(seed)
    alphas = (
        torch.randn(len(edge.options), generator=generator, dtype=torch.float64)
        for edge in space.edges
    )
    return Gates([alpha.softmax(0).requires_grad_() for alpha in alphas])


def _gate_gradients(
    supernet: nn.Module, shape: TaskShape, path: Gates, gates: object
) -> list[Tensor]:
    """Return the gradient of a loss with respect to every weight; zeros where there is none."""
    assert callable(gates)
    weights = [w.clone().requires_grad_() for w in path.weights]
    loss = supernet(_images(shape), gates(weights)).square().sum()
    found = torch.autograd.grad(loss, weights, allow_unused=True, materialize_grads=True)
    return list(found)


SUPERNET_CHECKS: Sequence[Check] = (
    check_edges_are_choices,
    check_any_probabilities_derive,
    check_path_has_one_hot_gates,
    check_path_is_derived_from_its_gates,
    check_supernet_returns_logits,
    check_active_path_is_the_sum_of_its_operations,
    check_inactive_operations_are_not_computed,
    check_probed_operations_have_exact_gradients,
    check_channels_are_shared_or_refused,
)
