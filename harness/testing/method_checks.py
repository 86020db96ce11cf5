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
import re
from typing import Any

from harness.api import Method, SearchSpace, Startup
from harness.config.parameters import construct, defaults, resolve
from harness.testing.clauses import (
    Check,
    is_sentence,
    no_error,
    require_architecture,
)
from harness.testing.network_checks import find_tiny
from harness.testing.plugin_checks import PLUGIN_CHECKS, first_line
from harness.testing.reporting_checks import REPORTING_CHECKS
from harness.testing.resuming_checks import RESUMING_CHECKS
from harness.testing.searching import begin, search, take_steps
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
                take_steps(begin(method, toy), 2)
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
        assert not foreign, f"startup() evaluates at {foreign}, but {offered} are on offer"


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
        parting = low.find_difference(high)
        assert not parting, f"it says that it heeds no target, but two make two searches, {parting}"


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
    """Every candidate is valid, evaluated at a fidelity on offer, and inherits from a kept one."""
    with no_error("a search"):
        search(method, Toy(), readings=0)  # the toy refuses anything else


def check_takes_two_steps(method: type[Method], space: SearchSpace) -> None:
    """Two steps at tiny size work in every real space that it does not refuse with a sentence."""
    shape, scale = find_tiny(space)
    task = ToyBlobs(inputs=shape.inputs, classes=shape.classes)
    toy = Toy(space=space, task=task, scale=scale)
    instance = begin(method, toy)
    with no_error("a step"):
        take_steps(instance, 2)
    require_architecture("the answer", instance.incumbent(), space)


METHOD_CHECKS: tuple[Check, ...] = (
    check_names_its_source,
    *PLUGIN_CHECKS,
    check_builds_from_a_problem_alone,
    check_says_what_it_cannot_search,
    check_complains_before_it_is_built,
    check_knows_its_startup,
    check_heeds_the_target_that_it_says_it_heeds,
    check_every_step_spends,
    check_proposes_only_valid_architectures,
    *REPORTING_CHECKS,
    *RESUMING_CHECKS,
)
