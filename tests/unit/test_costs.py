"""What networks and super-networks cost: the sum of what their operations cost alone."""

import functools

import numpy as np
import pytest

from harness.api import OperationKey, Scale, TaskShape, Unsupported
from harness.hardware.counting import count
from harness.interfaces.costs import EdgeCosts, ProductCosts, price
from harness.spaces.darts import Darts

SPACE = Darts()
SETTINGS = [
    (TaskShape((3, 32, 32), 10), Scale(4, 5)),
    (TaskShape((1, 16, 16), 7), Scale(6, 3)),
    (TaskShape((3, 64, 96), 12), Scale(4, 6)),
]


@functools.cache
def multiply_adds(key):
    return count(SPACE.operation(key), TaskShape(key.inputs, 1))[1]


@pytest.mark.parametrize(("shape", "scale"), SETTINGS)
def test_the_operations_of_a_network_add_up_to_its_multiply_adds(shape, scale):
    for seed in range(4):
        architecture = SPACE.sample(np.random.default_rng(seed))
        expected = count(SPACE.build(architecture, shape, scale), shape)[1]
        assert sum(map(multiply_adds, SPACE.layers(architecture, shape, scale))) == expected


@pytest.mark.parametrize(("shape", "scale"), SETTINGS)
def test_one_hot_gates_of_a_supernetwork_cost_what_the_network_costs(shape, scale):
    costs = price(SPACE.inventory(shape, scale), multiply_adds)
    for seed in range(4):
        architecture = SPACE.sample(np.random.default_rng(seed))
        gates = [weights.tolist() for weights in SPACE.gates_of(architecture).weights]
        expected = sum(map(multiply_adds, SPACE.layers(architecture, shape, scale)))
        assert costs.of(gates) == expected


def test_every_operation_of_an_inventory_keeps_its_sizes():
    import torch

    shape, scale = SETTINGS[2]
    inventory = SPACE.inventory(shape, scale)
    keys = {*inventory.fixed, *(key for edge in inventory.edges for o in edge for key in o)}
    for key in keys:
        output = SPACE.operation(key)(torch.zeros(2, *key.inputs))
        assert tuple(output.shape[1:]) == (
            key.outputs if key.name != "classifier" else key.outputs[:1]
        )


def test_no_operation_means_nothing_to_pay():
    costs = price(SPACE.inventory(*SETTINGS[0]), lambda key: 1.0)
    assert all(edge[0] == 0 for edge in costs.edges)  # none
    assert all(all(cost > 0 for cost in edge[1:]) for edge in costs.edges)


def test_a_product_is_paid_by_both_choices():
    costs = EdgeCosts(1.0, ((), (), (2.0, 4.0)), (ProductCosts(0, 1, ((1.0, 2.0), (3.0, 4.0))),))
    found = costs.of([[0.25, 0.75], [0.5, 0.5], [0.5, 0.5]])
    assert found == 1 + 3 + 0.25 * 1.5 + 0.75 * 3.5


def test_an_operation_of_another_space_is_refused():
    key = OperationKey("mbconv_5x5_e3", (8, 8, 8), (16, 8, 8))
    with pytest.raises(Unsupported, match="no operation 'mbconv_5x5_e3 8x8x8 16x8x8'"):
        SPACE.operation(key)
