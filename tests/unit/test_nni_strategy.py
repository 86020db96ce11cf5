"""NNI's strategies search our spaces by our rules, and DARTS of both makes the same steps."""

import os
import random
import subprocess
import sys
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
import torch

from harness.api import SearchState, Split, Unsupported
from harness.cli import main
from harness.config.parameters import construct, defaults, ranges, resolve
from harness.errors import ConfigError
from harness.plugins import METHODS, SPACES
from harness.testing.clauses import apply, title
from harness.testing.method_checks import METHOD_CHECKS
from harness.testing.network_checks import find_tiny
from harness.testing.searching import begin
from harness.testing.toy_problem import STEPS, Toy
from harness.testing.toy_space import PlainToyCell, ToyCell
from harness.testing.toy_task import ToyBlobs
from methods.darts import Darts
from methods.nni_strategy import NniStrategy

GAP = METHODS.missing("nni_strategy")
needs_nni = pytest.mark.skipif(GAP is not None, reason=f"nni_strategy {GAP}")
STRATEGIES = ("darts", "gumbel", "random", "evolution")


def using(strategy, **params):
    """The plugin with other parameters for contract checks, and no exceptions."""

    class Using(NniStrategy):
        __doc__ = NniStrategy.__doc__
        __module__ = NniStrategy.__module__
        contract_params: ClassVar = {**NniStrategy.contract_params, "strategy": strategy, **params}
        currencies = ("evaluations",) if strategy == "evolution" else ("examples",)
        exceptions: ClassVar = {}

    return Using


def searched(strategy, toy=None, **params):
    method = begin(using(strategy, **params), toy or Toy())
    method.step()
    return method


def batches(toy, split):
    return sum(entry == ("batch", str(split)) for entry in toy.trace)


# The contract tests hold darts against the rest of the contract; gumbel differs in its draws only.
CHECKS = {title(check): check for check in METHOD_CHECKS}
EXCEPTED = ["every_step_spends", "resuming_is_seamless"]
DRAWN = [*EXCEPTED, "same_seed_gives_the_same_search", "survives_divergence"]
REST = [name for name in CHECKS if name != "says_what_it_cannot_search"]
PAIRS = [
    *[("darts", name) for name in EXCEPTED],
    *[("gumbel", name) for name in DRAWN],
    *[(strategy, name) for strategy in ("random", "evolution") for name in REST],
]


@needs_nni
@pytest.mark.parametrize(("strategy", "name"), PAIRS)
def test_every_strategy_keeps_the_contract_as_far_as_it_can_be_checked_between_steps(
    strategy, name
):
    apply(CHECKS[name], using(strategy))


@needs_nni
@pytest.mark.parametrize(
    "weights", [{}, {"gradient_clip": 0.01}, {"label_smoothing": 0.1, "nesterov": True}]
)
def test_darts_of_both_makes_the_same_steps_from_the_same_start(weights):
    rules = {"choices": {"learning_rate": 0.1}, "weights": weights}
    params = resolve("method", "darts", Darts, {**rules, "order": 1})
    ours, theirs = Darts(Toy().problem, **construct(Darts, params)), nni_darts(**rules)
    for _ in range(STEPS):
        ours.step()
    theirs.step()
    torch.testing.assert_close(theirs.parameters["alpha"], ours.parameters["alpha"])
    found, expected = (dict(method.supernet.named_parameters()) for method in (theirs, ours))
    torch.testing.assert_close(found, expected)
    assert theirs.incumbent() == ours.incumbent()
    found, expected = theirs.insights(), ours.insights()
    for name in ("train_accuracy", "validation_accuracy", "last_change_step", "learning_rate"):
        assert found[name] == pytest.approx(expected[name]), name


def nni_darts(**rules):
    """Return NNI's search from the start that ours has with the same seed."""
    start = Darts(Toy().problem).state_dict()
    search = begin(using("darts", **rules), Toy()).search
    search.load_state_dict({**start, "weight_optimizer": search.weight_optimizer.state_dict()})
    return search


@needs_nni
def test_weights_alone_descend_in_the_epochs_of_a_warm_up():
    toy = Toy()
    epochs = STEPS // toy.problem.epoch_steps + 1
    rules = {"choices": {"warmup_epochs": epochs}}
    search = searched("darts", toy, **rules).search
    mixed = Darts(Toy().problem, choices=search.choices, order=1)
    for _ in range(STEPS):
        mixed.step()
    assert search.insights()["mean_change"] == 0
    assert search.insights()["train_accuracy"] == mixed.insights()["train_accuracy"]
    assert batches(toy, Split.VALIDATION) == STEPS  # drawn by NNI, and not looked at


