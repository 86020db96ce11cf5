"""Published results beside ours: agreement within a margin, and no verdict on unequal protocols."""

import itertools
import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.answers.arms import Unit
from analysis.answers.keys import ArmKey
from analysis.answers.published import TAGS, judge, published_table, read_published
from analysis.loading.rows import frame, list_rows
from analysis.statistics.intervals import Interval
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
            "best_of": 1,
            "trials": 500,
            "protocol": TABLE,
            "values": [[93.70, 0.36], [71.04, 1.07], [44.57, 1.25]],
        },
        {
            "method": "regularized_evolution",
            "tag": "cited",
            "best_of": 1,
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


def units(method, target, values, arm="transferred", validation=None):
    seen = validation or [None] * len(values)
    rows = [
        (
            (method, arm, "c10", target),
            Unit(str(seed), seed, value, 1, "done", "", "", score),
        )
        for seed, (value, score) in enumerate(zip(values, seen, strict=True))
    ]
    return frame((ArmKey, Unit), rows)


def compare_all(document, its, found):
    titles = {("e", name): name for name in its.methods}
    return list_rows(published_table([document], {"e": its}, titles, found))


def compare(values, method="random_search", target="c100", document=DOCUMENT, **given):
    shape = {name: given.pop(name) for name in ("arm", "validation") if name in given}
    found = units(method, target, values, **shape)
    (row,) = compare_all(document, facts(**given), found)
    return row


def published(task, sd=0.36, trials=500, **other):
    """Return a document with one result on one task, 70 %."""
    result = {**DOCUMENT["results"][0], "trials": trials, "values": [[70.0, sd]], **other}
    return {**DOCUMENT, "tasks": [task], "results": [result]}


@pytest.mark.parametrize("seed", range(5))
def test_interval_of_the_difference_is_welchs_from_summaries(seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(70.4, rng.uniform(0.1, 3), rng.integers(2, 12))
    sd, trials = rng.uniform(0.1, 3), int(rng.integers(2, 12))
    row = compare(list(values), document=published("c100", sd, trials))
    ours = (values.mean(), values.std(ddof=1), len(values))
    assert row["difference"] == pytest.approx(values.mean() - 70)
    # A limit of the 95 % interval is a difference that is rejected at exactly 5 %.
    for limit in (row["low"], row["high"]):
        p = stats.ttest_ind_from_stats(*ours, 70 + limit, sd, trials, equal_var=False).pvalue
        assert p == pytest.approx(0.05)
    low, high = stats.t.interval(0.95, len(values) - 1, ours[0], ours[1] / math.sqrt(ours[2]))
    assert (row["ours_low"], row["ours_high"]) == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.25, 0.25, "agrees"),
        (0.1, 0.2, "agrees"),
        (-0.26, 0.2, "cannot tell"),
        (0.1, 0.26, "differs"),
        (-9.0, -0.01, "differs"),
        (-9.0, 9.0, "cannot tell"),
        (math.nan, math.nan, "cannot tell"),
    ],
)
def test_verdict_is_where_the_interval_lies(low, high, verdict):
    assert judge(Interval(0.0, low, high, ""), 0.25) == verdict


def test_two_seeds_agree_with_nothing():
    row = compare([69.0, 71.0], document=published("c100"))
    assert row["difference"] == 0 and row["verdict"] == "cannot tell"


def test_a_document_may_state_its_margin():
    values = list(70.3 + np.array([-0.1, 0.1] * 250))
    assert compare(values, document=published("c100"))["verdict"] == "differs"
    wide = compare(values, document={**published("c100"), "margin": 0.5})
    assert (wide["margin"], wide["verdict"]) == (0.5, "agrees")


@pytest.mark.parametrize("change", [{"sd": None}, {"trials": None}, {"trials": 1}])
def test_without_a_published_spread_nothing_is_told(change):
    row = compare([70.0, 70.1, 69.9], document=published("c100", **change))
    assert row["verdict"] == "cannot tell" and "published" in row["interval"]


