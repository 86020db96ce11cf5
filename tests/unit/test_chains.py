"""Spaces of chains: what their super-networks compute and what their networks cost."""

import functools

import numpy as np
import pytest
import torch

from harness.api import Gates, OperationKey, Scale, TaskShape, Unsupported
from harness.hardware.counting import count
from harness.interfaces.costs import price
from harness.networks.operations import Zero
from harness.spaces.mbconv_chain import MbconvChain
from harness.spaces.mobile import Mobile

SPACES = [MbconvChain(blocks="2,1,2,1,3,1"), Mobile(blocks=4), Mobile(blocks=4, width="previous")]
SETTINGS = [
    (TaskShape((1, 16, 16), 7), Scale(4, 3)),
    (TaskShape((3, 9, 14), 10), Scale(11, 1)),
    (TaskShape((3, 64, 96), 12), Scale(8, 20)),
]
spaces = pytest.mark.parametrize("space", SPACES, ids=lambda space: type(space).__name__)
settings = pytest.mark.parametrize(("shape", "scale"), SETTINGS)


@functools.cache
def multiply_adds(space, key):
    return count(space.operation(key), TaskShape(key.inputs, 1))[1]


def draw(space, seed, *, path=False):
    rng = np.random.default_rng(seed)
    return space.sample_path(rng) if path else space.sample(rng)


def selected(space, supernet, path):
    """Return the layers of a super-network that a path uses, in order."""
    choices = iter(active for (active,) in space.gates_of(path).active)
    for part in supernet.parts:
        choice = next(choices)
        if part.edges == 2:
            yield from (layer.operations[choice] for layer in part.layers[: next(choices) + 1])
        elif not isinstance(part.mixed.operations[choice], Zero):
            yield part.mixed.operations[choice]


def build_pair(space, seed, shape, scale):
    """Return a super-network, a path, and its stand-alone network with the same weights."""
    torch.manual_seed(seed)
    supernet, path = space.supernet(shape, scale), draw(space, seed, path=True)
    network = space.build(path, shape, scale)
    own = [layer for block in network.blocks for layer in block]
    pairs = zip(own, selected(space, supernet, path), strict=True)
    frame = [(getattr(network, n), getattr(supernet, n)) for n in ("stem", "tail", "classifier")]
    for to, source in (*frame, *pairs):
        to.load_state_dict(source.state_dict())
    return supernet.double(), path, network.double()


@spaces
@settings
def test_under_one_hot_gates_the_supernetwork_is_the_network(space, shape, scale):
    for seed, mode in ((0, True), (1, False), (2, True)):
        supernet, path, network = build_pair(space, seed, shape, scale)
        images = torch.randn(3, *shape.inputs, dtype=torch.float64)
        gates = space.gates_of(path)
        found = supernet.train(mode)(
            images, Gates([weights.double() for weights in gates.weights], gates.active)
        )
        torch.testing.assert_close(found, network.train(mode)(images), rtol=0, atol=1e-10)


@spaces
def test_a_path_costs_no_more_than_its_network(space):
    shape, scale = SETTINGS[0]
    supernet = space.supernet(shape, scale)
    for seed in range(4):
        path = draw(space, seed, path=True)
        alone = count(space.build(path, shape, scale), shape)[1]
        gates = space.gates_of(path)
        assert count(supernet, shape, gates)[1] == alone
        probed = [tuple(range(len(edge.options))) for edge in space.edges]
        late = Gates(gates.weights, gates.active, probed, "backward")
        assert count(supernet, shape, late)[1] == alone  # probed in the backward pass only


@spaces
@settings
def test_the_operations_of_a_network_add_up_to_its_multiply_adds(space, shape, scale):
    for seed in range(8):
        architecture = draw(space, seed)
        expected = count(space.build(architecture, shape, scale), shape)[1]
        keys = space.layers(architecture, shape, scale)
        assert sum(multiply_adds(space, key) for key in keys) == expected


@spaces
@settings
def test_one_hot_gates_cost_what_the_network_costs(space, shape, scale):
    costs = price(space.inventory(shape, scale), functools.partial(multiply_adds, space))
    for seed in range(8):
        path = draw(space, seed, path=True)
        gates = [weights.tolist() for weights in space.gates_of(path).weights]
        keys = space.layers(path, shape, scale)
        assert costs.of(gates) == sum(multiply_adds(space, key) for key in keys)


@spaces
def test_every_operation_keeps_its_sizes(space):
    for shape, scale in SETTINGS:
        keys = {key for seed in range(4) for key in space.layers(draw(space, seed), shape, scale)}
        for key in keys:
            output = space.operation(key)(torch.zeros(2, *key.inputs))
            wanted = key.outputs[:1] if key.name == "classifier" else key.outputs
            assert tuple(output.shape[1:]) == wanted


@spaces
@pytest.mark.parametrize(
    ("name", "outputs"),
    [
        ("sep_conv_3x3", (8, 8, 8)),
        ("mbconv_3x3", (8, 8, 8)),
        ("sepconv_3x3_e3", (8, 8, 8)),
        ("conv_4x4", (8, 8, 8)),
        ("mbconv_5x5_e3", (8, 3, 3)),
    ],
)
def test_an_operation_that_no_chain_has_is_refused(space, name, outputs):
    with pytest.raises(Unsupported, match=f"A chain of layers has no operation '{name} 8x8x8"):
        space.operation(OperationKey(name, (8, 8, 8), outputs))


@spaces
def test_partial_channels_and_auxiliary_heads_are_refused(space):
    shape, scale = SETTINGS[0]
    with pytest.raises(Unsupported, match="cannot share channels"):
        space.supernet(shape, scale, channel_share=4)
    with pytest.raises(Unsupported, match="has no auxiliary head; set auxiliary_weight to 0"):
        space.build(draw(space, 0), shape, Scale(4, 3, auxiliary=True))


@spaces
def test_networks_without_channels_or_pixels_are_refused(space):
    assert "needs initial channels, not 0." in space.unsupported(SETTINGS[0][0], Scale(0, 3))
    nothing = TaskShape((3, 0, 8), 2)
    assert space.unsupported(nothing, Scale(4, 3)).endswith("in images of 3x0x8.")
