"""Permutation tests on distances: known answers, enumeration, and the published genotypes."""

import gzip
import itertools
import json

import numpy as np
import pytest
from scipy import stats

from analysis.architectures.edges import compare
from analysis.architectures.groups import mantel, permute_labels
from harness.api import CellGraph

KNOWN = np.array(
    [
        [0, 0.2, 0.3, 0.7, 0.8, 0.6],
        [0.2, 0, 0.25, 0.75, 0.7, 0.65],
        [0.3, 0.25, 0, 0.6, 0.9, 0.8],
        [0.7, 0.75, 0.6, 0, 0.3, 0.2],
        [0.8, 0.7, 0.9, 0.3, 0, 0.35],
        [0.6, 0.65, 0.8, 0.2, 0.35, 0],
    ]
)
DATA_SETS = ("cifar10", "cifar100", "svhn")


def rng(seed=0):
    return np.random.default_rng(seed)


def noise(n, seed=0):
    upper = np.triu(rng(seed).random((n, n)), 1)
    return upper + upper.T


def count(labels, things=None):
    """Return how many members of each group are each thing; by default everyone is another."""
    things = np.arange(len(labels)) if things is None else things
    groups, which = np.unique(labels, return_inverse=True)
    counts = np.zeros((len(groups), max(things) + 1), dtype=np.int64)
    np.add.at(counts, (which, things), 1)
    return counts


def test_known_distances_have_the_known_answer():
    found = permute_labels(KNOWN, count([0, 0, 0, 1, 1, 1]), rng=rng())
    assert found.difference == pytest.approx(0.455556, abs=5e-7)
    assert (found.p, found.p_min, found.relabellings) == (0.1, 0.1, 20)
    assert found.is_exact


@pytest.mark.parametrize(("sizes", "smallest"), [((3, 3), 0.1), ((4, 4), 2 / 70), ((5, 5), 2 / 252),
                                                 ((3, 3, 3), 6 / 1680)])  # fmt: skip
def test_smallest_p_is_that_of_the_design(sizes, smallest):
    labels = [group for group, size in enumerate(sizes) for _ in range(size)]
    apart = np.array([[float(a != b) for b in labels] for a in labels])
    found = permute_labels(apart, count(labels), rng=rng())
    assert found.p == found.p_min == pytest.approx(smallest)


def enumerate_p(distances, labels):
    """Return the difference and its exact p-value by trying all orders of the labels."""
    n = len(labels)

    def difference(chosen):
        pairs = list(itertools.combinations(range(n), 2))
        within = [distances[i, j] for i, j in pairs if chosen[i] == chosen[j]]
        between = [distances[i, j] for i, j in pairs if chosen[i] != chosen[j]]
        return np.mean(between) - np.mean(within)

    own = difference(labels)
    every = [difference(order) for order in itertools.permutations(labels)]
    return own, np.mean([found >= own - 1e-9 for found in every])


@pytest.mark.parametrize("seed", range(4))
def test_exact_p_is_that_of_all_orders_of_the_labels(seed):
    labels = ["a", "a", "a", "b", "b", "c", "c"][: 6 + seed % 2]
    distances = noise(len(labels), seed)
    found = permute_labels(distances, count(labels), rng=rng())
    assert (found.difference, found.p) == pytest.approx(enumerate_p(distances, labels))


@pytest.mark.parametrize("seed", range(6))
def test_members_that_are_one_thing_count_one_by_one(seed):
    # Seven members are four things; every pair of members is tried in the brute force.
    labels = ["a", "a", "a", "b", "b", "b", "c"]
    things = rng(seed).permutation([0, 0, 0, 1, 1, 2, 3])
    distances = noise(4, seed)
    found = permute_labels(distances, count(labels, things), rng=rng())
    singly = distances[np.ix_(things, things)]
    assert (found.difference, found.p) == pytest.approx(enumerate_p(singly, labels))
    assert found.relabellings == 140  # 7! / (3! 3! 1!)


def relabel_singly(distances, labels, draws):
    """Return the difference and its p-value: shuffled labels of members, pair by pair."""
    labels, generator = np.array(labels), rng(1)
    upper = np.triu_indices(len(labels), 1)
    pairs = distances[upper]

    def difference(chosen):
        same = chosen[upper[0]] == chosen[upper[1]]
        return pairs[~same].mean() - pairs[same].mean()

    every = np.array([difference(generator.permutation(labels)) for _ in range(draws)])
    own = difference(labels)
    return own, ((every >= own - 1e-9).sum() + 1) / (draws + 1), np.quantile(every, (0.025, 0.975))


