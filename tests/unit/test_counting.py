import pytest
import torch
from torch import nn

from harness.api import Gates, Scale, TaskShape
from harness.hardware.counting import count
from harness.networks.mixed import MixedOperation
from harness.spaces.darts import Darts

CIFAR10 = TaskShape((3, 32, 32), 10)
CIFAR100 = TaskShape((3, 32, 32), 100)
IMAGENET = TaskShape((3, 224, 224), 1000)
DENSE = Gates([torch.full((8,), 1 / 8)] * 28)
V1 = (
    "Genotype(normal=[('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 0), "
    "('sep_conv_3x3', 1), ('skip_connect', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), "
    "('skip_connect', 2)], normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), "
    "('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 0), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('avg_pool_3x3', 0)], reduce_concat=[2, 3, 4, 5])"
)
V2 = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), "
    "('sep_conv_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), "
    "('dil_conv_3x3', 2)], normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), "
    "('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])"
)


def build(text, shape, channels, cells, *, auxiliary=False):
    space = Darts()
    return space.build(space.from_text(text), shape, Scale(channels, cells, auxiliary))


def parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("text", "shape", "expected", "multiply_adds"),
    [
        (V1, CIFAR10, 3_169_414, 500_987_520),
        (V1, CIFAR100, 3_221_344, 500_987_520 + 90 * 576),
        (V2, CIFAR10, 3_349_342, 528_359_040),
        (V2, CIFAR100, 3_401_272, 528_359_040 + 90 * 576),
    ],
)
def test_published_cells_have_the_official_size(text, shape, expected, multiply_adds):
    assert count(build(text, shape, 36, 20), shape) == (expected, multiply_adds)


@pytest.mark.parametrize(("shape", "head"), [(CIFAR10, 476_426), (CIFAR100, 545_636)])
def test_auxiliary_head_has_the_official_size_and_is_not_counted(shape, head):
    network = build(V2, shape, 36, 20, auxiliary=True)
    assert parameters(network.auxiliary) == head
    assert count(network, shape) == count(build(V2, shape, 36, 20), shape)
    assert parameters(network) == count(network, shape)[0] + head


@pytest.mark.parametrize(("shape", "expected"), [(CIFAR10, 3_825_768), (CIFAR100, 3_946_908)])
def test_network_with_auxiliary_head_has_the_official_size(shape, expected):
    assert parameters(build(V2, shape, 36, 20, auxiliary=True)) == expected


@pytest.mark.parametrize(
    ("text", "expected", "with_head", "multiply_adds"),
    [
        (V2, 4_718_752, 5_979_528, 529_911_552),
        (V1, 4_510_432, 4_510_432 + 1_260_776, 505_864_704),
    ],
)
def test_published_cells_have_the_official_size_on_imagenet(
    text, expected, with_head, multiply_adds
):
    network = build(text, IMAGENET, 48, 14, auxiliary=True)
    assert count(network, IMAGENET) == (expected, multiply_adds)
    assert parameters(network) == with_head
    assert parameters(network.auxiliary) == 1_260_776


@pytest.mark.parametrize(
    ("channels", "cells", "expected"),
    [(16, 8, 246_106), (16, 20, 710_682), (36, 8, 1_154_926), (8, 3, 8_234)],
)
def test_network_scales_as_the_official_one(channels, cells, expected):
    assert count(build(V2, CIFAR10, channels, cells), CIFAR10)[0] == expected


def test_super_network_has_the_official_size():
    supernet = Darts().supernet(CIFAR10, Scale(16, 8))
    assert count(supernet, CIFAR10, DENSE) == (1_930_618, 300_255_744)
    assert len(list(supernet.parameters())) == 1_399
    assert sum(isinstance(module, MixedOperation) for module in supernet.modules()) == 112
    assert [parameters(cell) for cell in supernet.cells] == [
        45_888,
        46_144,
        144_000,
        137_856,
        139_904,
        484_608,
        460_032,
        468_224,
    ]
    assert parameters(supernet.stem) == 1_392
    assert parameters(supernet.classifier) == 2_570


def test_super_network_grows_with_the_classes_by_its_classifier():
    supernet = Darts().supernet(CIFAR100, Scale(16, 8))
    assert count(supernet, CIFAR100, DENSE)[0] == 1_953_748


def test_super_network_with_shared_channels_has_the_official_size():
    supernet = Darts().supernet(CIFAR10, Scale(16, 8), channel_share=4)
    assert count(supernet, CIFAR10, DENSE)[0] == 299_578


@pytest.mark.parametrize("shape", [CIFAR10, TaskShape((3, 64, 64), 7)])
def test_multiply_adds_of_a_path_through_the_super_network_are_those_of_its_network(shape):
    space = Darts()
    architecture, scale = space.from_text(V2), Scale(8, 5)
    supernet = space.supernet(shape, scale)
    path = count(supernet, shape, space.gates_of(architecture))[1]
    assert path == count(space.build(architecture, shape, scale), shape)[1]


def test_frozen_parameters_are_not_counted():
    layer = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    layer[1].bias.requires_grad_(False)
    assert count(layer, TaskShape((1, 2, 2), 3)) == (12, 12)


def test_grouped_and_dilated_convolutions_count_what_they_multiply():
    layer = nn.Conv2d(4, 8, 3, stride=2, padding=2, dilation=2, groups=2, bias=False)
    assert count(layer, TaskShape((4, 8, 8), 1)) == (8 * 2 * 9, 8 * 4 * 4 * 2 * 9)


def test_counting_leaves_the_network_and_the_random_numbers_as_they_were():
    network = build(V2, CIFAR10, 4, 3, auxiliary=True)
    network.drop_path = 0.5
    network.cells[1].eval()
    flags = [module.training for module in network.modules()]
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    random_state = torch.get_rng_state()
    count(network, CIFAR10)
    assert [module.training for module in network.modules()] == flags
    assert all(torch.equal(state[name], tensor) for name, tensor in network.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random_state)
    assert not any(module._forward_hooks for module in network.modules())


def test_network_that_fails_is_left_as_it_was():
    network = build(V2, CIFAR10, 4, 3)
    with pytest.raises(RuntimeError):
        count(network, TaskShape((1, 32, 32), 10))
    assert network.training
    assert not any(module._forward_hooks for module in network.modules())
