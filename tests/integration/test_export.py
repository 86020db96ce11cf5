"""A job's network leaves as one file, and comes back as the network that was tested."""

import json
import shutil

import numpy as np
import pytest
import torch

from harness import cli, load_network
from harness.config.protocol import Plugin
from harness.errors import ConfigError
from harness.execution.jobs import begin, find_inputs
from harness.planning.resolve_plugins import open_task
from harness.results.spec import TrainSpec
from harness.results.store import ExperimentFolder
from tests.integration import tiny


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A tiny experiment: a search, the training of what it found, and that of a random one."""
    folder = tmp_path_factory.mktemp("done")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.report.write_report", lambda folders, out: out)
        file = tiny.write(folder, methods=["random_search"], arms=["direct", "random"])
        assert tiny.run(folder, file, "--set", "protocol.search.budget={evaluations: 1}") == 0
    return ExperimentFolder(folder / "tiny")


@pytest.fixture
def experiment(done, tmp_path):
    """A copy that a test may damage."""
    return ExperimentFolder(shutil.copytree(done.path, tmp_path / "tiny"))


def jobs(experiment, kind):
    return [job for job in experiment.plan().jobs if job.spec.kind == kind]


def export(job, out, *extra):
    return cli.main(["export", str(job), "--out", str(out), *extra])


def refusal(capsys, *arguments):
    """Return the line with which the command refuses its arguments."""
    capsys.readouterr()
    assert export(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ") and captured.err.count("\n") == 1
    return captured.err


def test_exported_network_answers_as_the_tested_one_did(experiment, tmp_path):
    for number, job in enumerate(jobs(experiment, "train")):
        folder = experiment.job(job)
        out = tmp_path / f"{number}.pt"
        assert export(folder.path, out) == 0
        document = torch.load(out, weights_only=True)
        with np.load(folder.probe, allow_pickle=False) as probe:
            expected = torch.from_numpy(probe["logits"])
        pixels = torch.from_numpy(open_task(Plugin(name="d10")).test().images[: len(expected)])
        mean, deviation = (
            torch.tensor(document["task"][key]).view(1, -1, 1, 1) for key in ("mean", "deviation")
        )
        network = load_network(out)
        assert not network.training
        with torch.no_grad():
            logits = network((pixels / 255 - mean) / deviation)
        torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)


def test_trained_network_is_loaded_from_the_folder_of_its_run(experiment, tmp_path):
    for number, job in enumerate(jobs(experiment, "train")):
        out = tmp_path / f"{number}.pt"
        assert export(experiment.job(job).path, out) == 0
        expected = load_network(out).state_dict()
        for place in (experiment.job(job).path, f"{experiment.path}/{job.job[:10]}"):
            network = load_network(place)
            assert not network.training
            torch.testing.assert_close(network.state_dict(), expected, rtol=0, atol=0)
    (search,) = jobs(experiment, "search")
    with pytest.raises(ConfigError, match="is a search and has no trained network"):
        load_network(experiment.job(search).path)
    with pytest.raises(ConfigError, match="'zz' is no job's digest"):
        load_network(experiment.path / "zz")


def test_file_holds_plain_containers_that_say_what_the_network_is(experiment, tmp_path):
    job = jobs(experiment, "train")[0]
    record = experiment.job(job).record()
    assert export(experiment.job(job).path, tmp_path / "net.pt") == 0
    document = torch.load(tmp_path / "net.pt", weights_only=True)
    weights, task = document.pop("weights"), document.pop("task")
    assert document == {
        "format": "nas-harness network",
        "version": 1,
        "architecture": record.architecture,
        "space": {"name": "darts", "params": {}},
        "scale": {"channels": 4, "cells": 3, "auxiliary": False},
        "job": job.job,
        "fresh": False,
        "test_accuracy": record.test_accuracy,
    }
    assert {key: task[key] for key in ("name", "params", "label", "inputs", "classes")} == {
        "name": "d10",
        "params": {},
        "label": "d10",
        "inputs": [1, 16, 16],
        "classes": 10,
    }
    stored = torch.load(experiment.job(job).state, weights_only=True)["network"]
    assert weights.keys() == stored.keys()
    assert all(torch.equal(weights[name], stored[name]) for name in stored)
    assert all(tensor.device.type == "cpu" for tensor in weights.values())


def test_what_is_printed_loads_the_network(experiment, tmp_path, capsys):
    out, job = tmp_path / "net.pt", jobs(experiment, "train")[0]
    capsys.readouterr()
    assert export(experiment.job(job).path, out) == 0
    code = capsys.readouterr().out
    assert code.count("\n") == 2
    found = {}
    exec(code, found)
    assert isinstance(found["network"], torch.nn.Module)
    assert export(experiment.job(job).path, out, "--force", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["network"] == str(out)
    assert document["python"] == code.splitlines()


def test_fresh_network_is_the_one_that_the_training_began_with(experiment, tmp_path):
    for number, job in enumerate(jobs(experiment, "train")):
        out = tmp_path / f"{number}.pt"
        assert export(experiment.job(job).path, out, "--fresh") == 0
        document = torch.load(out, weights_only=True)
        assert (document["fresh"], document["test_accuracy"]) == (True, None)
        work = begin(job, find_inputs(job, experiment), experiment.job(job), "cpu")
        first = work.final_state()["network"]
        assert first.keys() == document["weights"].keys()
        assert all(torch.equal(first[name], document["weights"][name]) for name in first)
        load_network(out)


def test_search_exports_the_network_that_its_training_begins_with(experiment, tmp_path, capsys):
    (search,) = jobs(experiment, "search")
    path = experiment.job(search).path
    line = refusal(capsys, path, tmp_path / "net.pt")
    assert "is a search" in line and "--fresh" in line
    assert not (tmp_path / "net.pt").exists()
    assert export(path, tmp_path / "net.pt", "--fresh") == 0
    train = next(job for job in jobs(experiment, "train") if job.spec.search == search.job)
    assert export(experiment.job(train).path, tmp_path / "train.pt", "--fresh") == 0
    of_search, of_train = (
        torch.load(tmp_path / f"{name}.pt", weights_only=True) for name in ("net", "train")
    )
    assert of_search["job"] == search.job
    for name, tensor in of_train["weights"].items():
        assert torch.equal(of_search["weights"][name], tensor)


def test_job_is_found_by_the_beginning_of_its_digest(experiment, tmp_path, capsys):
    job = jobs(experiment, "train")[0]
    for place, name in enumerate([job.job[:6], job.job, job.folder, f"jobs/{job.folder}"]):
        assert export(experiment.path / name, tmp_path / f"{place}.pt") == 0
        document = torch.load(tmp_path / f"{place}.pt", weights_only=True)
        assert document["job"] == job.job
    out = tmp_path / "no.pt"
    assert "is no job's digest" in refusal(capsys, experiment.path / "zzz", out)
    assert "is an experiment" in refusal(capsys, experiment.path, out)
    assert "holds no experiment" in refusal(capsys, tmp_path / "other" / "abc", out)


def test_digest_that_is_too_short_is_refused_with_the_candidates(experiment, tmp_path, capsys):
    text = (experiment.path / "plan.json").read_text()
    plan = json.loads(text)
    for job in plan["jobs"]:
        text = text.replace(job["job"], "aa" + job["job"])
    (experiment.path / "plan.json").write_text(text)
    line = refusal(capsys, experiment.path / "aa", tmp_path / "net.pt")
    assert f"is the beginning of {len(plan['jobs'])} digests" in line


def test_file_is_replaced_only_by_force(experiment, tmp_path, capsys):
    path, out = experiment.job(jobs(experiment, "train")[0]).path, tmp_path / "net.pt"
    out.write_text("precious")
    assert "--force" in refusal(capsys, path, out)
    assert out.read_text() == "precious"
    assert export(path, out, "--force") == 0
    load_network(out)


@pytest.mark.parametrize(("name", "text"), [("missing/net.pt", "make the folder"), ("", "folder")])
def test_place_that_cannot_be_written_is_refused(name, text, experiment, tmp_path, capsys):
    path = experiment.job(jobs(experiment, "train")[0]).path
    assert text in refusal(capsys, path, tmp_path / name)


def test_device_that_is_not_there_is_refused(experiment, tmp_path, capsys):
    path = experiment.job(jobs(experiment, "train")[0]).path
    assert "found cpu" in refusal(capsys, path, tmp_path / "net.pt", "--device", "cuda:99")


def test_job_that_did_not_end_well_has_no_network(experiment, tmp_path, capsys):
    job = jobs(experiment, "train")[0]
    folder, out = experiment.job(job), tmp_path / "net.pt"
    file = folder.path / "record.json"
    document = json.loads(file.read_text())
    trace = "Traceback\n  somewhere\nRuntimeError: out of luck\n"
    file.write_text(json.dumps({**document, "status": "failed", "reason": trace}))
    line = refusal(capsys, folder.path, out)
    assert "ended as failed" in line and line.endswith("RuntimeError: out of luck\n")
    file.unlink()
    assert "is unfinished" in refusal(capsys, folder.path, out)
    shutil.rmtree(folder.path)
    assert "is unfinished" in refusal(capsys, experiment.path / job.job[:8], out)


def test_job_without_weights_exports_fresh_ones_only(experiment, tmp_path, capsys):
    folder = experiment.job(jobs(experiment, "train")[0])
    folder.state.unlink()
    assert "kept no weights" in refusal(capsys, folder.path, tmp_path / "net.pt")
    assert export(folder.path, tmp_path / "net.pt", "--fresh") == 0


def test_weights_of_another_network_are_refused(experiment, tmp_path):
    out = tmp_path / "net.pt"
    assert export(experiment.job(jobs(experiment, "train")[0]).path, out) == 0
    document = torch.load(out, weights_only=True)
    document["weights"].pop("classifier.bias")
    torch.save(document, out)
    with pytest.raises(ConfigError, match=r"net.pt: the weights are not those .*classifier.bias"):
        load_network(out)


def test_file_of_another_kind_is_refused(experiment, tmp_path):
    with pytest.raises(ConfigError, match="is no file"):
        load_network(tmp_path / "missing.pt")
    (tmp_path / "text.pt").write_text("hello")
    with pytest.raises(ConfigError, match="cannot be read as a network"):
        load_network(tmp_path / "text.pt")
    torch.save({"weights": {}}, tmp_path / "other.pt")
    with pytest.raises(ConfigError, match="is no nas-harness network"):
        load_network(tmp_path / "other.pt")
    torch.save({"format": "nas-harness network", "version": 99}, tmp_path / "new.pt")
    with pytest.raises(ConfigError, match="has version 99, but 1 is read here"):
        load_network(tmp_path / "new.pt")


def test_auxiliary_head_leaves_with_the_network(experiment, tmp_path, monkeypatch):
    """A recipe with an auxiliary loss trains one, so the weights hold it and it is built again."""
    job = jobs(experiment, "train")[0]
    folder = experiment.job(job)
    recipe = job.spec.rules.recipe.model_copy(update={"auxiliary_weight": 0.4})
    rules = job.spec.rules.model_copy(update={"recipe": recipe})
    task = job.spec.task.model_copy(update={"name": "c10", "params": {}})
    spec = TrainSpec(**{**dict(job.spec), "rules": rules, "task": task})
    record = folder.record().model_copy(update={"spec": spec})
    (folder.path / "record.json").write_text(record.model_dump_json())
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    assert export(folder.path, tmp_path / "net.pt", "--fresh") == 0
    document = torch.load(tmp_path / "net.pt", weights_only=True)
    assert document["scale"]["auxiliary"]
    assert any(name.startswith("auxiliary.") for name in document["weights"])
    assert load_network(tmp_path / "net.pt").auxiliary is not None
