"""The checklist: every item in each direction, and nothing passes that the tables cannot show."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from analysis.report.checklist import GROUPS, Answer, checklist
from analysis.report.notices import notices
from analysis.report.write import write_report
from harness.results.record import Status
from tests.analysis.experiments import CRASH, Invention
from tests.analysis.loading import change_answers, load_study

ITEMS = {item.__name__: item for its in GROUPS.values() for item in its}
GOOD = {
    "seeds": 5,
    "pairs": (("d10", "d100"), ("d100", "d10")),
    "arms": ("source", "transferred", "continued", "direct", "direct_long", "random"),
    "train_seeds": 2,
    "protocol": {"margin": 0.5},
}
SMALL = {"seeds": 1, "methods": ("darts",), "arms": ("transferred",)}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Return two experiments, one that does much right and one that does little."""
    root = tmp_path_factory.mktemp("checklist")
    lost = {"fate": lambda job: None}
    return {
        "good": load_study([Invention(root / "good", **GOOD).write()]),
        "small": load_study([Invention(root / "small", **SMALL).write()]),
        "lost": load_study([Invention(root / "lost", **SMALL, **lost).write()]),
        "failed": load_study(
            [Invention(root / "failed", **SMALL, fate=lambda job: (Status.FAILED, CRASH)).write()]
        ),
    }


def _runs(**columns):
    return lambda its: _tables(its, runs=its.tables.runs.assign(**columns))


def _places(**columns):
    return lambda its: _tables(its, environments=its.tables.environments.assign(**columns))


def _searches(**columns):
    return lambda its: _tables(its, searches=its.tables.searches.assign(**columns))


def _tables(its, **changed):
    return change_answers(its, tables=replace(its.tables, **changed))


def _members(its, **changed):
    return _tables(its, members=replace(its.tables.members, **changed))


def _facts(change):
    def changed(its):
        facts = {
            name: fact.model_copy(update=change(fact))
            for name, fact in its.tables.members.experiments.items()
        }
        return _members(its, experiments=facts)

    return changed


def _protocol(**changes):
    return _facts(
        lambda fact: {
            "experiment": {
                **fact.experiment,
                "protocol": {**fact.experiment["protocol"], **changes},
            }
        }
    )


def _space(name):
    return _facts(lambda fact: {"experiment": {**fact.experiment, "space": {"name": name}}})


def _methods(**changes):
    return _facts(
        lambda fact: {
            "methods": {
                title: method.model_copy(update=changes) for title, method in fact.methods.items()
            }
        }
    )


def _tuned(*titles):
    study = {"study": "3fa1", "task": "d10", "bill": {"seconds": 12.0}}

    def tune(fact):
        methods = [
            {**choice, "tuning": study if choice["name"] in titles else None}
            for choice in fact.experiment["methods"]
        ]
        return {"experiment": {**fact.experiment, "methods": methods}}

    return _facts(tune)


def _one_print(fact):
    return {"tasks": {name: task.model_copy(update={"fingerprint": "same"})
                      for name, task in fact.tasks.items()}}  # fmt: skip


def _looked_up(its):
    its = _protocol(search={"evaluator": {"name": "table"}})(_facts(_one_print)(its))
    assert {task.fingerprint for fact in its.tables.members.experiments.values()
            for task in fact.tasks.values()} == {"same"}  # fmt: skip
    return its


def _unequal(limited):
    """Make direct searches see twice the examples, under a budget of ``limited``."""

    def changed(its):
        runs = its.tables.runs.assign(budget_currency=limited, search_evaluations=10)
        runs.loc[runs["arm"] == "direct", "search_examples"] *= 2
        return _tables(its, runs=runs)

    return changed


def _renamed(source, target):
    def changed(its):
        facts = {
            name: fact.model_copy(
                update={
                    "tasks": {source: fact.tasks["d10"].model_copy(update={"notice": ""}),
                              target: fact.tasks["d100"].model_copy(update={"notice": ""})}
                }
            )
            for name, fact in its.tables.members.experiments.items()
        }  # fmt: skip
        return change_answers(_members(its, experiments=facts), pairs=[(source, target)])

    return changed


