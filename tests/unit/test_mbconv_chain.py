"""ProxylessNAS' space: published sizes, its text, and its widths at other scales."""

import json

import pytest

from harness.api import ConfigError, OperationKey, Scale, TaskShape
from harness.hardware.counting import count
from harness.networks.chains.chain import Place, enclose, name_mbconv, resize
from harness.networks.chains.chain_network import ChainNetwork
from harness.networks.chains.mbconv import PROXYLESSNAS
from harness.spaces.mbconv_chain import MbconvChain

IMAGENET = TaskShape((3, 224, 224), 1000)
SPACE = MbconvChain()
MOBILE = " | ".join(
    (
        "3e6 3e3 zero zero",
        "7e3 3e3 5e3 5e3",
        "7e6 5e3 5e3 5e3",
        "5e6 5e3 5e3 5e3",
        "7e6 7e6 7e3 7e3",
        "7e6",
    )
)


def read_network(document, images):
    """Return a network as ProxylessNAS' authors publish theirs: a list of explicit blocks."""
    size = resize(images, document["first_conv_out"], document["first_conv_stride"])
    stem = OperationKey("conv_3x3", images, size)
    block = []
    for layer in document["blocks"]:
        if layer["op"] == "zero":
            block.append(None)
            continue
        name = name_mbconv(layer["kernel"], layer["expand"], skip=layer["shortcut"])
        place = Place(size, resize(size, layer["out_channels"], layer["stride"]))
        block.append(place.key(name))
        size = place.outputs
    return enclose([stem], size, document["feature_mix_out"], document["classes"]), tuple(block)