@pytest.mark.parametrize("seed", [9, 10, 15])
def test_counts_give_what_shuffling_all_seeds_gives(seed):
    # 3 x 60 searches found 12 cells, each data set some of them a little more often.
    draw = rng(seed)
    shares = [draw.dirichlet(np.full(12, 90.0)) for _ in range(3)]
    things = np.concatenate([draw.choice(12, 60, p=share) for share in shares])
    labels = np.repeat(["c10", "c100", "in16"], 60)
    distances = noise(12, seed)
    found = permute_labels(distances, count(labels, things), rng=rng())
    own, p, band = relabel_singly(distances[np.ix_(things, things)], labels, 1500)
    assert found.difference == pytest.approx(own)
    assert found.p == pytest.approx(p, abs=3.5 * np.sqrt(p * (1 - p) / 1500))
    assert (found.low, found.high) == pytest.approx(band, abs=0.2 * (band[1] - band[0]))


def test_five_hundred_seeds_a_group_see_what_five_do_not():
    # A tenth of the searches on one data set find the other cell.
    counts = np.array([[500, 0], [450, 50]])
    distances = np.array([[0.0, 1.0], [1.0, 0.0]])
    many = permute_labels(distances, counts, rng=rng())
    few = permute_labels(distances, np.array([[10, 0], [9, 1]]), rng=rng())
    assert many.p == many.p_min == pytest.approx(1e-4)
    assert few.p == pytest.approx(1.0)


def test_drawn_relabellings_come_close_to_all_of_them():
    labels = [0] * 5 + [1] * 5
    distances = noise(10, 3)
    exact = permute_labels(distances, count(labels), rng=rng())
    # Everyone twice has more arrangements than are tried.
    many = permute_labels(distances, 2 * count(labels), rng=rng())
    assert exact.is_exact and not many.is_exact
    assert many.relabellings == 9999
    assert many.p_min == pytest.approx(1e-4)


def test_p_is_uniform_or_larger_where_labels_mean_nothing():
    labels = [0] * 4 + [1] * 4
    found = [permute_labels(noise(8, seed), count(labels), rng=rng()).p for seed in range(400)]
    for level in (0.05, 0.1, 0.2, 0.5):
        error = np.sqrt(level * (1 - level) / len(found))
        assert np.mean(np.array(found) <= level) <= level + 2.6 * error


def test_blocks_do_not_take_what_they_share_for_the_groups():
    # Two methods, each on its own data set more often: cells differ by method alone.
    methods = np.repeat([0, 1], 8)
    labels = [*[0] * 7, 1, 0, *[1] * 7]
    distances = np.where(methods[:, None] != methods[None, :], 1.0, 0.2) + 0.01 * noise(16, 5)
    np.fill_diagonal(distances, 0.0)
    free = permute_labels(distances, count(labels), rng=rng())
    blocked = permute_labels(
        distances, count(labels), blocks=methods, compared=lambda *_: True, rng=rng()
    )
    assert free.p < 0.05 < blocked.p
    assert blocked.is_exact and blocked.relabellings == 8**2
    inside = permute_labels(distances, count(labels), blocks=methods, rng=rng())
    same = methods[:, None] == methods[None]
    same &= np.triu(np.ones((16, 16), bool), 1)
    differ = np.array(labels)[:, None] != np.array(labels)[None]
    assert inside.between == pytest.approx(distances[same & differ].mean())
    assert inside.within == pytest.approx(distances[same & ~differ].mean())


@pytest.mark.parametrize(
    ("labels", "blocks", "why"),
    [
        ([0, 0, 0, 0], None, "there is one group only"),
        ([0, 1, 2, 3], None, "no group has two members to compare"),
        ([0, 0, 1, 1], [0, 0, 1, 1], "no two groups have members to compare"),
    ],
)
def test_what_cannot_be_tested_is_said_in_words(labels, blocks, why):
    found = permute_labels(noise(4), count(labels), blocks=blocks, rng=rng())
    assert np.isnan(found.p) and found.why == why


def test_an_unknown_distance_is_said():
    distances = KNOWN.copy()
    distances[0, 1] = distances[1, 0] = np.nan
    found = permute_labels(distances, count([0, 0, 0, 1, 1, 1]), rng=rng())
    assert np.isnan(found.p) and found.why == "a distance is unknown"


