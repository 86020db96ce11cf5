"""What evolution is made of: populations, fitness, perturbations of a seed, sizes."""

import dataclasses
import math
from collections import Counter

import numpy as np
import pytest
import torch

from harness.api import Costs, Decision, SearchSpace
from harness.search.evolution.generation import draw_distinct, is_ordered, offspring, perturb
from harness.search.evolution.population import Member, Population, fittest_first
from harness.search.evolution.size import SAMPLES, draw_equal_size, measure
from harness.search.fitness import Aim, Fitness
from harness.spaces.darts import Darts
from harness.testing.toy_problem import Toy
from harness.testing.toy_space import PlainToyCell

BLOCKS = 5
ELEMENTS = (
    ("op", ("sep", "mb3", "mb6")),
    ("skip", ("without", "with")),
    ("layers", ("1", "2", "3", "4")),
    ("width", ("0.5", "1.0", "1.5", "2.0")),
)


class Blocks(SearchSpace):
    """Five blocks of an operation, a skip connection, a depth and a width."""

    def __init__(self):
        self.decisions = tuple(
            Decision(f"{name}_{block}", options)
            for block in range(BLOCKS)
            for name, options in ELEMENTS
        )

    def build(self, architecture, shape, scale):
        raise NotImplementedError

    def graph(self, architecture):
        raise NotImplementedError


class OddBlocks(Blocks):
    """Only blocks of one width each, so that most perturbations are invalid."""

    def is_valid(self, architecture):
        return super().is_valid(architecture) and len(set(architecture[3::4])) == 1


def members(*fitness):
    return [Member((i,), value, value, str(i)) for i, value in enumerate(fitness)]


def test_tournament_ranks_a_draw_without_replacement_and_its_best_is_the_parent():
    population = Population(lambda key: None)
    for member in members(3.0, 9.0, -math.inf, 5.0):
        population.add(member)
    rng = np.random.default_rng(0)
    drawn = [population.draw(3, rng) for _ in range(300)]
    for rivals in drawn:
        fitness = [rival.fitness for rival in rivals]
        assert fitness == sorted(fitness, reverse=True)
        assert len({rival.key for rival in rivals}) == 3
    absent = Counter(({"0", "1", "2", "3"} - {r.key for r in rivals}).pop() for rivals in drawn)
    assert min(absent.values()) > 50  # of 75 expected: everyone is drawn equally often


def test_mean_and_deviation_are_those_of_the_members_that_did_not_diverge():
    population = Population(lambda key: None)
    assert all(map(math.isnan, population.mean_and_deviation()))
    for score in (60.0, math.nan, 70.0, 80.0):
        population.add(Member((0,), score, score, str(score)))
    mean, deviation = population.mean_and_deviation()
    assert (mean, deviation) == (70.0, pytest.approx(math.sqrt(200 / 3)))


def test_equally_fit_members_keep_their_order():
    ranked = fittest_first(members(1.0, 2.0, 1.0, 2.0))
    assert [member.key for member in ranked] == ["1", "3", "0", "2"]


@pytest.mark.parametrize(
    ("penalty", "size", "fitness"),
    [
        ("soft", 100, 80.0),
        ("soft", 200, 76.21104),  # 80 * 2^-0.07
        ("soft", 50, 83.97733),  # 80 * 2^0.07
        ("one_sided", 100, 80.0),
        ("one_sided", 200, 76.21104),
        ("one_sided", 50, 80.0),
    ],
)
def test_fitness_trades_accuracy_against_size(penalty, size, fitness):
    costs = Costs("multiply-adds", 100.0, lambda architecture: size, None)
    judge = Fitness(costs, Aim(weight=-0.07, penalty=penalty))
    assert judge((0,), 80.0) == pytest.approx(fitness, abs=1e-5)
    assert judge((0,), math.nan) == -math.inf


def test_fitness_is_accuracy_where_no_size_is_asked_for():
    for costs in (None, Costs("multiply-adds", None, lambda architecture: 1.0, None)):
        assert Fitness(costs, Aim(weight=-0.07, penalty="soft"))((0,), 80.0) == 80.0


