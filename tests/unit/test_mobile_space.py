"""EAT-NAS' space: published sizes, codes, and what a child takes over from its parent."""

import itertools

import pytest
import torch

from harness.api import ConfigError, Gates, Scale, TaskShape, Unsupported
from harness.hardware.counting import count
from harness.spaces.mobile import Mobile

SPACE = Mobile(blocks=3)
SHAPE, SCALE = TaskShape((1, 16, 16), 7), Scale(8, 3)
PARENT = SPACE.from_text("[2,0,1,1,1] [1,1,1,2,1] [0,2,0,0,1]")


def encode(operation, kernel, skip, layers, width=1):
    blocks = [(operation, kernel, skip, count - 1, width) for count in layers]
    return tuple(itertools.chain(*blocks))


@pytest.mark.parametrize(
    ("architecture", "parameters"),
    [
        (encode(2, 0, 1, (1, 2, 3, 4, 3, 3, 1)), {1000: 3_593_560, 10: 2_325_370}),
        (encode(2, 0, 0, (1, 2, 3, 4, 3, 3, 1)), {1000: 3_515_720, 10: 2_247_530}),
        (encode(0, 0, 0, (1,) * 7), {1000: 1_776_592, 10: 508_402}),
        (encode(0, 0, 1, (1,) * 7), {1000: 1_776_592, 10: 508_402}),
    ],
)
def test_networks_for_imagenet_have_their_sizes(architecture, parameters):
    for classes, expected in parameters.items():
        shape = TaskShape((3, 224, 224), classes)
        network = Mobile(blocks=7).build(architecture, shape, Scale(32, 7))
        assert count(network, shape)[0] == expected


def test_seven_blocks_have_288_choices_each():
    assert Mobile(blocks=7).size == 288**7 == 164_341_563_462_254_592


@pytest.mark.parametrize(
    ("inputs", "channels", "expected"),
    [
        (
            (3, 224, 224),
            32,
            [(16, 112), (24, 56), (32, 28), (64, 14), (96, 14), (160, 7), (320, 7)],
        ),
        ((3, 32, 32), 16, [(8, 32), (12, 32), (16, 16), (32, 8), (48, 8), (80, 4), (160, 4)]),
        ((1, 16, 16), 4, [(4, 16), (4, 16), (4, 8), (8, 4), (12, 4), (20, 2), (40, 2)]),
    ],
)
def test_blocks_follow_the_table_of_mobilenet(inputs, channels, expected):
    space, shape = Mobile(blocks=7), TaskShape(inputs, 2)
    keys = space.layers(encode(0, 0, 0, (1,) * 7), shape, Scale(channels, 3))
    found = [key.outputs[:2] for key in keys if key.name == "sepconv_3x3"]
    assert found == expected


def test_a_factor_multiplies_the_base_width_and_is_truncated():
    def widths(width):
        keys = SPACE.layers(encode(0, 0, 0, (1,) * 3, width), SHAPE, Scale(12, 3))
        return [key.outputs[0] for key in keys if key.name == "sepconv_3x3"]

    assert [widths(width) for width in range(4)] == [
        [3, 4, 6],
        [6, 9, 12],
        [9, 13, 18],
        [12, 18, 24],
    ]


def test_a_factor_may_multiply_the_width_of_the_block_before():
    space, wide = Mobile(blocks=4, width="previous"), (3, 1, 0, 2)
    architecture = tuple(itertools.chain(*((0, 0, 0, 0, width) for width in wide)))
    for initial, expected in ((12, [24, 24, 12, 18]), (3, [8, 8, 4, 6])):
        keys = space.layers(architecture, SHAPE, Scale(initial, 3))
        assert [key.outputs[0] for key in keys if key.name == "sepconv_3x3"] == expected
    narrow = space.layers(encode(0, 0, 0, (1,) * 4, 0), SHAPE, Scale(12, 3))
    assert [key.outputs[0] for key in narrow if key.name == "sepconv_3x3"] == [6, 4, 4, 4]