@pytest.mark.parametrize("seed", range(3))
def test_mantel_correlation_is_spearmans_and_its_exact_p_that_of_all_orders(seed):
    first, second = noise(6, seed), noise(6, 100 + seed)
    found = mantel(first, second, rng=rng())
    upper = np.triu_indices(6, 1)
    assert found.correlation == pytest.approx(
        stats.spearmanr(first[upper], second[upper]).statistic
    )
    every = [
        stats.spearmanr(first[upper], second[np.ix_(order, order)][upper]).statistic
        for order in itertools.permutations(range(6))
    ]
    assert found.p == pytest.approx(np.mean(np.array(every) >= found.correlation - 1e-9))
    assert found.is_exact and found.relabellings == 720


def test_mantel_finds_equal_distances_and_says_when_there_is_nothing_to_find():
    distances = noise(10, 1)
    found = mantel(distances, distances**2, rng=rng())
    assert found.correlation == pytest.approx(1)
    assert found.p == pytest.approx(1e-4)
    assert mantel(distances, np.ones((10, 10)), rng=rng()).why == "all distances are equal"
    assert mantel(noise(3), noise(3), rng=rng()).why == "3 are too few to correlate"
    assert mantel(distances, distances * np.nan, rng=rng()).why == "a distance is unknown"


@pytest.fixture(scope="module")
def genotypes(reference):
    with gzip.open(reference / "darts_space" / "genotypes.json.gz") as file:
        return json.load(file)


def normal_cell(record):
    edges = [(source, 2 + i // 2, op) for i, (op, source) in enumerate(record["normal"])]
    return CellGraph(2, 4, tuple(sorted(edges)), tuple(record["normal_concat"]))


def distances_of(records):
    cells = [normal_cell(record) for record in records]
    return 1 - compare(cells, cells)["edge_jaccard_aligned"]


def test_regularisation_shapes_the_cells_of_robust_darts(genotypes):
    records = [
        record
        for record in genotypes
        if record["id"].startswith("robustdarts/search/s1_cifar10/0.0_")
    ]
    assert len(records) == 21
    labels = [record["search_regularisation"] for record in records]
    found = permute_labels(distances_of(records), count(labels), rng=rng())
    assert (found.within, found.between) == pytest.approx((0.4512, 0.7376), abs=5e-5)
    assert found.difference == pytest.approx(0.2864, abs=5e-5)
    assert found.p == pytest.approx(0.0001)


@pytest.fixture(scope="module")
def found_by_six_settings(genotypes):
    """72 cells: four spaces, three data sets, six settings."""
    return [
        record
        for record in genotypes
        if (record["id"].startswith("robustdarts/eval/") or record["id"].startswith("sdarts/"))
        and record["space"] in {"s1", "s2", "s3", "s4"}
    ]


def test_published_cells_give_the_known_distances_and_p(found_by_six_settings):
    records = found_by_six_settings
    assert len(records) == 72
    data = [record["searched_on"] for record in records]
    spaces = [record["space"] for record in records]
    settings = [record.get("search_regularisation") or record["searcher"] for record in records]
    assert {settings.count(setting) for setting in settings} == {12}
    distances = distances_of(records)
    draws = 2000

    def across(one, other):
        """Tell whether pairs of two blocks count: of one space, but not of one setting."""
        return one[0] == other[0] and one[1] != other[1]

    def test(labels, blocks, chosen):
        places = np.flatnonzero(chosen)
        return permute_labels(
            distances[np.ix_(places, places)],
            count([labels[place] for place in places]),
            blocks=[blocks[place] for place in places],
            compared=across,
            rng=rng(1),
            draws=draws,
        )

    blocks = list(zip(spaces, settings, strict=True))
    known = {
        "s1": (0.6845, 0.7085, 0.14),
        "s2": (0.7405, 0.7470, 0.35),
        "s3": (0.7847, 0.7788, 0.49),
        "s4": (0.6256, 0.5955, 0.88),
    }
    for space, (within, between, p) in known.items():
        found = test(data, blocks, np.array(spaces) == space)
        assert (found.within, found.between) == pytest.approx((within, between), abs=5e-5)
        # Two Monte-Carlo errors meet here: the known p and ours, of 2,000 draws each.
        error = np.sqrt(2 * p * (1 - p) / draws)
        assert found.p == pytest.approx(p, abs=3 * error + 0.005), space
    found = test(data, blocks, np.full(72, fill_value=True))
    assert found.p == pytest.approx(0.51, abs=3 * np.sqrt(2 * 0.25 / draws) + 0.005)
    # Settings permuted inside (space, data set), pairs of different data sets compared.
    places = list(zip(spaces, data, strict=True))
    assert test(settings, places, np.full(72, fill_value=True)).p < 0.001
