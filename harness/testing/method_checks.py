"""The contract of a method, one function per clause; each docstring is the clause.

Run over every registered method by ``tests/contract``, by ``python -m harness check NAME``, and by
third parties::

    @pytest.mark.parametrize("check", METHOD_CHECKS)
    def test_contract(check):
        apply(check, MyMethod)

A method that cannot keep a clause declares so in ``exceptions``, with a reason.
"""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from harness.api import Method, SearchSpace, SearchState, Startup, Unsupported
from harness.config.parameters import construct, defaults, resolve
from harness.testing.clauses import (
    Check,
    difference,
    frozen,
    is_sentence,
    no_error,
    require_architecture,
)
from harness.testing.plugin_checks import PLUGIN_CHECKS, first_line
from harness.testing.searching import Transcript, begin, read_back, search
from harness.testing.space_checks import find_tiny
from harness.testing.toy_problem import BATCH, STEPS, Toy
from harness.testing.toy_space import PlainToyCell, ToyCell
from harness.testing.toy_task import ToyBlobs

UNITS = {"evaluations", "examples", "seconds"}
BUDGET = {"evaluations": STEPS, "examples": STEPS * BATCH}
SOURCE = re.compile(r"[^(:]+ \(.{3,}\): \S")


def check_names_its_source(method: type[Method]) -> None:
    """The first docstring line of its module reads: name (authors, venue year): the idea."""
    line = first_line(method)
    assert SOURCE.match(line), (
        f"the module {method.__module__} should begin with 'Name (Authors, VENUE YEAR): idea', "
        f"not {line!r}"
    )


def check_builds_from_a_problem_alone(method: type[Method]) -> None:
    """It can be built from a problem alone."""
    toy = Toy()
    begin(method, toy)
    with no_error(f"{method.__name__}(problem)"):
        method(toy.again().problem)


def check_says_what_it_cannot_search(method: type[Method]) -> None:
    """``unsupported`` returns None or a sentence, and what it supports can be searched."""
    for toy in (
        Toy(),
        Toy(space=PlainToyCell()),
        Toy(has_images=False),
        Toy(fidelities=()),
        Toy(space=PlainToyCell(), has_images=False, fidelities=()),
    ):
        space, fidelities = toy.problem.space, toy.problem.fidelities
        place = (
            f"on {'a' if isinstance(space, ToyCell) else 'no'} super-network, "
            f"{'with' if toy.has_images else 'without'} images and with fidelities {fidelities}"
        )
        with no_error(f"unsupported() {place}"):
            reason = method.unsupported(space, has_images=toy.has_images, fidelities=fidelities)
        if reason is None:
            with no_error(f"a search {place}, which it says it supports,"):
                _take_steps(begin(method, toy), 2)
        else:
            assert is_sentence(reason), f"unsupported() should give a sentence, not {reason!r}"


def check_complains_before_it_is_built(method: type[Method]) -> None:
    """``complaint`` returns None or a sentence, and what it accepts can be built."""
    toy = Toy()
    default = construct(method, defaults(method))
    own = construct(method, resolve("method", method.__name__, method, method.contract_params))
    offers = (tuple(toy.problem.fidelities), ())
    for params, fidelities, target in itertools.product((default, own), offers, (None, 0.5, 1e9)):
        place = f"complaint() at fidelities {fidelities} and the target {target}"
        with no_error(place):
            reason = method.complaint(params, fidelities=fidelities, target=target, budget=BUDGET)
        assert reason is None or is_sentence(reason), f"{place} should give a sentence: {reason!r}"
        if reason is None and fidelities:
            with no_error(f"{method.__name__}(problem) with parameters that it accepts"):
                method(toy.again().problem, **params)
    reason = method.complaint(own, fidelities=offers[0], target=None, budget=BUDGET)
    assert reason is None, f"it complains about its own contract_params: {reason}"


