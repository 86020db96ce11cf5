"""An experiment end to end, through the command line."""

import json
import re

import pytest

from harness.cli import main
from harness.execution import savers
from harness.results.store import ExperimentFolder
from tests.integration.tiny import PROTOCOL, RECIPE, records, run, trajectories, write

QUIET = {"methods": ["random_search"], "arms": ["transferred", "direct", "random"]}


@pytest.mark.real_report
def test_a_run_ends_with_the_path_of_a_report_and_a_second_one_does_nothing(tmp_path, capsys):
    file = write(tmp_path, methods=["random_search"], arms=["transferred", "random"])
    assert run(tmp_path, file) == 0
    report = capsys.readouterr().out.strip()
    assert report.endswith("report.html")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("tiny/jobs/*/*")}
    assert run(tmp_path, file) == 0
    assert ", 0 to do" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("tiny/jobs/*/*")} == before


def test_every_job_leaves_a_record_a_trajectory_and_its_final_state(tmp_path):
    run(tmp_path, write(tmp_path, arms=["continued"]))
    for name, record in records(tmp_path).items():
        folder = tmp_path / "tiny" / "jobs" / name
        assert record["status"] == "done"
        assert (folder / "trajectory.jsonl").stat().st_size > 0
        assert (folder / "state.pt").exists() and not (folder / "checkpoint.pt").exists()
        assert (folder / "probe.npz").exists() == name.startswith("train")
        assert record["environment"]["threads"] == 1
        assert record["execution"]["steps"] == "eager"
    trained = [r for r in records(tmp_path).values() if r["spec"]["kind"] == "train"]
    assert all(0 <= r["test_accuracy"] <= 100 and r["parameters"] > 0 for r in trained)
    assert all(r["validation_accuracy"] is None for r in trained)


def test_the_course_of_a_training_has_a_row_for_each_epoch_in_order(tmp_path):
    recipe = {**RECIPE, "epochs": 5}
    protocol = {**PROTOCOL, "train": {**PROTOCOL["train"], "recipe": recipe}}
    assert run(tmp_path, write(tmp_path, arms=["random"], protocol=protocol)) == 0
    ((name, rows),) = trajectories(tmp_path).items()
    assert name.startswith("train")
    assert [json.loads(row)["tick"] for row in rows] == [1, 2, 3, 4, 5]