@needs_nni
@pytest.mark.parametrize("strategy", ["darts", "gumbel"])
def test_the_answer_is_derived_from_what_nni_exports(strategy):
    search = searched(strategy).search
    module = search.strategy.oneshot_module
    module.set_model(search.strategy.supernet)
    chosen = [module.export()[f"edge_{index}"] for index in range(len(search.space.edges))]
    assert search.space.gates_of(search.incumbent()).active == [(choice,) for choice in chosen]
    if strategy == "darts":
        shares = [list(row.values()) for row in module.export_probs().values()]
        assert search.incumbent() == search.space.derive(np.array(shares))
        expected = [alpha.softmax(0).tolist() for alpha in search.parameters["alpha"]]
        np.testing.assert_allclose(shares, expected, rtol=1e-6)


@needs_nni
def test_the_answer_in_a_space_of_cells_is_derived_by_the_space(tiny_cells):
    search = searched("darts", tiny_cells).search
    module = search.strategy.oneshot_module
    module.set_model(search.strategy.supernet)
    shares = [np.array(list(row.values())) for row in module.export_probs().values()]
    assert len(shares) == 28
    assert search.incumbent() == search.space.derive(shares)


@pytest.fixture
def tiny_cells():
    space = SPACES.load("darts")()
    shape, scale = find_tiny(space)
    return Toy(space=space, task=ToyBlobs(inputs=shape.inputs, classes=shape.classes), scale=scale)


@needs_nni
@pytest.mark.parametrize("strategy", ["darts", "gumbel", "random"])
def test_a_step_takes_all_the_train_batches_of_the_budget_and_no_more(strategy):
    toy = Toy()
    searched(strategy, toy, candidates=3, batches=4)
    assert batches(toy, Split.TRAIN) == STEPS
    assert batches(toy, Split.VALIDATION) == (3 * 4 if strategy == "random" else STEPS)
    assert toy.problem.is_spent()


@needs_nni
def test_evolution_judges_candidates_until_the_budget_is_spent_none_of_them_twice():
    toy = Toy()
    method = searched("evolution", toy)
    assert toy.spent["evaluations"] == len(toy.scores) == STEPS
    best = max(toy.scores, key=lambda architecture: max(toy.scores[architecture]))
    assert method.incumbent() == best


@needs_nni
@pytest.mark.parametrize("population", [4, 100])
def test_evolution_judges_only_what_the_space_holds(population, monkeypatch):
    def is_valid(space, architecture):
        return architecture[0] == 0

    monkeypatch.setattr(PlainToyCell, "is_valid", is_valid)
    toy = Toy(space=PlainToyCell())
    searched("evolution", toy, population=population)
    assert len(toy.scores) == STEPS
    assert {architecture[0] for architecture in toy.scores} == {0}


@needs_nni
def test_evolution_that_finds_nothing_new_ends_its_step_and_the_next_one_spends(monkeypatch):
    def is_valid(space, architecture):
        return architecture[1:] == (0,) * 5

    monkeypatch.setattr(PlainToyCell, "is_valid", is_valid)
    toy = Toy(space=PlainToyCell())
    method = searched("evolution", toy)
    assert toy.spent["evaluations"] == len(toy.scores) <= 3
    spent = toy.spent["evaluations"]
    method.step()
    assert toy.spent["evaluations"] > spent


@needs_nni
def test_random_one_shot_answers_with_the_best_of_the_architectures_it_judges(monkeypatch):
    method = begin(using("random", candidates=5), Toy())
    judged = {}

    def judge(architecture):
        judged[architecture] = float(len(judged) % 3)
        return judged[architecture]

    monkeypatch.setattr(method.search, "_judge", judge)
    method.step()
    assert len(judged) == 5
    assert method.incumbent() == list(judged)[2]
    assert method.insights()["shared_weights_accuracy"] == 2.0


@needs_nni
@pytest.mark.parametrize("strategy", ["darts", "gumbel", "random"])
def test_a_warm_start_begins_from_the_weights_and_the_answer_of_its_source(strategy):
    source = searched(strategy)
    state = SearchState(
        "nni_strategy", Toy().problem.shape, source.incumbent(), source.state_dict(), True
    )
    method = begin(using(strategy), Toy(1))
    method.warm_start(state)
    assert method.incumbent() == source.incumbent()
    weights = method.search.supernet.state_dict()
    for name, tensor in source.search.supernet.state_dict().items():
        assert torch.equal(weights[name], tensor), name


@needs_nni
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_generators_of_python_and_numpy_are_put_back(strategy):
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    searched(strategy)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002


@needs_nni
def test_what_a_strategy_cannot_search_is_refused_when_it_is_built():
    with pytest.raises(Unsupported, match=r"The space has no super-network\."):
        NniStrategy(Toy(space=PlainToyCell()).problem)
    with pytest.raises(Unsupported, match=r"no fidelity to judge candidates at\."):
        NniStrategy(Toy(fidelities=()).problem, strategy="evolution")
    NniStrategy(Toy(space=PlainToyCell(), has_images=False).problem, strategy="evolution")


