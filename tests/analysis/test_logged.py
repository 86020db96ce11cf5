"""JSON of another shape in what a job logged is a notice of the report, not its end."""

import json

import pytest

from harness.errors import HarnessError
from tests.analysis.loading import load_one

CELL = {"kind": "cell", "inputs": 2, "nodes": 1, "edges": [[0, 2, "skip"]], "outputs": [2]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from tests.analysis.experiments import Invention

    path = tmp_path_factory.mktemp("logged") / "digits"
    return Invention(path, seeds=1, methods=("darts",), arms=("direct",)).write()


def _spoiled(folder, pattern, change):
    """Load the experiment with the last line of one file changed; put it back afterwards."""
    (file, *_) = sorted(folder.glob(pattern))
    content = file.read_bytes()
    *lines, last = content.decode().splitlines() if file.suffix == ".jsonl" else [content.decode()]
    file.write_text("\n".join([*lines, json.dumps(change(json.loads(last)))]) + "\n")
    try:
        return load_one([folder]).jobs["fault"]
    finally:
        file.write_bytes(content)


def _insights(**changes):
    return lambda document: {**document, "insights": {**document["insights"], **changes}}


@pytest.mark.parametrize(
    "change",
    [
        lambda row: {**row, "insights": "text"},
        lambda row: {**row, "epoch": []},
        lambda row: {key: row[key] for key in row if key != "tick"},
        _insights(alphas=[[0.1, []]]),
        _insights(alphas=[3]),
        _insights(alphas={"a": 1}),
    ],
)
def test_rows_of_another_shape_are_told(folder, change):
    faults = _spoiled(folder, "jobs/search-*/trajectory.jsonl", change)
    assert list(faults[faults != ""]) == ["trajectory.jsonl is gone or damaged"]


@pytest.mark.parametrize(
    "change",
    [
        _insights(edges=["text"]),
        _insights(edges=3),
        lambda record: {**record, "graphs": {"normal": []}},
        lambda record: {**record, "graphs": {"normal": {**CELL, "outputs": [7]}}},
        lambda record: {**record, "graphs": {"normal": {**CELL, "edges": [[0, -1, "skip"]]}}},
        lambda record: {**record, "graphs": {"normal": {**CELL, "inputs": "two"}}},
    ],
)
def test_records_of_another_shape_are_told(folder, change):
    faults = _spoiled(folder, "jobs/search-*/record.json", change)
    (told,) = faults[faults != ""]
    assert "record.json cannot be read as a record" in told


def test_a_plan_whose_arms_rest_on_no_job_is_told(folder):
    from harness.errors import DamagedFileError

    def change(plan):
        return {**plan, "jobs": plan["jobs"][:1]}

    with pytest.raises(DamagedFileError, match=r"plan\.json cannot be read as Plan: the job .* is"):
        _spoiled(folder, "plan.json", change)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda facts: facts["experiment"]["protocol"].update(primary=5), "primary"),
        (lambda facts: facts["experiment"].update(seeds=["x"]), "seeds"),
        (lambda facts: facts["experiment"]["methods"][0].update(name="other", label=None), "other"),
        (lambda facts: facts.update(tasks={}), "d10"),
    ],
)
def test_an_experiment_of_another_shape_is_refused_in_one_line(folder, change, complaint):
    file = folder / "experiment.json"
    content = file.read_bytes()
    facts = json.loads(content)
    change(facts)
    file.write_text(json.dumps(facts))
    try:
        with pytest.raises(HarnessError, match=complaint) as error:
            load_one([folder])
    finally:
        file.write_bytes(content)
    assert "\n" not in str(error.value) and "experiment.json" in str(error.value)