@pytest.mark.parametrize("width", ["base", "previous"])
def test_operations_are_exactly_those_of_all_networks(width):
    space = Mobile(blocks=2, width=width)
    codes = list(itertools.product(range(3), range(3), range(2), range(4), range(4)))
    # What a block does depends on its own code, and on the width of the one before.
    architectures = [*((*code, *codes[0]) for code in codes)]
    architectures += [(0, 0, 0, 0, before, *code) for before in range(4) for code in codes]
    found = {key for one in architectures for key in space.layers(one, SHAPE, SCALE)}
    assert set(space.operations(SHAPE, SCALE)) == found


def test_activations_and_normalisation_are_those_of_the_authors():
    network = SPACE.build(PARENT, SHAPE, SCALE)
    kinds = {type(module) for module in network.modules()}
    assert torch.nn.ReLU in kinds and torch.nn.ReLU6 not in kinds
    norms = [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert {(norm.momentum, norm.eps) for norm in norms} == {(0.1, 2e-5)}


def test_an_architecture_is_written_by_block():
    text = "[2,0,1,1,1] [1,1,1,2,1] [0,2,0,0,1]"
    assert SPACE.to_text(PARENT) == text
    assert SPACE.from_text(text.replace(" ", ",").replace(",", ", ")) == PARENT
    assert SPACE.graph(PARENT)["network"].blocks == (
        "mbconv k3 e6 skip x2 w1",
        "mbconv k5 e3 skip x3 w1",
        "sepconv k7 x1 w1",
    )


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        ("[3,0,1,1,1]", "Block 2 has the operation code '3'; expected 0 to 2, for sepconv, mbc"),
        ("[2,3,1,1,1]", "Block 2 has the kernel code '3'; expected 0 to 2, for 3, 5, 7."),
        ("[2,0,2,1,1]", "Block 2 has the skip code '2'; expected 0 to 1"),
        ("[2,0,1,4,1]", "Block 2 has the layers code '4'; expected 0 to 3, for 1, 2, 3, 4."),
        ("[2,0,1,1,-1]", "Block 2 has the width code '-1'; expected 0 to 3, for 0.5, 1, 1.5, 2."),
        ("[2,0,1,1]", "Block 2 has 4 elements; a block has 5: operation, kernel, skip"),
        ("", "expected 3 blocks such as"),
        ("2,0,1,1,1", "expected 3 blocks such as"),
    ],
)
def test_a_mistake_in_the_text_is_named(block, complaint):
    with pytest.raises(ConfigError, match=complaint):
        SPACE.from_text(f"[2,0,1,1,1] {block} [0,2,0,0,1]")


@pytest.mark.parametrize("blocks", [0, 8])
def test_a_number_of_blocks_that_the_table_lacks_is_refused(blocks):
    with pytest.raises(ConfigError, match=f"blocks is {blocks}; expected 1 to 7"):
        Mobile(blocks=blocks)


@pytest.mark.parametrize("block", ["[2,0,0,1,1]", "[2,0,1,1,2]"])
def test_what_the_supernetwork_does_not_hold_has_no_gates(block):
    architecture = SPACE.from_text(f"[2,0,1,1,1] {block} [0,2,1,0,1]")
    with pytest.raises(Unsupported, match=r"skip and of base width, not block 2, \[2,0,"):
        SPACE.gates_of(architecture)


def test_the_depth_gate_weighs_what_each_depth_would_return():
    torch.manual_seed(0)
    supernet = SPACE.supernet(SHAPE, SCALE).double().eval()
    block = supernet.parts[1]
    inputs = torch.randn(2, *[4, 16, 16], dtype=torch.float64)
    one, weights = torch.eye(9, dtype=torch.float64)[5], torch.rand(4, dtype=torch.float64)
    operations = (one, (5,), (), "forward")
    states, expected = inputs, 0.0
    for layer, weight in zip(block.layers, weights, strict=True):
        states = layer.operations[5](states)
        expected = expected + weight * states
    found = block(inputs, operations, (weights, None, (), "forward"))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("probe", ["forward", "backward"])
