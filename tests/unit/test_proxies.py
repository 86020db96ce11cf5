"""Zero-cost proxies: the specification's vectors (10.9), and brute force."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from harness.api import Scale, TaskShape
from harness.hardware.counting import count
from harness.plugins import SPACES
from harness.search.proxies.batch import Batch
from harness.search.proxies.naming import compute, needs_data
from harness.search.proxies.saliency import grad_norm, snip, synaptic_flows, synflow, weights_of
from harness.search.proxies.separation import jacob_cov, kernel, naswot, spread
from harness.spaces.darts import Darts

SHAPE = TaskShape((3, 8, 8), 3)


class Pool(nn.Module):
    def forward(self, images):
        return images.mean(dim=(2, 3))


class FunctionalReLU(nn.Module):
    def forward(self, images):
        return images.relu()


def small(*, rectifier=nn.ReLU, norm=False):
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 5, 3, padding=1), rectifier(), nn.Conv2d(5, 4, 3), rectifier()]
    if norm:
        layers.insert(1, nn.BatchNorm2d(5))
    return nn.Sequential(*layers, Pool(), nn.Linear(4, 3))


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(6, 3, 8, 8, generator=generator)
    return Batch(images, torch.tensor([0, 1, 2, 0, 1, 2]), cross_entropy)


def test_kernel_of_the_published_codes_has_the_published_determinant():
    codes = [[1, 0, 1, 1], [0, 1, 1, 0], [1, 1, 0, 0]]
    found = kernel([torch.tensor(codes, dtype=torch.bool)])
    assert found.tolist() == [[4, 1, 1], [1, 4, 2], [1, 2, 4]]
    assert np.linalg.slogdet(found)[1] == pytest.approx(3.78419, abs=5e-6)


def test_kernels_of_several_rectifiers_add_up():
    one, other = torch.rand(4, 7) > 0.5, torch.rand(4, 9) > 0.5
    joint = kernel([torch.cat([one, other], dim=1)])
    assert (kernel([one, other]) == joint).all()


def test_uncorrelated_gradients_have_the_published_spread():
    assert spread(np.eye(2)) == pytest.approx(-2.0000000000999987, abs=1e-14)


def test_undefined_correlations_have_no_spread():
    assert math.isnan(spread(np.full((2, 2), np.nan)))


def published_network():
    convolution, linear = nn.Conv2d(3, 2, 1, bias=False), nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        convolution.weight.copy_(
            torch.tensor([[1.0, -2, 3], [-1, 0.5, 2]]).reshape(convolution.weight.shape)
        )
        linear.weight.copy_(torch.tensor([[1.0, 2], [-3, 4]]))
    return nn.Sequential(convolution, nn.ReLU(), Pool(), linear)


def test_synaptic_flow_of_the_published_network_is_45_in_each_layer():
    assert synaptic_flows(published_network(), (3, 4, 4)) == [45.0, 45.0]
    assert synflow(published_network(), (3, 4, 4)) == 90.0


def test_synaptic_flow_passes_batch_normalisation_by():
    with_norm = small(norm=True)
    without = nn.Sequential(
        *(layer for layer in with_norm if not isinstance(layer, nn.BatchNorm2d))
    )
    without.load_state_dict(
        {
            new: with_norm.state_dict()[old].clone()
            for new, old in zip(
                without.state_dict(),
                [key for key in with_norm.state_dict() if not key.startswith("1.")],
                strict=True,
            )
        }
    )
    with torch.no_grad():
        with_norm[1].weight.fill_(7.0)
    assert synflow(with_norm, (3, 8, 8)) == synflow(without, (3, 8, 8))


@pytest.mark.parametrize("name", SPACES.names())
def test_synaptic_flow_reaches_every_layer_that_learns(name):
    """Also through activations that saturate without normalisation, as ReLU6 does."""
    space, shape = SPACES.load(name)(), TaskShape((3, 32, 32), 10)
    torch.manual_seed(0)
    architecture = space.sample(np.random.default_rng(0))
    network = space.build(architecture, shape, Scale(16, 5))
    images, targets = torch.randn(4, *shape.inputs), torch.arange(4)
    weights = weights_of(network)
    loss = cross_entropy(network.train()(images), targets)
    gradients = torch.autograd.grad(loss, weights, allow_unused=True)
    learns = [gradient is not None and bool(gradient.any()) for gradient in gradients]
    flows = synaptic_flows(network, shape.inputs)
    assert sum(learns) > 5
    assert np.isfinite(flows).all() and [flow > 0 for flow in flows] == learns


class Function(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, images):
        return self.function(images)


@pytest.mark.parametrize(
    "saturating",
    [
        nn.ReLU6,
        lambda: nn.ReLU6(inplace=True),
        lambda: nn.Hardtanh(-1, 1),
        nn.Hardswish,
        nn.Hardsigmoid,
        nn.Sigmoid,
        nn.Tanh,
        nn.SiLU,
        nn.GELU,
        lambda: Function(lambda images: torch.clamp(images, 0, 6)),
        lambda: Function(lambda images: images.sigmoid_()),
        lambda: Function(lambda images: nn.functional.relu6(input=images)),
    ],
)
def test_synaptic_flow_passes_saturating_activations_as_a_rectifier(saturating):
    bounded, plain = small(rectifier=saturating), small()
    with torch.no_grad():
        for network in (bounded, plain):
            network[0].weight.mul_(1e3)
    assert synaptic_flows(bounded, SHAPE.inputs) == synaptic_flows(plain, SHAPE.inputs)


def test_snip_is_the_gradient_of_masks(batch):
    network = small()
    masks = {
        f"{name}.weight": torch.ones_like(layer.weight, requires_grad=True)
        for name, layer in network.named_modules()
        if isinstance(layer, nn.Conv2d | nn.Linear)
    }
    state = dict(network.named_parameters())
    masked = {**state, **{name: state[name] * mask for name, mask in masks.items()}}
    outputs = torch.func.functional_call(network, masked, batch.images)
    cross_entropy(outputs, batch.targets).backward()
    expected = sum(float(mask.grad.abs().sum()) for mask in masks.values())
    assert snip(network, batch) == pytest.approx(expected, rel=1e-5)


def test_gradient_norm_is_that_of_a_backward_pass(batch):
    network = small()
    cross_entropy(network(batch.images), batch.targets).backward()
    expected = sum(float(network[i].weight.grad.norm()) for i in (0, 2, 5))
    assert grad_norm(network, batch) == pytest.approx(expected, rel=1e-6)


def test_codes_are_those_that_hooks_on_the_rectifiers_see(batch):
    network, codes = small(norm=True), []
    for module in network.modules():
        if isinstance(module, nn.ReLU):
            module.register_forward_hook(lambda m, i, out: codes.append(out.flatten(1) > 0))
    network(batch.images)
    expected = sum(
        (a[:, None] == a[None]).sum(dim=2).double().numpy() for a in codes
    )  # brute force: agreements of any two images
    assert naswot(small(norm=True), batch) == pytest.approx(
        np.linalg.slogdet(expected)[1], rel=1e-12
    )


def test_a_rectifier_that_is_no_module_counts(batch):
    assert naswot(small(rectifier=FunctionalReLU), batch) == naswot(small(), batch)


def test_equal_images_and_networks_without_rectifiers_are_not_told_apart(batch):
    twice = Batch(batch.images[[0, 0]], batch.targets[:2], cross_entropy)
    assert naswot(small(), twice) == -math.inf
    assert naswot(nn.Sequential(Pool(), nn.Linear(3, 3)), batch) == -math.inf


def test_jacobian_covariance_is_that_of_gradients_taken_image_by_image(batch):
    network, rows = small(), []
    for image in batch.images:
        single = image[None].clone().requires_grad_()
        network(single).sum().backward()
        rows.append(single.grad.flatten().double().numpy())
    values = np.linalg.eigvals(np.corrcoef(np.array(rows))).real + 1e-5
    expected = -(np.log(values) + 1 / values).sum()
    assert jacob_cov(network, batch) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("name", ["synflow", "naswot", "snip", "grad_norm", "jacob_cov"])
def test_every_proxy_is_a_number_for_real_cells(name, batch):
    space, rng = Darts(), np.random.default_rng(0)
    network = space.build(space.sample(rng), SHAPE, Scale(4, 3))
    value = compute(name, network, SHAPE, batch if needs_data(name) else None)
    assert math.isfinite(value)


def test_counts_are_proxies_too():
    network = small()
    parameters, multiply_adds = count(network, SHAPE)
    assert compute("parameters", network, SHAPE, None) == parameters
    assert compute("multiply_adds", network, SHAPE, None) == multiply_adds
