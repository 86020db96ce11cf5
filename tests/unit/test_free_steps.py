"""A search whose steps spend nothing would never end: it fails, and says so."""

import pytest

from harness.errors import PluginError
from harness.execution.search_job import FREE_STEPS, SearchJob
from harness.planning.plan import make_plan
from harness.planning.resolve import resolve_experiment
from harness.results.record import Status
from harness.results.store import ExperimentFolder
from methods.random_search import RandomSearch
from tests.integration.tiny import run, write
from tests.unit.test_budgets import experiment


def search(folder, budget):
    changes = [f"protocol.search.budget={budget}", "protocol.kind_budgets={}"]
    plan = make_plan(resolve_experiment(experiment(*changes)))
    return SearchJob(plan.jobs[0].spec, "cpu", folder)


def step(work, count):
    for _ in range(count):
        work.step()


@pytest.mark.parametrize(
    "budget", ["{evaluations: 4}", "{examples: 5000}", "{examples: 5000, evaluations: 4}"]
)
def test_a_thousand_free_steps_in_a_row_end_a_search(tmp_path, monkeypatch, budget):
    work = search(tmp_path, budget)
    monkeypatch.setattr(work.method, "step", lambda: None)
    step(work, FREE_STEPS - 1)
    with pytest.raises(PluginError, match=r"random_search took 1,000 steps .* spent none of its"):
        work.step()


def test_a_step_that_spends_begins_the_count_anew(tmp_path, monkeypatch):
    work = search(tmp_path, "{evaluations: 4}")

    def rarely():
        work.bill.evaluations += work.steps % FREE_STEPS == FREE_STEPS - 2

    monkeypatch.setattr(work.method, "step", rarely)
    step(work, 2 * FREE_STEPS)
    assert work.bill.evaluations == 2


def test_validation_alone_is_no_end_either(tmp_path, monkeypatch):
    work = search(tmp_path, "{examples: 5000}")
    monkeypatch.setattr(work.method, "step", work.meter.stream("validation").next)
    with pytest.raises(PluginError, match="none of its budget"):
        step(work, FREE_STEPS)


def test_time_that_is_budgeted_is_spent_by_any_step(tmp_path, monkeypatch):
    work = search(tmp_path, "{evaluations: 4, seconds: 1000}")
    monkeypatch.setattr(work.method, "step", lambda: None)
    step(work, 2 * FREE_STEPS)


def test_such_a_job_fails_with_the_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(RandomSearch, "step", lambda method: None)
    monkeypatch.setattr("analysis.report.write_report", lambda folders, out: out)
    assert run(tmp_path, write(tmp_path, methods=["random_search"])) == 1
    folder = ExperimentFolder(tmp_path / "tiny")
    record = folder.job(folder.plan().jobs[0]).record()
    assert record.status is Status.FAILED
    assert record.reason.startswith("The method random_search took 1,000 steps in a row")
