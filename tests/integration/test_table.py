"""An experiment on a table of results, from the command line; no image is opened."""

import json

import pytest

from harness.cli import main

ARGUMENTS = ["--space", "nb201", "--protocol", "table", "--seeds", "2", "--name", "tabled"]
FEW = ["--set", "protocol.search.budget.evaluations=10", "--set", "protocol.random_architectures=3"]


def run(tmp_path, reference, *arguments, protocol=()):
    data = ["--data", str(reference), "--results", str(tmp_path), "--device", "cpu"]
    return main(["run", *ARGUMENTS, *FEW, *data, *arguments])


@pytest.fixture
def no_images(monkeypatch):
    def refuse(*arguments, **keywords):
        raise AssertionError("images were opened")

    monkeypatch.setattr("harness.tasks._cifar.load", refuse)


def documents(tmp_path):
    report = json.loads((tmp_path / "tabled" / "report" / "report.json").read_text())
    return report["runs"], report["jobs"]


@pytest.mark.real_report
@pytest.mark.usefixtures("no_images")
def test_a_transfer_to_a_task_that_exists_as_a_table_only(tmp_path, reference, capsys):
    pair = ["--source", "c10", "--target", "in16", "--arms", "transferred,direct,random"]
    assert run(tmp_path, reference, "--method", "random_search,eat_nas", *pair) == 0
    runs, jobs = documents(tmp_path)
    assert {job["status"] for job in jobs} == {"done"} and len(jobs) == 2 * 2 * 4 + 3
    assert {row["n_test_images"] for row in runs} == {3_000}
    assert all(row["search_evaluations"] == 10 for row in runs if row["arm"] != "random")
    # Recorded seconds: some two minutes for each candidate on c10, twelve on in16.
    means = {
        arm: [r["search_seconds"] for r in runs if r["arm"] == arm]
        for arm in ("transferred", "direct")
    }
    assert min(means["transferred"]) > 500 and 4 * max(means["transferred"]) < min(means["direct"])
    assert max(r["search_overhead_seconds"] for r in runs if r["arm"] != "random") < 10
    assert "NAS-Bench-201 table" in (tmp_path / "tabled" / "report" / "report.md").read_text()


@pytest.mark.real_report
@pytest.mark.usefixtures("no_images")
def test_a_method_that_needs_images_is_skipped_with_the_reason(tmp_path, reference, capsys):
    pair = ["--source", "c10", "--target", "c100", "--arms", "transferred"]
    budget = ["--set", "protocol.search.budget.examples=1000"]
    assert run(tmp_path, reference, "--method", "darts", *pair, *budget) == 0
    _, jobs = documents(tmp_path)
    assert {job["status"] for job in jobs} == {"skipped"}
    assert any("There are no images" in job["reason"] for job in jobs)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--source", "c10", "--target", "in16", "--protocol", "smoke"], "exists as a table only"),
        (["--source", "d10", "--target", "c10"], "search.evaluator table does not know d10"),
        (["--source", "c10", "--target", "c100", "--space", "darts"], "cells of the space nb201"),
        (
            ["--source", "c10", "--target", "c100", "--set", "pairs.0.source.params.images=0.1"],
            "the proxy c10-images=0.1 has to be searched on its images",
        ),
        (
            ["--source", "c10", "--target", "c100", "--set", "protocol.search.fidelities=[5]"],
            "after 12 and 200 epochs, not after 5",
        ),
        (
            ["--source", "c10", "--target", "c100", "--set", "train_seeds=3"],
            "train_seeds 3: the evaluator table looks one accuracy of an architecture up",
        ),
    ],
)
def test_what_a_table_cannot_do_is_refused_at_planning(
    tmp_path, reference, capsys, arguments, complaint
):
    status = run(tmp_path, reference / "cifar" if "smoke" in arguments else reference,
                 "--method", "random_search", "--arms", "transferred", *arguments)  # fmt: skip
    assert status == 2
    error = capsys.readouterr().err.strip()
    assert complaint in error and error.count("\n") == 0
    assert not (tmp_path / "tabled").exists()