def test_probed_depths_are_computed_without_graph(probe):
    torch.manual_seed(0)
    supernet = SPACE.supernet(SHAPE, SCALE)
    path = SPACE.from_text("[2,0,1,1,1] [2,0,1,0,1] [2,0,1,2,1]")
    gates = SPACE.gates_of(path)
    weights = [weight.requires_grad_() for weight in gates.weights]
    probed = [() if edge % 2 == 0 else (0, 1, 2, 3) for edge in range(6)]
    probed = [
        tuple(depth for depth in depths if depth not in active)
        for depths, active in zip(probed, gates.active, strict=True)
    ]
    images = torch.randn(2, *SHAPE.inputs)
    supernet(images, Gates(weights, gates.active, probed, probe)).sum().backward()
    for block, depth in zip(supernet.parts, (1, 0, 2), strict=True):
        for index, layer in enumerate(block.layers):
            trained = [p.grad is not None for p in layer.operations[6].parameters()]
            assert all(trained) if index <= depth else not any(trained)
    assert all(float(weight.grad.abs().min()) > 0 for weight in weights[1::2])


def inherit(child):
    """Return the weights of a parent, of a fresh child, and of that child once it inherited."""
    torch.manual_seed(1)
    parent = SPACE.build(PARENT, SHAPE, SCALE)
    parent(torch.randn(4, *SHAPE.inputs))  # so that running statistics are worth inheriting
    network = SPACE.build(child, SHAPE, SCALE)
    fresh = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    weights = parent.state_dict()
    SPACE.inherit(child, network, PARENT, weights)
    return weights, fresh, network.state_dict()


def change(block, element, option):
    child = list(PARENT)
    child[5 * block + element] = option
    return tuple(child)


def test_a_twin_inherits_every_weight_and_statistic_bit_for_bit():
    weights, _, found = inherit(PARENT)
    assert weights.keys() == found.keys()
    assert all(torch.equal(weights[name], found[name]) for name in found)


@pytest.mark.parametrize("width", [0, 3])
def test_a_child_of_another_width_inherits_overlapping_channels_and_nothing_else(width):
    weights, fresh, found = inherit(change(1, 4, width))
    assert weights.keys() == found.keys()
    changed = 0
    for name, tensor in found.items():
        source, expected = weights[name], fresh[name].clone()
        common = tuple(slice(min(pair)) for pair in zip(tensor.shape, source.shape, strict=True))
        expected[common] = source[common]
        assert torch.equal(tensor, expected), name
        changed += tensor.shape != source.shape
    assert changed > 10


def test_a_deeper_child_inherits_the_leading_layers():
    weights, fresh, found = inherit(change(0, 3, 3))
    added = {name for name in found if name.startswith(("blocks.0.2_", "blocks.0.3_"))}
    assert found.keys() - weights.keys() == added and added
    assert all(torch.equal(found[name], fresh[name]) for name in added)
    assert all(torch.equal(found[name], weights[name]) for name in found.keys() - added)


def test_a_shallower_child_inherits_the_layers_it_has():
    weights, _, found = inherit(change(1, 3, 0))
    assert all(torch.equal(found[name], weights[name]) for name in found)


@pytest.mark.parametrize(("element", "option"), [(0, 2), (1, 0)])
def test_a_block_of_another_operation_or_kernel_inherits_nothing(element, option):
    weights, fresh, found = inherit(change(1, element, option))
    for name, tensor in found.items():
        source = fresh if name.startswith("blocks.1.") else weights
        assert torch.equal(tensor, source[name]), name


def test_a_child_without_skips_inherits_what_lies_on_its_way():
    weights, _, found = inherit(change(0, 2, 0))
    assert weights.keys() - found.keys() == {n for n in weights if ".bypass." in n and "s.0." in n}
    assert all(torch.equal(found[name], weights[name]) for name in found)
