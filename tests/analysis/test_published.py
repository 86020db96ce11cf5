"""Published results beside ours: agreement by a rule, and no verdict on unequal protocols."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.answers.arms import UNIT_COLUMNS
from analysis.answers.published import TAGS, compare_published, read_published
from harness.cli import main
from harness.config.experiment import load_experiment
from harness.errors import ConfigError
from harness.results.planned import ExperimentFacts, MethodFacts, TaskFacts
from tests.conftest import ROOT

TABLE = {"evaluator": "table", "fidelities": [12], "budget": {"seconds": 12000}}
# Made up.
DOCUMENT = {
    "source": "A. Author, A table, 2020",
    "space": "nb201",
    "searched": "c10",
    "tasks": ["c10", "c100", "in16"],
    "judged_by": "table",
    "results": [
        {
            "method": "random_search",
            "tag": "read",
            "trials": 500,
            "protocol": TABLE,
            "values": [[93.70, 0.36], [71.04, 1.07], [44.57, 1.25]],
        },
        {
            "method": "regularized_evolution",
            "tag": "cited",
            "trials": 500,
            "protocol": TABLE,
            "params": {"population": 10, "tournament": 3},
            "values": [[93.92, 0.30], [71.84, 0.99], [45.54, 1.03]],
        },
    ],
    "differences": ["Accuracies of validation are the mean of two trials."],
}


def facts(change=lambda experiment: None, **params):
    experiment = load_experiment(ROOT / "configs" / "experiments" / "nb201_published.yaml")
    document = experiment.model_dump(mode="json")
    document["methods"] = [
        {"name": name, "label": "", "params": {}}
        for name in ("random_search", "regularized_evolution")
    ]
    change(document)
    shape = {"notice": "", "inputs": (3, 32, 32), "classes": 10, "fingerprint": "0"}
    methods = {
        "random_search": MethodFacts(summary="", params={}, defaults={}),
        "regularized_evolution": MethodFacts(summary="", params=params, defaults={}),
    }
    tasks = {name: TaskFacts(label=name, **shape) for name in DOCUMENT["tasks"]}
    pairs = (("c10", "c100"), ("c10", "in16"))
    return ExperimentFacts(experiment=document, pairs=pairs, methods=methods, tasks=tasks)


def units(method, target, values, arm="transferred"):
    rows = [
        [method, arm, "c10", target, str(seed), seed, value, 1, "done", "", ""]
        for seed, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=UNIT_COLUMNS)


def compare(values, method="random_search", target="c100", **given):
    found = units(method, target, values, given.pop("arm", "transferred"))
    (row,) = compare_published(DOCUMENT, facts(**given), found)
    return row


def test_means_agree_within_a_quarter_of_a_point():
    values = 71.04 + 0.24 + np.array([-0.1, 0.1] * 250)
    row = compare(values)
    assert row.published == 71.04 and row.ours.estimate == pytest.approx(71.28)
    assert (row.bound, row.verdict, row.differences) == (0.25, "agrees", ())
    assert compare(values + 0.02).verdict == "differs"


def test_few_runs_may_differ_by_three_standard_errors():
    rng = np.random.default_rng(0)
    values = rng.normal(71.5, 1.2, 30)
    row = compare(values)
    spread = [values.std(ddof=1) / math.sqrt(30), 1.07 / math.sqrt(500)]
    assert row.bound == pytest.approx(3 * math.hypot(*spread))
    low, high = stats.t.interval(0.95, 29, values.mean(), spread[0])
    assert (row.ours.low, row.ours.high) == pytest.approx((low, high))
    assert compare([71.0]).verdict == "too few runs"


def test_the_source_arm_stands_for_the_searched_task():
    assert compare([93.7, 93.8], target="c10", arm="source").task == "c10"


def test_under_another_protocol_there_is_no_verdict():
    def by_evaluations(experiment):
        experiment["protocol"]["search"]["budget"] = {"evaluations": 100, "seconds": None}

    row = compare([71.0, 71.1], change=by_evaluations)
    assert row.verdict == "not comparable"
    assert row.differences == ("budget 100 evaluations instead of 12,000 seconds",)


def test_hyper_parameters_belong_to_the_protocol():
    given = {"method": "regularized_evolution", "target": "in16"}
    assert compare([45.5, 45.6], **given, population=10, tournament=3).verdict == "agrees"
    other = compare([45.5, 45.6], **given, population=100, tournament=3)
    assert other.differences == ("population 100 instead of 10",)


def test_what_was_judged_otherwise_has_no_published_row():
    def trained(experiment):
        experiment["protocol"]["train"]["evaluator"]["name"] = "training"

    found = facts(trained)
    assert not list(compare_published(DOCUMENT, found, units("random_search", "c100", [71])))


def test_every_published_number_says_where_it_is_from():
    documents = read_published()
    assert documents
    for document in documents:
        assert document["source"] and document["differences"]
        for result in document["results"]:
            assert result["tag"] in TAGS and result["trials"] > 0
            assert len(result["values"]) == len(document["tasks"])


@pytest.mark.parametrize("tag", ["memory", "from memory", "", None])
def test_a_number_from_memory_is_refused(tmp_path, tag):
    first, second = DOCUMENT["results"]
    told = {**DOCUMENT, "results": [first, {**second, "tag": tag}]}
    (tmp_path / "told.yaml").write_text(json.dumps(told))
    with pytest.raises(ConfigError, match=r"told.yaml: .* regularized_evolution has the tag"):
        read_published(tmp_path)
    (tmp_path / "told.yaml").write_text(json.dumps(DOCUMENT))
    assert read_published(tmp_path) == [DOCUMENT]


@pytest.mark.usefixtures("sketched")
def test_the_report_sets_published_beside_measured(tmp_path, reference, monkeypatch):
    monkeypatch.setattr("analysis.report.sections.published.read_published", lambda: [DOCUMENT])
    file = ROOT / "configs" / "experiments" / "nb201_published.yaml"
    few = ["--set", "seeds=6", "--set", "protocol.random_architectures=3"]
    where = ["--data", str(reference), "--results", str(tmp_path), "--device", "cpu"]
    assert main(["run", str(file), *few, *where]) == 0
    text = (tmp_path / "nb201_published" / "report" / "report.md").read_text()
    assert "| random_search | c10 → in16 | 44.57 ± 1.25 (500) | read |" in text
    assert "from memory" not in text and "are the mean of two trials" in text
    runs = json.loads((tmp_path / "nb201_published" / "report" / "report.json").read_text())["runs"]
    assert all(12_000 < row["search_seconds"] < 13_500 for row in runs if row["arm"] != "random")
