"""The clauses of a method's contract on seeds, saved state and warm starts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from harness.api import Method, SearchState, Unsupported
from harness.testing.clauses import (
    Check,
    find_difference,
    freeze,
    is_sentence,
    no_error,
    require_architecture,
)
from harness.testing.searching import Transcript, begin, read_back, search, take_steps
from harness.testing.toy_problem import STEPS, Toy
from harness.testing.toy_task import ToyBlobs


def check_same_seed_gives_the_same_search(method: type[Method]) -> None:
    """It draws from the problem's ``rng`` and torch's generators only, which the harness seeds."""
    with _global_generators_at(1):
        first = search(method, Toy())
    with _global_generators_at(2):
        second = search(method, Toy())
    parting = first.find_difference(second)
    assert not parting, f"the same seed gives two searches, {parting}"


def check_seed_matters(method: type[Method]) -> None:
    """Another seed gives another search, even on the same batches."""
    first, second = search(method, Toy(1)), search(method, Toy(2))
    assert first.find_difference(second), (
        "two seeds give one search: it seeds generators of its own"
    )


def check_state_is_plain(method: type[Method]) -> None:
    """Its state is made of tensors and plain containers and is read back without unpickling."""
    instance = begin(method, Toy())
    take_steps(instance, 2)
    state = instance.state_dict()
    with no_error("torch.load(state, weights_only=True)"):
        loaded = read_back(state)
    changed = find_difference(freeze(state), freeze(loaded), "state")
    assert not changed, f"saving and reading changes the state, {changed}"


def check_resuming_is_seamless(method: type[Method]) -> None:
    """Saved half-way and taken up by a new object, it goes on as if nothing had happened."""
    _require_seamless(search(method, Toy()), search(method, Toy(), resume_after=STEPS // 2))


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
            take_steps(instance, 2)
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


def _search_elsewhere(method: type[Method], classes: int) -> SearchState:
    """Return where a short search on other toy blobs ends."""
    toy = Toy(3, task=ToyBlobs(classes=classes))
    instance = begin(method, toy)
    take_steps(instance, 4)
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


def _require_seamless(through: Transcript, halves: Transcript) -> None:
    parting = through.find_difference(halves)
    assert not parting, (
        f"resumed after step {STEPS // 2} it parts from a search in one go, {parting}"
    )


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


RESUMING_CHECKS: tuple[Check, ...] = (
    check_same_seed_gives_the_same_search,
    check_seed_matters,
    check_state_is_plain,
    check_resuming_is_seamless,
    check_warm_start_goes_on,
    check_classifier_is_not_taken_over_to_other_classes,
)