@pytest.mark.parametrize(
    ("size", "fitness"),
    [
        (100, 80),
        (124, 80),
        (81, 80),
        (150, 80 * 1.2**-5),
        (100 / 1.5, 80 * 1.2**-5),
        (200, 80 * 1.6**-5),
    ],
)
def test_within_the_tolerance_sizes_are_equal_and_beyond_both_directions_lose(size, fitness):
    judge = Fitness(Costs("multiply-adds", 100.0, lambda architecture: size, None), Aim())
    assert judge((0,), 80.0) == pytest.approx(fitness)


@pytest.mark.parametrize(
    ("options", "ordered"),
    [
        (("1", "2", "3", "4"), True),
        (("0.5", "1.0", "1.5"), True),
        (("3", "5", "7"), True),
        (("2", "1"), False),
        (("1", "1"), False),
        (("sep", "mb3"), False),
        (("0-1", "0-2"), False),
        (("nan", "1"), False),
    ],
)
def test_numbers_in_ascending_order_are_ordered(options, ordered):
    assert is_ordered(Decision("decision", options)) is ordered


def test_perturbation_changes_decisions_with_its_probability_and_ordered_ones_by_one_step():
    space, rng = Blocks(), np.random.default_rng(0)
    seed = tuple(int(rng.integers(len(d.options))) for d in space.decisions)
    drawn = np.array([perturb(space, seed, rate=0.3, rng=rng) for _ in range(4000)])
    changed = drawn != np.array(seed)
    assert changed.any(axis=1).all()
    # At least one of 20 is changed for certain, which shifts the rate by a thousandth; four
    # standard deviations of a share of 4000 draws are 0.03.
    expected = 0.3 / (1 - 0.7 ** len(seed))
    assert np.abs(changed.mean(axis=0) - expected).max() < 0.03
    for position, decision in enumerate(space.decisions):
        moves = drawn[changed[:, position], position] - seed[position]
        if is_ordered(decision):
            assert set(np.abs(moves)) == {1}
        others = set(drawn[changed[:, position], position])
        reach = 1 if is_ordered(decision) else len(decision.options)
        assert others == {
            option
            for option in range(len(decision.options))
            if option != seed[position] and abs(option - seed[position]) <= reach
        }


def test_perturbation_of_a_conditional_space_is_valid():
    space, rng = OddBlocks(), np.random.default_rng(0)
    seed = (0, 0, 0, 1) * BLOCKS
    for _ in range(100):
        candidate = perturb(space, seed, rate=0.3, rng=rng)
        assert candidate != seed
        assert space.is_valid(candidate)


def test_perturbation_that_never_comes_out_changes_one_decision():
    seed = PlainToyCell().sample(np.random.default_rng(0))
    rng = np.random.default_rng(0)
    candidate = perturb(PlainToyCell(), seed, rate=1e-12, rng=rng)
    assert sum(a != b for a, b in zip(candidate, seed, strict=True)) == 1


@pytest.mark.parametrize("space", [Blocks(), Darts(), PlainToyCell()])
def test_offspring_are_the_seed_and_distinct_perturbations(space):
    rng = np.random.default_rng(0)
    seed = space.sample(rng)
    found = offspring(space, seed, 20, rate=0.3, rng=rng)
    assert found[0] == seed
    assert len(set(found)) == len(found) == 20
    assert all(map(space.is_valid, found))


def test_space_with_too_few_architectures_repeats_some():
    numbers = iter(range(10_000))
    found = draw_distinct(5, lambda: (next(numbers) % 2,), first=[(7,)])
    assert (found[0], set(found), len(found)) == ((7,), {(7,), (0,), (1,)}, 5)


def test_random_control_is_the_closest_of_many_samples():
    toy = Toy(7)
    costs = Costs("multiply-adds", None, lambda a: float(sum(a)), None)
    problem = dataclasses.replace(toy.problem, costs=costs)
    largest = (2,) * 6
    chosen = draw_equal_size(problem, largest)
    twin = Toy(7).problem
    samples = draw_distinct(SAMPLES, lambda: twin.space.sample(twin.rng))
    assert sum(chosen) == max(sum(sample) for sample in samples if sample != largest)


def test_size_is_the_number_of_parameters_where_the_comparison_counts_nothing():
    problem = Toy().problem
    state = torch.get_rng_state()
    none, convolution = measure(problem, (0,) * 6), measure(problem, (0,) * 5 + (2,))
    assert convolution - none == 4 * 4 * 9 + 4
    assert torch.equal(state, torch.get_rng_state())
