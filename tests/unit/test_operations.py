import pytest
import torch
from torch import nn

from harness.api import ConfigError
from harness.networks.operations import (
    EvenConvolution,
    FactorizedReduce,
    HalvingConvolution,
    make_operation,
)
from harness.spaces.darts import OPERATIONS

WITHOUT_AFFINE = {
    "none": (0, 0),
    "max_pool_3x3": (0, 0),
    "avg_pool_3x3": (0, 0),
    "skip_connect": (0, 256),
    "sep_conv_3x3": (800, 800),
    "sep_conv_5x5": (1312, 1312),
    "dil_conv_3x3": (400, 400),
    "dil_conv_5x5": (656, 656),
}
WITH_AFFINE = {
    16: {
        "none": (0, 0),
        "max_pool_3x3": (0, 0),
        "avg_pool_3x3": (0, 0),
        "skip_connect": (0, 288),
        "sep_conv_3x3": (864, 864),
        "sep_conv_5x5": (1376, 1376),
        "dil_conv_3x3": (432, 432),
        "dil_conv_5x5": (688, 688),
    },
    36: {
        "none": (0, 0),
        "max_pool_3x3": (0, 0),
        "avg_pool_3x3": (0, 0),
        "skip_connect": (0, 1368),
        "sep_conv_3x3": (3384, 3384),
        "sep_conv_5x5": (4536, 4536),
        "dil_conv_3x3": (1692, 1692),
        "dil_conv_5x5": (2268, 2268),
    },
}
NORMALISATIONS = {"sep_conv_3x3": 2, "sep_conv_5x5": 2, "dil_conv_3x3": 1, "dil_conv_5x5": 1}
FOREIGN = ("sep_conv_7x7", "conv_7x1_1x7")


def parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_has_the_official_number_of_parameters_in_a_super_network(name, stride):
    operation = make_operation(name, 16, stride, affine=False, normalise_pools=True)
    assert parameters(operation) == WITHOUT_AFFINE[name][stride - 1]


@pytest.mark.parametrize("channels", [16, 36])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_has_the_official_number_of_parameters_in_a_network(name, stride, channels):
    expected = WITH_AFFINE[channels][name][stride - 1]
    assert parameters(make_operation(name, channels, stride, affine=True)) == expected
    count = 1 if (name, stride) == ("skip_connect", 2) else NORMALISATIONS.get(name, 0)
    bare = make_operation(name, channels, stride, affine=False)
    assert parameters(bare) == expected - count * 2 * channels


@pytest.mark.parametrize("stride", [1, 2])
def test_foreign_operation_has_the_parameters_of_its_definition(stride):
    separable, crossed = (make_operation(name, 16, stride, affine=True) for name in FOREIGN)
    assert parameters(separable) == 2 * (49 * 16 + 16 * 16 + 2 * 16)
    assert parameters(crossed) == 2 * 7 * 16 * 16 + 2 * 16


def test_crossed_convolution_strides_along_each_side_once():
    layers = list(make_operation("conv_7x1_1x7", 4, 2, affine=True))
    kinds = (nn.ReLU, nn.Conv2d, nn.Conv2d, nn.BatchNorm2d)
    assert all(isinstance(layer, kind) for layer, kind in zip(layers, kinds, strict=True))
    wide, high = layers[1:3]
    assert (wide.kernel_size, wide.stride, wide.padding) == ((1, 7), (1, 2), (0, 3))
    assert (high.kernel_size, high.stride, high.padding) == ((7, 1), (2, 1), (3, 0))
    assert wide.groups == high.groups == 1 and wide.bias is high.bias is None


def test_unknown_operation_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="called 'noise'; expected one of none, skip_connect, "):
        make_operation("noise", 4, 1, affine=True)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", OPERATIONS + FOREIGN)