def check_knows_its_startup(method: type[Method]) -> None:
    """``startup`` names one of its hyper-parameters, and only fidelities that are on offer."""
    offered = tuple(Toy().problem.fidelities)
    for chosen in (defaults(method), resolve("method", "", method, method.contract_params)):
        with no_error("startup()"):
            found = method.startup(construct(method, chosen), fidelities=offered)
        assert isinstance(found, Startup), f"startup() returns {found!r}"
        place: Any = chosen
        for name in found.parameter.split(".") if found.fidelities or found.epochs else ():
            assert name in place, f"startup() names {found.parameter!r}, which is none of its own"
            place = place[name]
        foreign = sorted(set(found.fidelities) - set(offered))
        assert not foreign, f"startup() judges at {foreign}, but {offered} are on offer"


def check_heeds_the_target_that_it_says_it_heeds(method: type[Method]) -> None:
    """A target of cost makes its answers cheap or dear, or ``heeds_target`` says that none does."""
    own = construct(method, resolve("method", method.__name__, method, method.contract_params))
    low, high = (search(method, Toy(target=target), readings=0) for target in (1.5, 1e3))
    if method.heeds_target(own):
        cheap, dear = (sum(one.method.incumbent()) for one in (low, high))
        assert cheap < dear, (
            f"it says that it heeds a target, but options that cost {cheap} answer one that is "
            f"low, and {dear} one that is high"
        )
    else:
        parting = low.difference(high)
        assert not parting, f"it says that it heeds no target, but two make two searches, {parting}"


def check_answer_is_valid_at_any_time(method: type[Method]) -> None:
    """It has a valid answer before the first and after every step, and asking changes nothing."""
    toy = Toy()
    instance = begin(method, toy)
    for step in range(STEPS + 1):
        before = frozen(toy.state_dict())
        answer = instance.incumbent()
        require_architecture(f"the answer after {step} steps", answer, toy.problem.space)
        assert instance.incumbent() == answer, f"asked twice after {step} steps, it answers twice"
        changed = difference(before, frozen(toy.state_dict()))
        assert not changed, f"asking for the answer is not free: {changed}"
        instance.step()


def check_every_step_spends(method: type[Method]) -> None:
    """No step is free, and every unit in ``currencies`` is spent, so that budgets end."""
    units = set(method.currencies)
    assert units and units <= UNITS, f"currencies are some of {sorted(UNITS)}, not {units}"
    toy = Toy()
    instance = begin(method, toy)
    for step in range(1, STEPS + 1):
        before = dict(toy.spent)
        instance.step()
        assert toy.spent != before, f"step {step} spends nothing, so no budget would ever end it"
    for unit in units - {"seconds"}:
        assert toy.spent[unit], (
            f"it declares the currency {unit!r} but spends none in {STEPS} steps"
        )


def check_proposes_only_valid_architectures(method: type[Method]) -> None:
    """Every candidate is valid, judged at a fidelity on offer, and inherits from a kept one."""
    with no_error("a search"):
        search(method, Toy(), readings=0)  # the toy refuses anything else


def check_same_seed_gives_the_same_search(method: type[Method]) -> None:
    """It draws from the problem's ``rng`` and torch's generators only, which the harness seeds."""
    with _global_generators_at(1):
        first = search(method, Toy())
    with _global_generators_at(2):
        second = search(method, Toy())
    parting = first.difference(second)
    assert not parting, f"the same seed gives two searches, {parting}"


def check_seed_matters(method: type[Method]) -> None:
    """Another seed gives another search, even on the same batches."""
    first, second = search(method, Toy(1)), search(method, Toy(2))
    assert first.difference(second), "two seeds give one search: it seeds generators of its own"


def check_state_is_plain(method: type[Method]) -> None:
    """Its state is made of tensors and plain containers and is read back without unpickling."""
    instance = begin(method, Toy())
    _take_steps(instance, 2)
    state = instance.state_dict()
    with no_error("torch.load(state, weights_only=True)"):
        loaded = read_back(state)
    changed = difference(frozen(state), frozen(loaded), "state")
    assert not changed, f"saving and reading changes the state, {changed}"


