"""NNI's searches are jobs like all others: billed, recorded and carried over to another task."""

import pytest

from harness.plugins import METHODS
from tests.integration.tiny import PROTOCOL, records, run, trajectories, write

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(METHODS.missing("nni_strategy") is not None, reason="needs the extra nni"),
]

EVOLUTION = {"strategy": "evolution", "population": 2, "tournament": 1, "fidelity": 0}
STRATEGIES = [
    {"name": "nni_strategy", "label": "relaxed"},
    {"name": "nni_strategy", "label": "paths", "params": {"strategy": "random", "batches": 1}},
    {"name": "nni_strategy", "label": "evolved", "params": EVOLUTION},
]
BUDGET = {"examples": 26, "evaluations": 3}  # 7 batches of 4
SPENT = {"relaxed": (28, 28, 0), "paths": (28, 10 * 4, 0), "evolved": (0, 0, 3)}


def test_each_is_one_step_that_ends_with_the_budget_and_goes_on_where_another_ended(tmp_path):
    protocol = {**PROTOCOL, "search": {**PROTOCOL["search"], "budget": BUDGET}}
    file = write(tmp_path, methods=STRATEGIES, arms=["direct", "continued"], protocol=protocol)
    assert run(tmp_path, file) == 0
    found = records(tmp_path)
    assert {record["status"] for record in found.values()} == {"done"}
    searches = {n: record for n, record in found.items() if record["spec"]["kind"] == "search"}
    assert len(searches) == 2 * len(STRATEGIES)
    rows = trajectories(tmp_path)
    for name, record in searches.items():
        bill = record["bill"]
        spent = bill["examples"], bill["validation_examples"], bill["evaluations"]
        assert spent == SPENT[next(label for label in SPENT if label in name)], name
        assert bill["seconds"] > 0
        assert record["insights"]["steps"] == 1
        assert len(rows[name]) == 2  # a beginning and an end
