"""Chains of blocks, against the known distances, brute force, and the published networks."""

import functools
import itertools

import numpy as np
import pytest

from analysis.architectures.chains import read_stages
from analysis.architectures.metrics import CHAIN_METRICS, compare_chains, compare_graphs
from harness.api import BlockChain, CellGraph
from harness.interfaces.graph import graph_from_json
from harness.spaces.mbconv_chain import MbconvChain
from harness.spaces.mobile import Mobile


def chain(text, stages=()):
    """Read ``k3e6 id`` as a chain."""
    blocks = ["zero" if word == "id" else f"mbconv {word[:2]} {word[2:]}" for word in text.split()]
    return BlockChain(tuple(blocks), stages)


def pair(first, second):
    return {name: float(found[0, 0]) for name, found in compare_chains([first], [second]).items()}


FIRST, SECOND = chain("k3e3 k3e6 k5e6 id"), chain("k3e3 k5e6 k5e6 k7e6")


def test_known_pair_has_the_known_distances():
    found = pair(FIRST, SECOND)
    assert found["layer_hamming"] == 2 / 4
    assert found["layer_edit"] * 4 == 1.5


def test_a_missing_layer_is_one_edit():
    found = pair(chain("k3e3 k3e6 k5e6"), chain("k3e3 k5e6"))
    assert found["layer_edit"] * 3 == 1
    assert found["layer_hamming"] == 2 / 3


def test_kernel_and_expansion_cost_half_each_and_removal_one():
    costs = {"k5e3": 0.5, "k3e6": 0.5, "k5e6": 1, "id": 1, "k3e3": 0}
    for other, cost in costs.items():
        assert pair(chain("k3e3"), chain(other))["layer_edit"] == cost
    assert pair(chain("id"), chain("id"))["layer_edit"] == 0


def test_edits_do_not_cross_the_border_of_a_stage():
    first, second = chain("k3e3 k5e6 k7e3 k3e6"), chain("k5e6 k7e3 k3e6 k3e3")
    assert pair(first, second)["layer_edit"] * 4 == 2  # delete in front, append at the end
    stages = {"stages": (2, 2)}
    parted = pair(BlockChain(first.blocks, **stages), BlockChain(second.blocks, **stages))
    assert parted["layer_edit"] * 4 == 3.5


def test_shares_of_kernels_count_layers_that_are_there():
    found = pair(chain("k3e3 k3e6 id"), chain("k5e3 k5e6"))
    assert (found["kernel_jsd"], found["expansion_jsd"]) == (1, 0)
    assert found["depth_difference"] == 0
    assert pair(chain("k3e3 id id"), chain("k3e3 k3e3"))["depth_difference"] == 1
    assert np.isnan(pair(chain("id"), chain("k3e3"))["kernel_jsd"])


def test_blocks_that_count_their_layers_are_stages_with_a_width():
    first = BlockChain(("mbconv k3 e6 skip x2 w1", "sepconv k5 x1 w0.5"))
    second = BlockChain(("mbconv k3 e6 skip x4 w2", "sepconv k5 x1 w0.5"))
    stages = read_stages(first)
    assert [len(stage.layers) for stage in stages] == [2, 1]
    assert (stages[0].layers[0].kernel, stages[0].layers[0].expansion) == (3, 6)
    assert (stages[1].layers[0].kernel, stages[1].layers[0].expansion) == (5, None)
    found = pair(first, second)
    assert found["layer_edit"] * 5 == 2
    assert found["depth_difference"] == 1
    assert found["width_difference"] == 0.5


def levenshtein(first, second):
    """Return the weighted distance of two lists of layers by recursion."""

    def cost(one, other):
        if one.is_removed != other.is_removed:
            return 1.0
        return ((one.kernel != other.kernel) + (one.expansion != other.expansion)) / 2

    @functools.cache
    def distance(i, j):
        if i == 0 or j == 0:
            return float(i + j)
        return min(
            distance(i - 1, j) + 1,
            distance(i, j - 1) + 1,
            distance(i - 1, j - 1) + cost(first[i - 1], second[j - 1]),
        )

    return distance(len(first), len(second))


@pytest.mark.parametrize("space", [MbconvChain(), Mobile()])
def test_distances_of_random_architectures_are_those_of_recursion_and_obey_the_laws(space):
    rng = np.random.default_rng(0)
    chains = [space.graph(space.sample(rng))["network"] for _ in range(8)]
    found = compare_chains(chains, chains)
    stages = [read_stages(drawn) for drawn in chains]
    for i, j in itertools.product(range(8), repeat=2):
        layers = max(sum(len(stage.layers) for stage in stages[k]) for k in (i, j))
        expected = sum(
            levenshtein(one.layers, other.layers)
            for one, other in zip(stages[i], stages[j], strict=True)
        )
        assert found["layer_edit"][i, j] * layers == pytest.approx(expected)
    for name in CHAIN_METRICS:
        assert found[name] == pytest.approx(found[name].T), name
        assert np.diag(found[name]) == pytest.approx(0), name


def test_stages_survive_a_record_and_older_records_have_none():
    graph = MbconvChain().graph(MbconvChain().sample(np.random.default_rng(0)))["network"]
    assert len(graph.stages) == 6
    assert graph_from_json(graph.to_json()) == graph
    assert "stages" not in FIRST.to_json()
    assert graph_from_json({"kind": "chain", "blocks": ["zero"]}) == BlockChain(("zero",))


def test_cells_and_chains_are_not_compared_with_each_other():
    cell = CellGraph(1, 1, ((0, 1, "a"),), (1,))
    assert set(compare_graphs([FIRST], [SECOND])) == set(CHAIN_METRICS)
    with pytest.raises(ValueError, match="cannot be compared with a chain"):
        compare_graphs([cell], [FIRST])
    with pytest.raises(ValueError, match="at least one chain"):
        compare_chains([], [FIRST])