def test_a_search_never_loads_the_test_split(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.tasks.d10.D10.test", lambda self: 1 / 0)
    assert run(tmp_path, write(tmp_path)) == 1  # the training, which does
    status = {r["spec"]["kind"]: r["status"] for r in records(tmp_path).values()}
    assert status == {"search": "done", "train": "failed"}


def test_two_workers_find_what_one_process_finds(tmp_path):
    file = write(tmp_path, arms=["direct", "random"])
    assert run(tmp_path / "one", file) == 0
    assert run(tmp_path / "two", file, "--jobs", "2") == 0
    assert trajectories(tmp_path / "one") == trajectories(tmp_path / "two")


@pytest.mark.parametrize("moment", [1, 4])
def test_a_power_cut_between_log_and_checkpoint_changes_nothing(tmp_path, monkeypatch, moment):
    file = write(tmp_path)
    run(tmp_path / "straight", file)
    monkeypatch.setattr(savers, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(savers, "CHECKPOINT_SHARE", 1e9)
    calls, save = [], savers.FolderSaver.save

    def power_cut(*args):
        calls.append(1)
        if len(calls) == moment:
            raise KeyboardInterrupt
        save(*args)

    monkeypatch.setattr(savers.FolderSaver, "save", power_cut)
    assert run(tmp_path / "cut", file) == 3
    assert run(tmp_path / "cut", file) == 0
    assert trajectories(tmp_path / "cut") == trajectories(tmp_path / "straight")


def test_stop_after_saves_and_the_same_command_goes_on_to_the_same_end(tmp_path, capsys):
    file = write(tmp_path, arms=["continued"])
    run(tmp_path / "straight", file)
    for _ in range(100):
        status = run(tmp_path / "stopped", file, "--stop-after", "1s")
        if status != 3:
            break
        assert "the same command goes on" in capsys.readouterr().err
    assert status == 0
    assert trajectories(tmp_path / "stopped") == trajectories(tmp_path / "straight")
    assert any(r["attempts"] > 1 for r in records(tmp_path / "stopped").values())


def test_a_crashing_method_becomes_a_failed_record_and_the_rest_goes_on(tmp_path, monkeypatch):
    file = write(tmp_path, **QUIET)
    with monkeypatch.context() as patch:
        patch.setattr("methods.random_search.RandomSearch.step", lambda self: 1 / 0)
        assert run(tmp_path, file) == 1
    found = records(tmp_path)
    status = {name.rpartition("-")[0]: record["status"] for name, record in found.items()}
    assert status["search-random_search-d10-s0"] == "failed"
    assert status["train-d10-random_search-d10-s0"] == "skipped"
    assert status["train-d10-random0"] == "done"
    assert any("ZeroDivisionError" in (record["reason"] or "") for record in found.values())
    assert run(tmp_path, file) == 1  # what failed is not tried again unasked
    assert run(tmp_path, file, "--rerun", "failed") == 0


def test_an_impossible_combination_is_skipped_with_its_reason(tmp_path):
    protocol = {**PROTOCOL, "search": {**PROTOCOL["search"], "fidelities": []}}
    assert run(tmp_path, write(tmp_path, methods=["random_search"], protocol=protocol)) == 0
    reasons = {r["status"]: r["reason"] for r in records(tmp_path).values()}
    assert set(reasons) == {"skipped"}
    assert "needs the job" in reasons["skipped"] or "fidelity" in reasons["skipped"]


def test_a_folder_in_use_is_left_alone(tmp_path, capsys):
    file = write(tmp_path)
    with ExperimentFolder(tmp_path / "tiny").lock():
        assert run(tmp_path, file) == 2
    assert "in use by another process" in capsys.readouterr().err


def test_a_dry_run_plans_and_measures_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("harness.tools.estimate._measure", lambda *given: 1 / 0)
    assert run(tmp_path, write(tmp_path), "--dry-run") == 0
    out = capsys.readouterr().out
    assert re.search(r"1 +search/darts/d10 +24 examples each", out) and "2 jobs, 2 to do" in out
    assert not (tmp_path / "tiny").exists()


def test_an_estimate_trains_no_candidate(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("harness.evaluators.training.Training.evaluate", lambda *a, **k: 1 / 0)
    monkeypatch.setattr("harness.tools.estimate.SAMPLE_SECONDS", 0.1)
    file = write(tmp_path, methods=["darts", "random_search"])
    assert run(tmp_path, file, "--estimate") == 0
    said = capsys.readouterr()
    assert "measuring search/random_search/d10" in said.err
    assert re.search(r"about [0-9.]+ minutes$", said.out.strip())
    assert not (tmp_path / "tiny").exists()


def test_an_estimate_has_a_limit_and_says_what_it_leaves_out(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("harness.tools.estimate.LIMIT_SECONDS", 0.0)
    assert run(tmp_path, write(tmp_path), "--estimate", "--json") == 0
    assert json.loads(capsys.readouterr().out)["unknown"] == 2


def test_json_output_is_one_document(tmp_path, capsys):
    file = write(tmp_path, methods=["random_search"])
    assert run(tmp_path, file, "--json") == 0
    assert json.loads(capsys.readouterr().out)["jobs"]["done"] == 2
    assert main(["status", str(tmp_path / "tiny"), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["done"]) == 2


def test_what_is_shared_between_arms_is_done_once(tmp_path):
    run(tmp_path, write(tmp_path, arms=["source", "transferred", "direct"]))
    assert len(records(tmp_path)) == 2  # source and target are one task here


def wrong(**changes):
    return {"protocol": {**PROTOCOL, **changes}}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"methods": ["dart"]}, "No method is called 'dart'. Did you mean darts?"),
        ({"space": "dats"}, "No space is called 'dats'. Did you mean darts?"),
        (
            {"pairs": [{"source": "d11", "target": "d10"}]},
            "No task is called 'd11'. Did you mean d10",
        ),
        ({"protocol": "quik"}, "No protocol is called 'quik'. Did you mean quick?"),
        (
            {"methods": [{"name": "darts", "params": {"chioces": {}}}]},
            "method darts: chioces is no known key. Did you mean choices?",
        ),
        (
            {"methods": [{"name": "darts", "params": {"weights": {"learning_rte": 1}}}]},
            "weights.learning_rte is no known key. Did you mean learning_rate or",
        ),
        (
            {"methods": [{"name": "darts", "params": {"weights": {"learning_rate": "fast"}}}]},
            "weights.learning_rate 'fast': expected a number.",
        ),
        ({"methods": ["darts", "darts"]}, "the same entry is given twice in methods"),
        ({"seeds": []}, "seeds"),
        ({"arms": ["transfered"]}, "or 'random'; did you mean transferred?"),
        (wrong(splits={"train": 0.5, "validation": 0.4, "selection": 0}), "add up to one"),
        (wrong(method_params={"dart": {}}), "No method is called 'dart'"),
        (
            wrong(search={**PROTOCOL["search"], "batch_size": 5000}),
            "search.batch_size asks for 5000 images at a time, but the train split of d10 has",
        ),
        (
            wrong(search={**PROTOCOL["search"], "budget": {"evaluations": 3}}),
            "the budget limits only evaluations",
        ),
        (
            wrong(train={"evaluator": "training", "recipe": {**RECIPE, "auxiliary_weight": 0.4}}),
            "auxiliary head needs maps with sides of 8",
        ),
        (
            wrong(train={"evaluator": "training", "recipe": {**RECIPE, "cells": 2}}),
            "at least 3 cells",
        ),
        ({"protocol": None}, "protocol"),
        ({"name": "../elsewhere"}, "name"),
    ],
)
def test_bad_input_is_one_line_before_any_job_starts(tmp_path, capsys, changes, complaint):
    file = write(tmp_path, **changes)
    assert run(tmp_path / "results", file) == 2
    err = capsys.readouterr().err
    assert complaint in err
    assert err.count("\n") == 1 and err.startswith("error: ")
    assert not (tmp_path / "results").exists()


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path, capsys):
    file = tmp_path / "twice.yaml"
    file.write_text("name: a\nspace: darts\nname: b\n")
    assert main(["run", str(file)]) == 2
    assert "line 3: the key 'name' is given twice" in capsys.readouterr().err


def test_the_command_line_needs_a_file_or_all_of_method_source_and_target(capsys):
    assert main(["run", "--method", "darts"]) == 2
    assert "--source, --target missing" in capsys.readouterr().err


def test_set_reaches_into_methods_named_on_the_command_line(tmp_path, capsys):
    command = ["run", "--method", "darts", "--source", "d10", "--target", "d100"]
    change = "methods.0.params.weights.momentum=much"
    assert main([*command, "--protocol", "smoke", "--set", change]) == 2
    assert "weights.momentum 'much'" in capsys.readouterr().err


def test_status_of_no_experiment_says_so(tmp_path, capsys):
    assert main(["status", str(tmp_path)]) == 2
    assert "holds no experiment" in capsys.readouterr().err