def check_resuming_is_seamless(method: type[Method]) -> None:
    """Saved half-way and taken up by a new object, it goes on as if nothing had happened."""
    _require_seamless(search(method, Toy()), search(method, Toy(), resume_after=STEPS // 2))


def check_survives_divergence(method: type[Method]) -> None:
    """Losses and scores that are NaN neither stop it nor spoil its answer."""
    with no_error("a search in which every loss and score is NaN"):
        diverged = search(method, Toy(broken="always"))
    for step, row in enumerate(diverged.steps, start=1):
        answer = tuple(row["answer"])
        require_architecture(
            f"the answer to NaN in step {step}", answer, diverged.toy.problem.space
        )


def check_answer_did_not_diverge(method: type[Method]) -> None:
    """A candidate that diverged is not the answer while a sound one is known."""
    toy = Toy(broken="sometimes")
    instance = begin(method, toy)
    for step in range(1, STEPS + 1):
        instance.step()
        sound = {a for a, scores in toy.scores.items() if any(np.isfinite(scores))}
        answer = instance.incumbent()
        assert not sound or answer in sound or answer not in toy.scores, (
            f"after step {step} the answer is a candidate whose score was NaN"
        )


def check_insights_are_plain(method: type[Method]) -> None:
    """Its insights can be written as JSON; alphas are one list of numbers per edge."""
    toy = Toy()
    instance = begin(method, toy)
    for _ in range(3):
        insights = instance.insights()
        with no_error("json.dumps(insights)"):
            written = json.loads(json.dumps(insights))
        changed = difference(frozen(insights), frozen(written), "insights")
        assert not changed, f"insights are not plain, {changed}"
        _require_alphas(insights, toy.problem.space)
        instance.step()


def check_reading_insights_changes_nothing(method: type[Method]) -> None:
    """Insights may be read often, seldom or never: the search and the numbers stay the same."""
    instance = begin(method, Toy())
    _take_steps(instance, 3)
    again = difference(frozen(instance.insights()), frozen(instance.insights()), "insights")
    assert not again, f"insights read twice differ, {again}"
    silent, curious = search(method, Toy(), readings=0), search(method, Toy(), readings=2)
    for row in curious.steps:
        del row["insights"]
    silent.state = curious.state = None
    parting = silent.difference(curious)
    assert not parting, f"reading insights changes the search, {parting}"


def check_search_network_can_be_watched(method: type[Method]) -> None:
    """If it has a search network, its gates fit it, and there are probabilities for each edge."""
    toy = Toy()
    instance = begin(method, toy)
    _take_steps(instance, 2)
    watched = instance.search_network()
    if watched is None:
        return
    images = torch.zeros(2, *toy.problem.shape.inputs)
    with no_error("search_network().supernet(images, gates())"), torch.no_grad():
        logits = watched.supernet(images, watched.gates())
    assert logits.shape == (2, toy.problem.shape.classes), f"logits of shape {tuple(logits.shape)}"
    space = toy.problem.space
    assert isinstance(space, ToyCell), "there is a search network in a space that has none"
    found = [len(shares) for shares in watched.probabilities()]
    expected = [len(edge.options) for edge in space.edges]
    assert found == expected, f"probabilities over {found} operations, not {expected}"


def check_warm_start_goes_on(method: type[Method]) -> None:
    """A warm start raises Unsupported, or gives a valid answer and a search that can be resumed.

    Once on the same data and once with another number of classes, as when the data set is swapped.
    """
    for classes in (3, 4):
        source = _search_elsewhere(method, classes)
        toy = Toy(4)
        instance = begin(method, toy)
        with no_error(f"a warm start from {classes} classes to 3"):
            goes_on = _warm_start(instance, source)
        if not goes_on:
            continue
        require_architecture("the warm start's answer", instance.incumbent(), toy.problem.space)
        with no_error(f"a search after a warm start from {classes} classes to 3"):
            _take_steps(instance, 2)
        if classes == 4:
            through = search(method, Toy(4), source=source)
            halves = search(method, Toy(4), source=source, resume_after=STEPS // 2)
            _require_seamless(through, halves)


def check_classifier_is_not_taken_over_to_other_classes(method: type[Method]) -> None:
    """A warm start leaves the classifier as it is where the classes are others, though as many."""
    source = _search_elsewhere(method, ToyBlobs().shape.classes)
    instance = begin(method, Toy(4))
    watched = instance.search_network()
    if watched is None:
        return
    before = watched.supernet.get_submodule("classifier").state_dict()
    fresh = {name: tensor.clone() for name, tensor in before.items()}
    if not _warm_start(instance, source):
        return
    watched = instance.search_network()
    assert watched is not None, "after a warm start there is no search network"
    for name, tensor in watched.supernet.get_submodule("classifier").state_dict().items():
        assert torch.equal(tensor, fresh[name]), (
            f"the classifier's {name} comes from a search with other classes"
        )


def check_takes_two_steps(method: type[Method], space: SearchSpace) -> None:
    """Two steps at tiny size work in every real space that it does not refuse with a sentence."""
    shape, scale = find_tiny(space)
    task = ToyBlobs(inputs=shape.inputs, classes=shape.classes)
    toy = Toy(space=space, task=task, scale=scale)
    instance = begin(method, toy)
    with no_error("a step"):
        _take_steps(instance, 2)
    require_architecture("the answer", instance.incumbent(), space)


def _search_elsewhere(method: type[Method], classes: int) -> SearchState:
    """Return where a short search on other toy blobs ends."""
    toy = Toy(3, task=ToyBlobs(classes=classes))
    instance = begin(method, toy)
    _take_steps(instance, 4)
    return SearchState(
        method=method.__module__.rpartition(".")[2],
        shape=toy.problem.shape,
        architecture=instance.incumbent(),
        state=read_back(instance.state_dict()),
    )


def _warm_start(instance: Method, source: SearchState) -> bool:
    """Return whether the method begins where ``source`` ended."""
    try:
        instance.warm_start(source)
    except Unsupported as reason:
        assert is_sentence(str(reason)), f"Unsupported should say why, not {str(reason)!r}"
        return False
    return True


def _take_steps(instance: Method, count: int) -> None:
    for _ in range(count):
        instance.step()


def _require_seamless(through: Transcript, halves: Transcript) -> None:
    parting = through.difference(halves)
    assert not parting, (
        f"resumed after step {STEPS // 2} it parts from a search in one go, {parting}"
    )


def _require_alphas(insights: dict[str, Any], space: SearchSpace) -> None:
    alphas, edges = insights.get("alphas"), getattr(space, "edges", None)
    if alphas is None or edges is None:
        return
    assert len(alphas) == len(edges), f"{len(alphas)} lists of alphas for {len(edges)} edges"
    assert all(isinstance(row, list) for row in alphas), "alphas are no lists of numbers"


@contextmanager
def _global_generators_at(seed: int) -> Iterator[None]:
    """Seed the generators that the harness does not seed, and put them back afterwards."""
    python, host = random.getstate(), np.random.get_state()  # noqa: NPY002 - what is forbidden
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(host)  # noqa: NPY002


METHOD_CHECKS: tuple[Check, ...] = (
    check_names_its_source,
    *PLUGIN_CHECKS,
    check_builds_from_a_problem_alone,
    check_says_what_it_cannot_search,
    check_complains_before_it_is_built,
    check_knows_its_startup,
    check_heeds_the_target_that_it_says_it_heeds,
    check_answer_is_valid_at_any_time,
    check_every_step_spends,
    check_proposes_only_valid_architectures,
    check_same_seed_gives_the_same_search,
    check_seed_matters,
    check_state_is_plain,
    check_resuming_is_seamless,
    check_survives_divergence,
    check_answer_did_not_diverge,
    check_insights_are_plain,
    check_reading_insights_changes_nothing,
    check_search_network_can_be_watched,
    check_warm_start_goes_on,
    check_classifier_is_not_taken_over_to_other_classes,
)
