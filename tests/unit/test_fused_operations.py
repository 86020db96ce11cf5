"""The operations of the fused super-network, each beside the library's."""

import pytest
import torch
from torch.nn.functional import avg_pool2d, conv2d

from harness.networks.fused.depthwise import (
    convolve,
    input_gradient,
    input_gradient_phases,
    weight_gradient,
)
from harness.networks.fused.fused_edges import pool_average
from harness.networks.fused.pointwise import convolve_pixels, pixel_weight_gradient
from tests.unit.test_fused_supernet import CLOSE


@pytest.mark.parametrize(("kernel", "stride", "dilation"), [
    (3, 1, 1), (5, 1, 1), (3, 2, 1), (5, 2, 1), (3, 1, 2), (5, 1, 2),
])  # fmt: skip
@pytest.mark.parametrize("size", [(8, 6), (4, 4), (7, 5)])
def test_depthwise_gradients_are_those_of_the_library(kernel, stride, dilation, size):
    if stride == 2 and size[0] % 2:
        pytest.skip("the resolution must be even to be halved")
    inputs = torch.randn(2, 3, *size, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(3, 1, kernel, kernel, dtype=torch.float64, requires_grad=True)
    padding = dilation * (kernel // 2)
    output = conv2d(inputs, weight, None, stride, padding, dilation, groups=3)
    gradient = torch.randn_like(output)
    expected = torch.autograd.grad(output, (inputs, weight), gradient)
    torch.testing.assert_close(convolve(inputs, weight, stride, dilation), output, **CLOSE)
    with torch.no_grad():
        found = torch.zeros_like(inputs)
        if stride == 1:
            found = input_gradient(gradient, weight, dilation)
        else:
            for index, phase in enumerate(input_gradient_phases(gradient, weight)):
                found[:, :, index // 2 :: 2, index % 2 :: 2] = phase
        torch.testing.assert_close(found, expected[0], **CLOSE)
        found = weight_gradient(inputs, gradient, kernel, stride, dilation)
        torch.testing.assert_close(found, expected[1], **CLOSE)


@pytest.mark.parametrize("size", [(4, 4), (3, 5)])
def test_pointwise_convolution_does_not_depend_on_how_pixels_are_dealt(size):
    inputs = torch.randn(2, 6, *size, dtype=torch.float64)
    weight = torch.randn(4, 3, 1, 1, dtype=torch.float64, requires_grad=True)
    expected = conv2d(inputs, weight, groups=2)
    torch.testing.assert_close(convolve_pixels(inputs, weight, 2), expected, **CLOSE)
    gradient = torch.randn_like(expected)
    found = pixel_weight_gradient(inputs, gradient, weight.detach(), 2)
    torch.testing.assert_close(found, *torch.autograd.grad(expected, weight, gradient), **CLOSE)


@pytest.mark.parametrize("stride", [1, 2])
def test_average_pool_leaves_out_the_padding(stride):
    inputs = torch.randn(2, 3, 6, 8, dtype=torch.float64)
    expected = avg_pool2d(inputs, 3, stride, padding=1, count_include_pad=False)
    torch.testing.assert_close(pool_average(inputs, stride), expected, **CLOSE)
