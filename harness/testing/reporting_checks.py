"""The clauses of a method's contract on what it tells: answers, insights, its network."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import torch

from harness.api import Method, SearchSpace
from harness.testing.clauses import (
    Check,
    find_difference,
    freeze,
    no_error,
    require_architecture,
)
from harness.testing.searching import begin, search, take_steps
from harness.testing.toy_problem import STEPS, Toy
from harness.testing.toy_space import ToyCell


def check_answer_is_valid_at_any_time(method: type[Method]) -> None:
    """It has a valid answer before the first and after every step, and asking changes nothing."""
    toy = Toy()
    instance = begin(method, toy)
    for step in range(STEPS + 1):
        before = freeze(toy.state_dict())
        answer = instance.incumbent()
        require_architecture(f"the answer after {step} steps", answer, toy.problem.space)
        assert instance.incumbent() == answer, f"asked twice after {step} steps, it answers twice"
        changed = find_difference(before, freeze(toy.state_dict()))
        assert not changed, f"asking for the answer is not free: {changed}"
        instance.step()


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
        changed = find_difference(freeze(insights), freeze(written), "insights")
        assert not changed, f"insights are not plain, {changed}"
        _require_alphas(insights, toy.problem.space)
        instance.step()


def check_reading_insights_changes_nothing(method: type[Method]) -> None:
    """Insights may be read often, seldom or never: the search and the numbers stay the same."""
    instance = begin(method, Toy())
    take_steps(instance, 3)
    again = find_difference(freeze(instance.insights()), freeze(instance.insights()), "insights")
    assert not again, f"insights read twice differ, {again}"
    silent, curious = search(method, Toy(), readings=0), search(method, Toy(), readings=2)
    for row in curious.steps:
        del row["insights"]
    silent.state = curious.state = None
    parting = silent.find_difference(curious)
    assert not parting, f"reading insights changes the search, {parting}"


def check_search_network_can_be_watched(method: type[Method]) -> None:
    """If it has a search network, its gates fit it, and there are probabilities for each edge."""
    toy = Toy()
    instance = begin(method, toy)
    take_steps(instance, 2)
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


def _require_alphas(insights: dict[str, Any], space: SearchSpace) -> None:
    alphas, edges = insights.get("alphas"), getattr(space, "edges", None)
    if alphas is None or edges is None:
        return
    assert len(alphas) == len(edges), f"{len(alphas)} lists of alphas for {len(edges)} edges"
    assert all(isinstance(row, list) for row in alphas), "alphas are no lists of numbers"


REPORTING_CHECKS: tuple[Check, ...] = (
    check_answer_is_valid_at_any_time,
    check_survives_divergence,
    check_answer_did_not_diverge,
    check_insights_are_plain,
    check_reading_insights_changes_nothing,
    check_search_network_can_be_watched,
)
