import pytest
import torch
from torch import nn

from harness.networks.operations import EvenConvolution, FactorizedReduce, make_operation
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
WITH_AFFINE_AT_STRIDE_2 = {
    16: {
        "skip_connect": 288,
        "sep_conv_3x3": 864,
        "sep_conv_5x5": 1376,
        "dil_conv_3x3": 432,
        "dil_conv_5x5": 688,
    },
    36: {
        "skip_connect": 1368,
        "sep_conv_3x3": 3384,
        "sep_conv_5x5": 4536,
        "dil_conv_3x3": 1692,
        "dil_conv_5x5": 2268,
    },
}


def parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_has_the_official_number_of_parameters_in_a_super_network(name, stride):
    operation = make_operation(name, 16, stride, affine=False, normalise_pools=True)
    assert parameters(operation) == WITHOUT_AFFINE[name][stride - 1]


@pytest.mark.parametrize("channels", [16, 36])
def test_operation_has_the_official_number_of_parameters_in_a_network(channels):
    for name, expected in WITH_AFFINE_AT_STRIDE_2[channels].items():
        assert parameters(make_operation(name, channels, 2, affine=True)) == expected


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", OPERATIONS)
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
