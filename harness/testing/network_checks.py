"""The clauses of a space's contract on the networks that it builds."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from harness.api import (
    Architecture,
    Scale,
    SearchSpace,
    TaskShape,
    Unsupported,
)
from harness.testing.clauses import Check, is_sentence, no_error

BATCH = 4
CLASSES = 3
INPUTS = ((3, 8, 8), (3, 16, 16), (1, 16, 16), (3, 32, 32))
CELLS = (1, 2, 3, 4, 5, 6, 8, 12, 20)
AWKWARD = (
    ((1, 7, 7), Scale(8, 3)),
    ((2, 6, 10), Scale(8, 5)),
    ((3, 4, 4), Scale(2, 6)),
    ((3, 16, 8), Scale(6, 1)),
    ((3, 12, 12), Scale(8, 3, auxiliary=True)),
)
CHANNELS = (8, 16, 4)  # eight can be shared out by four and still be halved


def find_tiny(space: SearchSpace, *, auxiliary: bool = False) -> tuple[TaskShape, Scale]:
    """Return the smallest task shape and scale of a few that ``space`` supports."""
    for inputs, cells, channels in itertools.product(INPUTS, CELLS, CHANNELS):
        shape, scale = TaskShape(inputs, CLASSES), Scale(channels, cells, auxiliary)
        if space.unsupported(shape, scale) is None:
            return shape, scale
    raise AssertionError("it supports none of the tiny image shapes and scales of the checks")


def check_network_returns_logits(space: SearchSpace, seed: int) -> None:
    """Every architecture builds a network that returns one logit for each image and class."""
    architecture = space.sample(np.random.default_rng(seed))
    shape, scale = find_tiny(space)
    network = _build(space, architecture, shape, scale, seed)
    for mode in (True, False):
        with no_error(f"the network in {'training' if mode else 'evaluation'} mode"):
            logits = network.train(mode)(_images(shape))
        _require_logits(logits, shape)


def check_network_learns(space: SearchSpace, seed: int) -> None:
    """A step down the gradient changes what the network returns."""
    architecture = space.sample(np.random.default_rng(seed))
    shape, scale = find_tiny(space)
    network = _build(space, architecture, shape, scale, seed)
    before = network(_images(shape))
    before[:, 0].sum().backward()
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.grad is not None:
                parameter.sub_(0.01 * parameter.grad)
    assert not torch.equal(network(_images(shape)), before), "no parameter has a gradient"


def check_network_has_a_classifier(space: SearchSpace, seed: int) -> None:
    """The network's last linear layer is its attribute ``classifier``."""
    architecture = space.sample(np.random.default_rng(seed))
    shape, scale = find_tiny(space)
    require_classifier(_build(space, architecture, shape, scale, seed), shape)


def check_auxiliary_head_is_for_training(space: SearchSpace, seed: int) -> None:
    """If there can be an auxiliary head, it returns logits of its own in training mode only."""
    try:
        shape, scale = find_tiny(space, auxiliary=True)
    except AssertionError:
        return
    assert space.has_auxiliary_head, "has_auxiliary_head is false, but there can be one"
    network = _build(space, space.sample(np.random.default_rng(seed)), shape, scale, seed)
    outputs = network.train()(_images(shape))
    assert isinstance(outputs, tuple) and len(outputs) == 2, "there is no pair of logits"
    for logits in outputs:
        _require_logits(logits, shape)
    _require_logits(network.eval()(_images(shape)), shape)


def check_refuses_what_it_cannot_build(space: SearchSpace, seed: int) -> None:
    """``unsupported`` returns None or a sentence, and what it supports can be built and run."""
    architecture = space.sample(np.random.default_rng(seed))
    for inputs, scale in AWKWARD:
        shape = TaskShape(inputs, CLASSES)
        reason = space.unsupported(shape, scale)
        if reason is not None:
            assert is_sentence(reason), f"unsupported() should give a sentence, not {reason!r}"
            continue
        with no_error(f"a network for {shape} at {scale}, which it says it supports,"):
            _build(space, architecture, shape, scale, seed)(_images(shape))


def check_twin_inherits_everything(space: SearchSpace, seed: int) -> None:
    """A child equal to its parent computes the same once it has inherited the weights."""
    architecture = space.sample(np.random.default_rng(seed))
    shape, scale = find_tiny(space)
    parent = _build(space, architecture, shape, scale, seed)
    child = _build(space, architecture, shape, scale, seed + 1)
    parent(_images(shape))  # so that running statistics are worth inheriting
    space.inherit(architecture, child, architecture, parent.state_dict())
    images = _images(shape)
    assert torch.equal(parent.eval()(images), child.eval()(images)), (
        "a twin computes something else than the network it inherited from"
    )


def check_child_inherits_what_fits(space: SearchSpace, seed: int) -> None:
    """A mutated child inherits without harm: it computes, and its parent's weights stay."""
    rng = np.random.default_rng(seed)
    parent = space.sample(rng)
    child = space.mutate(parent, rng)
    shape, scale = find_tiny(space)
    network = _build(space, child, shape, scale, seed)
    weights = _build(space, parent, shape, scale, seed + 1).state_dict()
    kept = {name: tensor.clone() for name, tensor in weights.items()}
    with no_error("inherit()"):
        space.inherit(child, network, parent, weights)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(1)
    assert all(torch.equal(weights[name], kept[name]) for name in kept), (
        "the child shares memory with its parent's weights"
    )
    _require_logits(network(_images(shape)), shape)


def check_lists_every_operation(space: SearchSpace, seed: int) -> None:
    """Where a network's layers have names, a latency table of the space's operations has them."""
    shape, scale = find_tiny(space)
    try:
        layers = space.layers(space.sample(np.random.default_rng(seed)), shape, scale)
    except Unsupported:
        return  # it cannot be priced
    with no_error("operations()"):
        listed = set(space.operations(shape, scale))
    missing = sorted(set(layers) - listed)
    assert not missing, f"a network has {missing[0].to_text()!r}, which operations() does not list"


def require_classifier(network: nn.Module, shape: TaskShape) -> None:
    """Fail unless the last linear layer is called ``classifier`` and fits the task."""
    classifier = getattr(network, "classifier", None)
    assert isinstance(classifier, nn.Linear), "there is no linear layer called 'classifier'"
    assert classifier.out_features == shape.classes, (
        f"the classifier has {classifier.out_features} outputs for {shape.classes} classes"
    )


def _build(
    space: SearchSpace, architecture: Architecture, shape: TaskShape, scale: Scale, seed: int
) -> nn.Module:
    torch.manual_seed(seed)
    return space.build(architecture, shape, scale)


def _images(shape: TaskShape) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(BATCH, *shape.inputs, generator=generator)


def _require_logits(logits: object, shape: TaskShape) -> None:
    assert isinstance(logits, Tensor), f"the network returns a {type(logits).__name__}"
    expected = (BATCH, shape.classes)
    assert logits.shape == expected, f"logits of shape {tuple(logits.shape)}, not {expected}"
    assert bool(logits.isfinite().all()), "logits of a fresh network are not finite"


NETWORK_CHECKS: Sequence[Check] = (
    check_network_returns_logits,
    check_network_learns,
    check_network_has_a_classifier,
    check_auxiliary_head_is_for_training,
    check_refuses_what_it_cannot_build,
    check_twin_inherits_everything,
    check_child_inherits_what_fits,
    check_lists_every_operation,
)