def test_operation_keeps_channels_and_divides_the_resolution_by_its_stride(name, stride):
    images = torch.randn(2, 4, 8, 12)
    output = make_operation(name, 4, stride, affine=True)(images)
    assert output.shape == (2, 4, 8 // stride, 12 // stride)


def test_skip_of_stride_1_returns_its_input_and_none_returns_zeros():
    images = torch.randn(2, 4, 8, 8)
    assert torch.equal(make_operation("skip_connect", 4, 1, affine=True)(images), images)
    for stride in (1, 2):
        assert not make_operation("none", 4, stride, affine=True)(images).any()


def test_average_pool_does_not_count_padding():
    ones = torch.ones(1, 4, 6, 6)
    assert torch.equal(make_operation("avg_pool_3x3", 4, 1, affine=True)(ones), ones)


def test_pool_is_normalised_in_a_super_network_only():
    images = 5 + 3 * torch.randn(8, 4, 8, 8)
    for name in ("max_pool_3x3", "avg_pool_3x3"):
        plain = make_operation(name, 4, 1, affine=False)(images)
        normal = make_operation(name, 4, 1, affine=False, normalise_pools=True)(images)
        assert plain.mean() > 4
        torch.testing.assert_close(normal.mean((0, 2, 3)), torch.zeros(4), atol=1e-5, rtol=0)


def test_separable_convolution_is_applied_twice_and_only_first_with_the_stride():
    layers = make_operation("sep_conv_5x5", 4, 2, affine=True)
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    assert [layer.stride[0] for layer in convolutions] == [2, 1, 1, 1]
    assert [layer.kernel_size[0] for layer in convolutions] == [5, 1, 5, 1]
    assert [layer.padding[0] for layer in convolutions] == [2, 0, 2, 0]
    assert [layer.groups for layer in convolutions] == [4, 1, 4, 1]
    assert all(layer.bias is None for layer in convolutions)


def test_dilated_convolution_is_applied_once():
    for name, kernel, padding in (("dil_conv_3x3", 3, 2), ("dil_conv_5x5", 5, 4)):
        layers = make_operation(name, 4, 1, affine=True)
        depthwise, pointwise = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
        assert depthwise.kernel_size == (kernel, kernel)
        assert depthwise.padding == (padding, padding)
        assert depthwise.dilation == (2, 2)
        assert depthwise.stride == (1, 1)
        assert pointwise.kernel_size == (1, 1)


def test_second_half_of_a_factorized_reduction_sees_the_odd_pixels():
    reduce = FactorizedReduce(2, 4, affine=False).eval()
    images = torch.zeros(1, 2, 4, 4)
    images[:, :, 1::2, 1::2] = 1.0
    output = reduce(images)
    assert not output[:, :2].any()
    assert (output[:, 2:] != 0).all()


def test_factorized_reduction_refuses_odd_maps():
    with pytest.raises(RuntimeError):
        FactorizedReduce(2, 4, affine=False)(torch.zeros(1, 2, 5, 5))


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("side", [4, 6, 7, 16])
def test_an_even_convolution_is_the_dilated_one_of_stride_2(kernel, side):
    plain = nn.Conv2d(4, 4, kernel, stride=2, padding=kernel - 1, dilation=2, groups=4, bias=False)
    plain, even = plain.double(), EvenConvolution(4, kernel).double()
    even.load_state_dict(plain.state_dict())
    images = torch.randn(3, 4, side, side, dtype=torch.float64, requires_grad=True)
    outputs = [module(images) for module in (plain, even)]
    torch.testing.assert_close(outputs[1], outputs[0], rtol=0, atol=1e-12)
    upstream = torch.randn_like(outputs[0])
    for wanted in (lambda module: module.weight, lambda module: images):
        gradients = [
            torch.autograd.grad(out, wanted(module), upstream, retain_graph=True)[0]
            for module, out in zip((plain, even), outputs, strict=True)
        ]
        torch.testing.assert_close(gradients[1], gradients[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize(("channels", "stride"), [(1, 1), (6, 1), (7, 1), (8, 2), (12, 2)])
def test_a_halving_convolution_is_one_of_stride_2_that_narrow_layers_avoid(channels, stride):
    """Stride 2 at 6 channels corrupts memory in torch 2.14.1 on AVX2."""
    halving = HalvingConvolution(channels, 8)
    images = torch.randn(10, channels, 8, 8).to(memory_format=torch.channels_last).requires_grad_()
    output = halving(images)
    assert output.grad_fn._saved_stride == (stride, stride)
    upstream = torch.randn_like(output)
    found = torch.autograd.grad(output, [images, halving.weight], upstream)
    exact = [given.detach().double().requires_grad_() for given in (images, halving.weight)]
    wanted = nn.functional.conv2d(*exact, stride=2)
    torch.testing.assert_close(output, wanted.float(), rtol=0, atol=1e-5)
    for own, other in zip(
        found, torch.autograd.grad(wanted, exact, upstream.double()), strict=True
    ):
        torch.testing.assert_close(own, other.float(), rtol=0, atol=1e-4)