@needs_nni
@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"steps": None}, r"limit examples in the protocol's search budget\."),
        ({"epoch_steps": 0, "steps": None}, r"There are no images"),
    ],
)
def test_one_shot_strategies_need_images_and_a_horizon(change, text):
    with pytest.raises(Unsupported, match=text):
        NniStrategy(replace(Toy().problem, **change))


def test_a_problem_that_no_strategy_can_search_is_refused_beforehand():
    ask = NniStrategy.unsupported
    assert ask(PlainToyCell(), has_images=True, fidelities=()).startswith("There is neither")
    assert ask(ToyCell(), has_images=False, fidelities=()).startswith("There is neither")
    assert ask(ToyCell(), has_images=True, fidelities=()) is None
    assert ask(PlainToyCell(), has_images=False, fidelities=(1,)) is None


@pytest.mark.parametrize(
    ("params", "text"),
    [
        (
            {"strategy": "gumbel"},
            "gumbel spends examples and seconds, and the budget limits only eva",
        ),
        ({"strategy": "evolution", "tournament": 101}, "A tournament of 101 cannot be drawn"),
        ({"strategy": "evolution", "fidelity": 7}, "Fidelity 7 is not on offer"),
    ],
)
def test_what_nni_cannot_be_told_is_refused_when_an_experiment_is_planned(params, text):
    full = construct(NniStrategy, resolve("method", "nni_strategy", NniStrategy, params))
    rules = {"fidelities": (1, 2), "target": None, "budget": {"evaluations": 100}}
    assert text in NniStrategy.complaint(full, **rules)


def test_a_temperature_that_rises_is_refused_when_an_experiment_is_planned():
    params = {"strategy": "gumbel", "temperature": [0.3, 1.0]}
    full = construct(NniStrategy, resolve("method", "nni_strategy", NniStrategy, params))
    said = NniStrategy.complaint(full, fidelities=(), target=None, budget={"epochs": 1})
    assert "cannot begin at 0.3 and end at 1" in said


def test_what_is_fixed_in_nni_is_no_hyper_parameter_and_as_in_our_darts():
    with pytest.raises(ConfigError, match="betas"):
        resolve("method", "nni_strategy", NniStrategy, {"choices": {"betas": [0.9, 0.999]}})
    assert "choices.weight_decay" not in ranges(NniStrategy)
    common = {"learning_rate", "warmup_epochs"}
    ours, theirs = defaults(Darts), defaults(NniStrategy)
    assert theirs["weights"] == ours["weights"]
    assert theirs["choices"] == {name: ours["choices"][name] for name in common}


@needs_nni
def test_what_is_fixed_in_nni_is_what_our_search_says_of_it():
    search = searched("darts").search
    rules = search.choices
    (adam,) = search.strategy.oneshot_module.configure_architecture_optimizers().param_groups
    assert (adam["lr"], adam["betas"]) == (rules.learning_rate, rules.betas)
    assert adam["weight_decay"] == rules.weight_decay


def test_without_its_extra_the_method_is_listed_as_unavailable(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "nni", None)
    monkeypatch.setattr(METHODS, "_loaded", {})
    assert main(["list", "methods"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "nni_strategy" in line]
    assert "unavailable: needs the extra nni, which is not installed" in line
    assert line.endswith("python -m pip install 'nas-comparison-harness[nni]')")


def test_without_its_extra_a_run_ends_with_one_line(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "nni", None)
    monkeypatch.setattr(METHODS, "_loaded", {})
    arguments = ["--method", "nni_strategy", "--source", "d10", "--target", "d100"]
    assert main(["run", *arguments, "--results", str(tmp_path / "results")]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    assert "The method 'nni_strategy' needs the extra nni" in said.err
    assert not (tmp_path / "results").exists()


QUIET = """
import sys
from harness.plugins import METHODS
from harness.testing.toy_problem import Toy
method = METHODS.load("nni_strategy")
assert not {"nni", "pytorch_lightning"} & set(sys.modules)
for strategy in ("darts", "gumbel", "random", "evolution"):
    method(Toy().problem, strategy=strategy).step()
"""


@needs_nni
def test_nothing_is_printed_and_nothing_written_beside_the_results(root, tmp_path):
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir(), here.mkdir()
    environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(root)}
    environment["MPLCONFIGDIR"] = str(tmp_path)  # where matplotlib keeps its list of fonts
    run = subprocess.run(
        [sys.executable, "-c", QUIET], cwd=here, env=environment, capture_output=True, text=True
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert not [*home.iterdir(), *here.iterdir()]