def count_by_formula(document, side=224):
    """Return parameters and multiply-adds, layer by layer, with no network."""
    weights, sums = [], []

    def convolve(channels_in, channels, kernel, groups=1):
        filters = channels_in // groups * channels * kernel**2
        weights.append(filters + 2 * channels)
        sums.append(filters * side**2)

    side = -(-side // document["first_conv_stride"])
    channels = document["first_conv_out"]
    convolve(3, channels, 3)
    for block in document["blocks"]:
        if block["op"] == "zero":
            continue
        wide = channels * block["expand"]
        if wide > channels:
            convolve(channels, wide, 1)
        side = -(-side // block["stride"])
        convolve(wide, wide, block["kernel"], groups=wide)
        channels = block["out_channels"]
        convolve(wide, channels, 1)
    features, classes = document["feature_mix_out"], document["classes"]
    convolve(channels, features, 1)
    return sum(weights) + (features + 1) * classes, sum(sums) + features * classes


@pytest.mark.parametrize("name", ["mobile", "gpu", "cpu", "mobile_14"])
def test_a_published_network_has_its_published_size(reference, name):
    file = reference / "proxylessnas" / "proxyless_imagenet_archs.json"
    document = json.loads(file.read_text())[f"proxyless_{name}"]
    frame, block = read_network(document, IMAGENET.inputs)
    assert len(block) == 22
    found = count(ChainNetwork(frame, [block], PROXYLESSNAS), IMAGENET)
    assert found == count_by_formula(document)
    if name == "mobile":
        assert found == (4_080_512, 320_427_584)


def test_the_supernetwork_for_imagenet_has_the_published_size():
    supernet = SPACE.supernet(IMAGENET, Scale(32, 21))
    assert sum(weights.numel() for weights in supernet.parameters()) == 16_034_168
    sizes = [len(edge.options) for edge in SPACE.edges]
    assert (len(sizes), sum(sizes)) == (21, 141)
    assert (sizes.count(6), sizes.count(7)) == (6, 15)
    assert SPACE.size == 6**6 * 7**15 == 221_502_229_807_900_608


def test_large_images_are_halved_five_times_and_small_ones_twice():
    architecture = SPACE.from_text(MOBILE)

    def sides(shape, channels):
        keys = SPACE.layers(architecture, shape, Scale(channels, 1))
        tail = next(key for key in keys if key.name == "conv_1x1")
        stem = next(key for key in keys if key.name == "conv_3x3")
        return stem.outputs, tail.inputs, tail.outputs

    assert sides(IMAGENET, 32) == ((32, 112, 112), (320, 7, 7), (1280, 7, 7))
    small = TaskShape((3, 32, 32), 10)
    assert sides(small, 16) == ((16, 32, 32), (160, 8, 8), (640, 8, 8))
    assert sides(small, 4) == ((4, 32, 32), (40, 8, 8), (160, 8, 8))


@pytest.mark.parametrize(
    ("inputs", "channels", "expected"),
    [
        ((3, 224, 224), 32, [24, 40, 80, 96, 192, 320]),
        ((3, 224, 224), 45, [32, 56, 112, 136, 272, 448]),
        ((3, 32, 32), 16, [12, 20, 40, 48, 96, 160]),
        ((1, 16, 16), 4, [4, 8, 12, 12, 24, 40]),
        ((1, 16, 16), 1, [4, 4, 4, 4, 8, 12]),
    ],
)
def test_widths_follow_the_initial_channels(inputs, channels, expected):
    space = MbconvChain(blocks="1,1,1,1,1,1")
    keys = space.layers((0,) * 6, TaskShape(inputs, 2), Scale(channels, 1))
    layers = [key for key in keys if "_e3" in key.name]
    assert [key.outputs[0] for key in layers] == expected


def test_the_number_of_cells_changes_nothing():
    architecture = SPACE.from_text(MOBILE)
    shape = TaskShape((1, 16, 16), 10)
    assert SPACE.layers(architecture, shape, Scale(4, 3)) == SPACE.layers(
        architecture, shape, Scale(4, 20)
    )


def test_layers_with_equal_sizes_have_a_way_round_and_zeros_are_left_out():
    keys = SPACE.layers(SPACE.from_text(MOBILE), IMAGENET, Scale(32, 1))
    assert len(keys) == 1 + 1 + 19 + 1 + 1
    for key in keys:
        if "mbconv" in key.name:
            assert key.name.endswith("_skip") is (key.inputs == key.outputs)


def test_an_architecture_is_written_by_stage():
    architecture = SPACE.from_text(MOBILE)
    assert SPACE.to_text(architecture) == MOBILE
    assert architecture[:4] == (1, 0, 6, 6)
    chain = SPACE.graph(architecture)["network"].blocks
    assert chain[:4] == ("mbconv k3 e6", "mbconv k3 e3", "zero", "zero") and len(chain) == 21


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("3e6 3e3", "zero 3e3", "stage_1_layer_1 is 'zero'; expected one of 3e3, 3e6, 5e3"),
        ("| 7e3 3e3", "| 7e3 9e3", "stage_2_layer_2 is '9e3'; expected one of .*, zero"),
        ("| 7e3 3e3", "| 7e3", "has stages of 4,3,4,4,4,1 layers; expected 4,4,4,4,4,1"),
        (" | 7e6 7e6", " 7e6 7e6", "has stages of 4,4,4,8,1 layers"),
    ],
)
def test_a_mistake_in_the_text_is_named(old, new, complaint):
    with pytest.raises(ConfigError, match=complaint):
        SPACE.from_text(MOBILE.replace(old, new))


@pytest.mark.parametrize("blocks", ["", "4,4,4", "4,4,4,4,4,0", "4,4,4,4,4,x", "1,1,1,1,1,1,1"])
def test_layer_counts_that_are_none_are_refused(blocks):
    with pytest.raises(ConfigError, match="expected the layers of 6 stages"):
        MbconvChain(blocks=blocks)


def test_blocks_say_how_many_layers_there_are():
    space = MbconvChain(blocks="1,2,1,1,3,1")
    assert [len(edge.options) for edge in space.edges] == [6, 6, 7, 6, 6, 6, 7, 7, 6]
