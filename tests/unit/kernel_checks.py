"""Triton's kernels compute what PyTorch's do; ``test_kernels`` runs this in the interpreter."""

import pytest
import torch
from torch.nn.functional import batch_norm, conv2d

from harness.networks.fused import filter_kernels, norm_kernels

CLOSE = {"rtol": 1e-4, "atol": 1e-5}


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch):
    for module in (norm_kernels, filter_kernels):
        monkeypatch.setattr(module, "BLOCK", 64)


@pytest.mark.parametrize("is_positive", [False, True])
@pytest.mark.parametrize("has_gain", [False, True])
@pytest.mark.parametrize("shape", [(3, 4, 6, 6), (2, 3, 5, 7)])
def test_normalisation_is_pytorchs(is_positive, has_gain, shape):
    inputs = (torch.randn(shape) + 3).requires_grad_()  # far from zero: no cancellation
    gain = torch.randn(shape[1], requires_grad=True) if has_gain else None
    outputs, mean, variance = norm_kernels.normalise(inputs, gain, 1e-5, is_positive=is_positive)
    expected = batch_norm(inputs, None, None, gain, training=True, eps=1e-5)
    expected = expected.relu() if is_positive else expected
    torch.testing.assert_close(outputs, expected, **CLOSE)
    torch.testing.assert_close(mean, inputs.mean((0, 2, 3)))
    torch.testing.assert_close(variance, inputs.var((0, 2, 3)))
    weights = torch.randn(shape)
    wanted = [inputs, gain] if has_gain else [inputs]
    found, own = (torch.autograd.grad((x * weights).sum(), wanted) for x in (outputs, expected))
    for one, other in zip(found, own, strict=True):
        torch.testing.assert_close(one, other, **CLOSE)


def test_normalisation_passes_nan_on_as_relu_does():
    inputs = torch.randn(2, 2, 3, 3)
    inputs[0, 1, 0, 0] = torch.nan
    outputs, _, _ = norm_kernels.normalise(inputs, None, 1e-5, is_positive=True)
    assert outputs[:, 1].isnan().all() and not outputs[:, 0].isnan().any()


@pytest.mark.parametrize("edges", [1, 2])
@pytest.mark.parametrize(("kernel", "stride", "dilation"), [
    (3, 1, 1), (5, 2, 1), (3, 1, 2), (5, 1, 2),
])  # fmt: skip
def test_depthwise_convolutions_are_pytorchs(edges, kernel, stride, dilation):
    inputs = torch.randn(2, 3, 6, 8, requires_grad=True)
    weight = torch.randn(3 * edges, 1, kernel, kernel, requires_grad=True)
    found = filter_kernels.convolve(inputs, weight.view_as(weight), stride, dilation)
    padding = dilation * (kernel // 2)
    wide = inputs.repeat(1, edges, 1, 1)
    expected = conv2d(wide, weight, None, stride, padding, dilation, groups=3 * edges)
    torch.testing.assert_close(found, expected, **CLOSE)
    gradient = torch.randn(found.shape)
    for one, other in zip(
        torch.autograd.grad((found * gradient).sum(), [inputs, weight]),
        torch.autograd.grad((expected * gradient).sum(), [inputs, weight]),
        strict=True,
    ):
        torch.testing.assert_close(one, other, **CLOSE)
