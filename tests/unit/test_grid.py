"""Every shipped protocol x space x method plans, or one line says why not.

A cell is a protocol and a space, in which all methods are planned together. What is not searched is
listed here with its reason; anything else that is refused, skipped or warned about fails the test.
"""

import itertools

import pytest

from harness.config.experiment import make_experiment
from harness.config.shipped import protocol_files
from harness.errors import HarnessError
from harness.planning import pricing
from harness.planning.plan import make_plan
from harness.planning.resolve import resolve_experiment
from harness.planning.resolve_plugins import looks_up
from harness.plugins import METHODS, SPACES
from tests.integration.tiny import experiment

DIGITS, CIFAR = ("d10", "d100"), ("c10", "c100")
PAIRS = {"quick": DIGITS, "smoke": DIGITS}  # CIFAR for every other protocol
GRADIENT = {"darts", "proxylessnas"}

# Why a whole cell is refused: what the line says.
NO_TABLE = "table does not know c10: NAS-Bench-201's table holds cells of the space nb201 only."
REFUSED_CELLS = {
    (protocol, space): NO_TABLE
    for protocol in ("table", "table_seconds")
    for space in SPACES.names()
    if space != "nb201"
}
OTHER_UNITS = "spends examples and seconds, but the budget limits only evaluations"
# Why methods are refused in a cell that others can search.
REFUSED_METHODS = {
    ("table", "nb201"): (GRADIENT, OTHER_UNITS),
}
# Methods whose jobs are skipped with a reason, since they would have to train on a table.
SKIPPED = {("table_seconds", "nb201"): (GRADIENT, "There are no images")}
# What may be said of a cell that is planned.
LEFT_OUT = "is left out."
AIMLESS = "nni_strategy aims at no target of cost"

CELLS = [*itertools.product(sorted(protocol_files()), SPACES.names())]


@pytest.fixture(autouse=True)
def _data(reference, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(reference))
    monkeypatch.setattr(pricing, "SAMPLES", 20)  # the range of costs, which takes seconds


def plan(protocol, space, methods):
    source, target = PAIRS.get(protocol, CIFAR)
    document = experiment(
        space=space,
        methods=sorted(methods),
        pairs=[{"source": source, "target": target}],
        arms=["transferred", "direct", "random"],
        protocol=protocol,
    )
    found = resolve_experiment(make_experiment(document))
    assert make_plan(found).jobs
    return found


def refusal(protocol, space, method):
    with pytest.raises(HarnessError) as caught:
        plan(protocol, space, [method])
    line = str(caught.value)
    assert "\n" not in line
    return line


def reasons(found):
    """Return why methods cannot search here, by name; their jobs become skipped records."""
    rules, space = found.protocol.search, found.space
    asked = {"has_images": not looks_up(rules.evaluator), "fidelities": rules.fidelities}
    said = {name: METHODS.load(name).unsupported(space, **asked) for name in found.methods}
    return {name: reason for name, reason in said.items() if reason}


@pytest.mark.parametrize(("protocol", "space"), CELLS)
def test_every_method_plans_or_one_line_says_why_not(protocol, space):
    cell = protocol, space
    methods = {name for name in METHODS.names() if not METHODS.missing(name)}
    if cell in REFUSED_CELLS:
        for name in methods:
            line = refusal(protocol, space, name)
            assert REFUSED_CELLS[cell] in line or OTHER_UNITS in line
        return
    refused, why = REFUSED_METHODS.get(cell, (set(), ""))
    assert all(why in refusal(protocol, space, name) for name in refused)
    found = plan(protocol, space, methods - refused)
    skipped, why = SKIPPED.get(cell, (set(), ""))
    assert reasons(found).keys() == skipped
    assert all(why in reason for reason in reasons(found).values())
    others = [line for line in found.warnings if not line.endswith(LEFT_OUT)]
    aimless = space == "mobile" and "nni_strategy" in methods
    assert [line.partition(":")[0] for line in others] == [AIMLESS] * aimless