def test_best_of_k_is_compared_with_best_of_k():
    values, seen = [70.0, 71.0, 72.0, 69.0, 70.5, 71.5], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    document = published("c100", trials=3, best_of=4)
    row = compare(values, document=document, validation=seen)
    chosen = [values[max(some)] for some in itertools.combinations(range(6), 4)]
    assert row["ours"] == pytest.approx(np.mean(chosen))
    assert row["low"] < row["difference"] < row["high"]
    lacking = compare(values, document=document)
    assert math.isnan(lacking["ours"]) and lacking["verdict"] == "cannot tell"
    assert "4 searches whose validation accuracy is recorded" in lacking["interval"]


def test_the_source_arm_stands_for_the_searched_task():
    assert compare([93.7, 93.8], target="c10", arm="source")["target"] == "c10"


def test_under_another_protocol_there_is_no_verdict():
    def by_evaluations(experiment):
        experiment["protocol"]["search"]["budget"] = {"evaluations": 100, "seconds": None}

    row = compare([71.0, 71.1], change=by_evaluations)
    assert row["verdict"] == "not comparable"
    assert row["protocol"] == "budget 100 evaluations instead of 12,000 seconds"


def test_hyper_parameters_belong_to_the_protocol():
    given = {"method": "regularized_evolution", "target": "in16"}
    values = list(45.55 + np.array([-0.05, 0.05] * 20))
    assert compare(values, **given, population=10, tournament=3)["verdict"] == "agrees"
    other = compare(values, **given, population=100, tournament=3)
    assert other["protocol"] == "population 100 instead of 10"


def test_what_was_judged_otherwise_has_no_published_row():
    def trained(experiment):
        experiment["protocol"]["train"]["evaluator"]["name"] = "training"

    assert not compare_all(DOCUMENT, facts(trained), units("random_search", "c100", [71]))


def test_every_published_number_says_where_it_is_from():
    documents = read_published()
    assert documents
    for document in documents:
        assert document["source"] and document["differences"]
        for result in document["results"]:
            assert result["tag"] in TAGS and result["trials"] > 0 and result["best_of"] > 0
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


@pytest.mark.parametrize("k", [None, 0, "mean"])
def test_a_number_of_unknown_quantity_is_refused(tmp_path, k):
    told = {**DOCUMENT, "results": [{**DOCUMENT["results"][0], "best_of": k}]}
    (tmp_path / "told.yaml").write_text(json.dumps(told))
    with pytest.raises(ConfigError, match=r"best_of .* expected 1 for a mean over searches"):
        read_published(tmp_path)


@pytest.mark.usefixtures("sketched")
def test_the_report_sets_published_beside_measured(tmp_path, reference, monkeypatch):
    monkeypatch.setattr("analysis.study.read_published", lambda: [DOCUMENT])
    file = ROOT / "configs" / "experiments" / "nb201_published.yaml"
    few = ["--set", "seeds=6", "--set", "protocol.random_architectures=3"]
    where = ["--data", str(reference), "--results", str(tmp_path), "--device", "cpu"]
    assert main(["run", str(file), *few, *where]) == 0
    text = (tmp_path / "nb201_published" / "report" / "report.md").read_text()
    path, published = "random_search | c10 → in16", "44.57 ± 1.25 (500) | read"
    assert f"| {path} | mean over searches | {published} |" in text
    tables = tmp_path / "nb201_published" / "report" / "tables"
    row = pd.read_csv(tables / "published.csv").iloc[2]
    assert (row["target"], row["published"], row["margin"]) == ("in16", 44.57, 0.25)
    assert "are looked up among all 15,625 architectures" in text and "≈" not in text
    assert "from memory" not in text and "are the mean of two trials" in text
    runs = json.loads((tmp_path / "nb201_published" / "report" / "report.json").read_text())["runs"]
    assert all(12_000 < row["search_seconds"] < 13_500 for row in runs if row["arm"] != "random")