def _two_hashes(column):
    return lambda its: _tables(
        its,
        runs=its.tables.runs.assign(
            **{column: [str(place % 2) for place in range(len(its.tables.runs))]}
        ),
    )


def _trace(rows):
    return lambda its: _tables(its, trace=its.tables.trace.head(rows))


def _unequal_budgets(its):
    return change_answers(its, budgets=its.budgets.assign(is_unequal=True, ratio=2.0))


def _without(column, *values):
    return lambda its: change_answers(its, arms=its.arms[~its.arms[column].isin(values)])


def _saw_tests(its):
    return _tables(its, jobs=its.tables.jobs.assign(images="450 train, 447 test"))


def _same(its):
    return its


PASS, PARTIAL, FAIL, NA, HUMAN = (
    Answer.PASS, Answer.PARTIAL, Answer.FAIL, Answer.NOT_APPLICABLE, Answer.NEEDS_HUMAN,
)  # fmt: skip
CASES = [
    ("training_code", "good", _same, HUMAN, "clean checkout of 0123456789ab"),
    ("training_code", "good", _runs(dirty=True), FAIL, "uncommitted changes"),
    ("training_code", "good", _runs(dirty=None), FAIL, "uncommitted changes"),
    ("training_code", "good", _runs(commit=""), FAIL, "no commit is recorded"),
    ("training_code", "lost", _same, NA, "no job has finished"),
    ("space_code", "good", _same, HUMAN, "space darts"),
    ("space_code", "good", _places(commit=None), FAIL, "outside a checkout"),
    ("method_code", "good", _same, HUMAN, "darts, random_search"),
    ("method_code", "good", _places(dirty=True), FAIL, "uncommitted"),
    ("training_details", "good", _same, PASS, "repeats 0, 1"),
    ("training_details", "good", _protocol(train={"evaluator": {"name": "x"}}), FAIL, "no recipe"),
    ("method_details", "good", _same, PASS, "seeds 0 to 4"),
    ("method_details", "good", _methods(params={}), FAIL, "darts"),
    ("same_benchmark", "good", _same, PASS, "2 targets"),
    ("same_benchmark", "good", _two_hashes("split_id"), FAIL, "split_id on d100, seed 0"),
    ("same_benchmark", "good", _two_hashes("data_fingerprint"), FAIL, "data_fingerprint on d10"),
    ("same_benchmark", "lost", _same, NA, "no training"),
    ("confounders", "good", _same, PASS, "hardware"),
    ("confounders", "lost", _same, NA, "no job"),
    ("ablations", "good", _same, PASS, "random search"),
    ("ablations", "good", _without("method", "random_search"), PARTIAL, "lacking: random search"),
    ("ablations", "good", _without("arm", "direct"), PARTIAL, "lacking: no transfer"),
    ("ablations", "small", _same, FAIL, "neither"),
    ("same_protocol", "good", _same, PASS, "one recipe"),
    ("same_protocol", "good", _two_hashes("training_rules_hash"), FAIL, "several recipes"),
    ("anytime", "good", _same, PASS, "logged a quality twice"),
    ("anytime", "lost", _same, NA, "no search"),
    ("anytime", "good", _trace(0), FAIL, " 0 logged"),
    ("anytime", "good", _trace(9), PARTIAL, "logged"),
    ("random_baselines", "good", _unequal_budgets, PARTIAL, "examples differ by a factor of 2.00"),
    ("random_baselines", "good", _same, PASS, "at least 6 random architectures"),
    ("random_baselines", "good", _without("arm", "random"), PARTIAL, "random search only"),
    ("random_baselines", "good", _without("method", "random_search"), PARTIAL, "only, at"),
    ("random_baselines", "small", _same, FAIL, "neither"),
    ("repetitions", "good", _same, PASS, "fewest: 5 runs"),
    ("repetitions", "small", _same, FAIL, "fewest: 1 run "),
    ("repetitions", "lost", _same, NA, "no training"),
    ("tabular", "good", _same, NA, "no table of the space darts"),
    ("tabular", "good", _space("nb201"), FAIL, "no evaluator reads it"),
    (
        "tabular",
        "good",
        _protocol(search={"evaluator": {"name": "table"}}),
        PASS,
        "read from a table",
    ),
    ("tuning", "good", _same, HUMAN, "deviate"),
    ("tuning", "good", _methods(params={}, defaults={}), HUMAN, "ran with its defaults"),
    ("tuning", "good", _tuned("darts", "random_search"), PASS, "darts: study 3fa1 on d10, 12 s"),
    ("tuning", "good", _tuned("darts"), PARTIAL, "; of random_search records do not say"),
    ("whole_time", "good", _same, PASS, "0 s in jobs that failed or diverged"),
    ("whole_time", "lost", _same, NA, "no training"),
    (
        "whole_time",
        "good",
        lambda its: change_answers(its, costs=its.costs.assign(total_seconds=float("nan"))),
        FAIL,
        "no total",
    ),
    ("details", "good", _same, PASS, "environment"),
    ("details", "good", _runs(hardware=""), PARTIAL, "without an environment"),
    ("details", "lost", _same, NA, "no training"),
    ("direct_baseline", "good", _same, PASS, "4 method and pairs"),
    ("direct_baseline", "small", _same, FAIL, "no pair has a finished direct search"),
    (
        "direct_baseline",
        "good",
        lambda its: _tables(its, runs=its.tables.runs[its.tables.runs["arm"] != "direct_long"]),
        PARTIAL,
        "continued has no direct_long of equal budget",
    ),
    ("direct_baseline", "good", _unequal("examples"), PARTIAL, "no direct of equal budget"),
    ("direct_baseline", "good", _unequal("evaluations"), PASS, "4 method and pairs"),
    ("direct_baseline", "good", _renamed("d10", "d10"), NA, "no pair has two tasks"),
    ("both_directions", "good", _same, PASS, "d10 → d100, d100 → d10"),
    ("both_directions", "small", _same, HUMAN, "one way only: d10 → d100"),
    ("both_directions", "small", _renamed("d10", "d10"), NA, "no pair"),
    ("unseen_target", "good", _same, PARTIAL, "labels are products"),
    ("unseen_target", "good", _saw_tests, FAIL, "loaded a test split"),
    ("unseen_target", "good", _facts(_one_print), FAIL, "the same data"),
    ("unseen_target", "good", _looked_up, HUMAN, "do images overlap?"),
    ("unseen_target", "good", _renamed("c10", "c100"), PARTIAL, "Tiny Images"),
    ("unseen_target", "good", _renamed("c10-images=0.1", "c10"), PARTIAL, "images are the same"),
    ("unseen_target", "good", _renamed("flowers", "birds"), HUMAN, "do images overlap?"),
    ("from_scratch", "good", _same, PASS, "from scratch"),
    ("from_scratch", "good", _protocol(train={"evaluator": {"name": "table"}}), PASS, "table"),
    ("from_scratch", "good", _protocol(train={"evaluator": {"name": "odd"}}), HUMAN, "odd"),
    ("margin", "good", _same, PARTIAL, "0.5 pp"),
    ("margin", "small", _same, FAIL, "declares none"),
    ("variances", "good", _same, PARTIAL, "trained more than once"),
    ("variances", "small", _same, FAIL, "0 of 1 architecture"),
    ("variances", "lost", _same, NA, "no training"),
    ("collapse", "good", _same, PASS, "flagged"),
    ("collapse", "good", _searches(skip_share=float("nan")), NA, "no finished search"),
    ("multiplicity", "good", _same, PASS, "16 comparisons declared, 16 tested"),
    ("multiplicity", "good", lambda its: change_answers(its, comparisons=[]), NA, "no declared"),
    ("failures", "good", _same, PASS, "0 failed"),
    ("failures", "failed", _same, PASS, "2 failed"),
    ("failures", "lost", _same, PARTIAL, "2 missing"),
    ("complexity", "good", _same, PASS, "latency_ms of 0"),
    ("complexity", "good", _runs(params=float("nan")), PARTIAL, "params of 0"),
    ("complexity", "good", _runs(params=float("nan"), macs=float("nan")), FAIL, "macs of 0"),
    ("complexity", "lost", _same, NA, "no training"),
    ("noise_ceiling", "good", _same, FAIL, "without a ceiling"),
    ("noise_ceiling", "lost", _same, NA, "no rank correlation"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("item", "which", "change", "answer", "words"),
    CASES,
    ids=[f"{item}-{answer}-{place}" for place, (item, _, _, answer, _) in enumerate(CASES)],
)
def test_item_answers_in_each_direction(world, item, which, change, answer, words):
    found = ITEMS[item](change(world[which]))
    assert (found[0], words in found[1]) == (answer, True), found


def test_every_item_is_tested_in_two_directions_at_least():
    tested = {name: {answer for item, _, _, answer, _ in CASES if item == name} for name in ITEMS}
    assert all(len(answers) > 1 for answers in tested.values())
    assert not any(answers <= {HUMAN, NA} for answers in tested.values())


def test_there_are_twenty_seven_items_in_the_order_of_the_specification(world):
    table = checklist(world["good"])
    assert list(table["number"]) == list(range(1, 28))
    assert list(table.groupby("group", sort=False).size()) == [5, 8, 3, 11]
    assert table["item"].is_unique and (table["evidence"] != "").all()


def test_two_machines_are_flagged(world):
    its = world["good"]
    rows = its.tables.environments
    both = rows.loc[[0, 0]].assign(hardware=["one", "two"])
    found = ITEMS["confounders"](_tables(its, environments=both))
    assert found[0] is PARTIAL and found[1].endswith("hardware")


def test_two_states_of_a_plugin_in_one_arm_are_flagged(world):
    its = world["good"]
    names = {"plugin": "method darts", "file": "methods/darts.py", "state": "changed", "jobs": 3}
    plugins = pd.DataFrame([{**names, "sha256": "one"}, {**names, "sha256": "two"}])
    found = ITEMS["confounders"](_tables(its, plugins=plugins))
    assert found[0] is PARTIAL and found[1].endswith("file of the method darts")
    told = list(notices(_tables(its, plugins=plugins)))
    assert any("The file of the method darts changed between jobs" in line for line in told)


@pytest.mark.parametrize("column", ["code", "commit"])
def test_two_states_of_the_harness_are_flagged(world, column):
    its = world["good"]
    both = its.tables.environments.loc[[0, 0]].assign(**{column: ["one", "two"]})
    found = ITEMS["confounders"](_tables(its, environments=both))
    assert found[0] is PARTIAL and found[1].endswith(column)


def test_failed_jobs_without_a_bill_are_no_whole_time(world):
    its = world["good"]
    jobs = its.tables.jobs.copy()
    jobs.loc[0, ["status", "seconds"]] = ["failed", 0.0]
    found = ITEMS["whole_time"](_tables(its, jobs=jobs))
    assert found[0] is PARTIAL and "1 failed job without seconds" in found[1]


def test_three_seeds_are_partial_with_the_capacity(invent):
    found = ITEMS["repetitions"](load_study([invent(seeds=3, methods=("darts",))]))
    assert found[0] is PARTIAL and "carries 0 comparisons" in found[1]


def test_experiments_pooled_by_force_share_no_benchmark(invent):
    what = {"seeds": 1, "methods": ("darts",), "arms": ("direct",)}
    folders = [invent("one", **what), invent("two", **what, protocol={"margin": 1.0})]
    found = ITEMS["same_benchmark"](load_study(folders, force=True))
    assert found[0] is FAIL and "pooled by force" in found[1]
    declared = ITEMS["margin"](load_study(folders, force=True))
    assert declared[0] is PARTIAL and "1 of 2 experiments" in declared[1]


@pytest.mark.usefixtures("sketched")
def test_report_prints_the_checklist_everywhere(invent, tmp_path):
    page = write_report([invent(seeds=1, methods=("darts",))], tmp_path / "out")
    html = page.read_text("utf-8")
    document = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    assert len(document["checklist"]) == 27
    for row in document["checklist"]:
        assert row["answer"] in set(Answer)
    assert 'id="checklist"' in html and "NEEDS HUMAN" in html
    assert (tmp_path / "out" / "tables" / "checklist.csv").exists()
