"""What is wrong with a value is said in plain words, whatever the value and the place."""

import copy
import json

import pytest

from harness.config.experiment import make_experiment
from harness.config.parameters import defaults, resolve
from harness.config.wording import LONGEST, show
from harness.errors import ConfigError, HarnessError
from harness.plugins import METHODS
from tests.integration.tiny import experiment

WRONG = (None, True, -1, 0, 1.5, "text", "", [], [1], ["text"], {}, {"key": 1}, 10**400, "x" * 9999)
JARGON = ("input", "valid ", "instance", "tuple", "dict", "pydantic", "field", "str ", "none")


def places(node, path=()):
    """Yield the path of everything inside a document."""
    entries = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in entries if isinstance(node, dict | list) else ():
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


def changed(document, path, value):
    document = copy.deepcopy(document)
    node = document
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return document


def complaints(document, check):
    """Return what ``check`` says of every document with one wrong value."""
    found = []
    for path in places(document):
        for value in WRONG:
            try:
                check(changed(document, path, value))
            except HarnessError as error:
                found.append((path, str(error)))
    return found


def costs():
    rules = {"currency": "multiply-adds", "network": {"channels": 4, "cells": 3}, "target": 5}
    document = experiment(seeds=[0, 1], methods=[{"name": "darts", "arms": ["direct"]}])
    return changed(document, ("protocol", "costs"), rules)


def assert_plain(message):
    words = message.lower().replace("'none'", "").replace("mean none?", "")
    assert not [term for term in JARGON if term in words], message
    assert "\n" not in message and len(message) < 400, message


def test_every_wrong_value_of_an_experiment_is_refused_in_plain_words():
    found = complaints(costs(), make_experiment)
    assert len(found) > 500
    for _, message in found:
        assert_plain(message)


@pytest.mark.parametrize("name", ["darts", "proxylessnas", "eat_nas"])
def test_every_wrong_hyper_parameter_is_refused_in_plain_words(name):
    plugin = METHODS.load(name)
    found = complaints(defaults(plugin), lambda given: resolve("method", name, plugin, given))
    assert found
    for path, message in found:
        assert_plain(message)
        assert str(path[0]) in message


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seeds": ["one"]}, "seeds.0 'one': expected a whole number."),
        ({"seeds": 0}, "seeds 0: expected 1 to 100000 seeds, or a list of them."),
        ({"seeds": None}, "seeds null: expected a list."),
        ({"pairs": ["d10"]}, "pairs.0 'd10': expected a mapping of keys: source, target."),
        ({"train_seeds": 0}, "train_seeds 0: expected more than 0."),
        ({"arms": []}, "arms []: expected at least 1 entry."),
        ({"arms": ["directly"]}, "did you mean direct?"),
    ],
)
def test_it_says_what_was_given_and_what_was_expected(changes, said):
    with pytest.raises(ConfigError) as caught:
        make_experiment(experiment(**changes))
    assert str(caught.value).endswith(said)


@pytest.mark.parametrize(
    ("key", "typed"), [("methods", "method"), ("pairs", "pair"), ("protocol", "protocoll")]
)
def test_a_misspelt_key_is_named_rather_than_the_one_that_is_missing(key, typed):
    document = experiment()
    document[typed] = document.pop(key)
    with pytest.raises(ConfigError, match=f"{typed} is no known key. Did you mean {key}"):
        make_experiment(document)


def test_a_misspelt_key_inside_a_list_is_named_too():
    with pytest.raises(ConfigError, match=r"pairs\.0\.sorce .* Did you mean source\?"):
        make_experiment(experiment(pairs=[{"sorce": "d10", "target": "d10"}]))


def test_a_long_value_is_cut():
    assert len(show("x" * 12_000)) < LONGEST + 10
    assert show([1, None]) == json.dumps([1, None])
