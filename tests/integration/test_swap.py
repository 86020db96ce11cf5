"""What a continued search starts from once the data set is swapped, tensor by tensor."""

import json

import pytest
import torch

from harness.execution.jobs import begin, find_inputs
from harness.execution.search_job import SearchJob
from harness.results.store import ExperimentFolder
from tests.integration.tiny import PROTOCOL, run, write

CARRIES = ("weights+alpha", "alpha", "weights")


@pytest.fixture(scope="module")
def swapped(tmp_path_factory):
    """Search d10, go on on d100, by three methods that differ in what they carry over."""
    folder = tmp_path_factory.mktemp("swap")
    methods = [{"name": "darts", "label": c, "params": {"carry": c}} for c in CARRIES]
    pairs = [{"source": "d10", "target": "d100"}]
    search = {**PROTOCOL["search"], "budget": {"examples": 12}}
    what = {"methods": methods, "pairs": pairs, "protocol": {**PROTOCOL, "search": search}}
    file = write(folder, **what, arms=["continued"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.report.write_report", lambda folders, out: out)
        assert run(folder, file) == 0
    return ExperimentFolder(folder / "tiny")


def searches(experiment, title):
    """Return the source search and the one that went on from it."""
    jobs = {job.job: job for job in experiment.plan().jobs}
    arm = next(arm for arm in experiment.plan().arms if arm.method == title)
    return tuple(jobs[digest] for digest in arm.searches)


def saved(experiment, job):
    return torch.load(experiment.job(job).state, weights_only=True)["state"]


def equal(first, second):
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("carry", CARRIES)
def test_each_carry_starts_from_exactly_the_tensors_it_should(swapped, carry):
    source, continued = searches(swapped, carry)
    inputs = find_inputs(continued, swapped)
    end = saved(swapped, source)
    method = begin(continued, inputs, swapped.job(continued), "cpu").method
    # The same job, with the same random numbers, that was handed nothing to go on from.
    fresh = SearchJob(continued.spec, "cpu", swapped.path, source=None).method
    now, then, new = method.supernet.state_dict(), end["supernet"], fresh.supernet.state_dict()
    backbone = [name for name in now if not name.startswith("classifier.")]
    # BN buffers travel with the weights they belong to.
    origin = then if "weights" in carry else new
    assert equal([now[name] for name in backbone], [origin[name] for name in backbone])
    assert now["classifier.weight"].shape == (100, 64)  # d10 has ten classes
    assert torch.equal(now["classifier.weight"], new["classifier.weight"])
    alphas = end["parameters"]["alpha"] if "alpha" in carry else fresh.parameters["alpha"]
    assert equal(method.parameters["alpha"], alphas)
    # Momentum, Adam's moments and the schedule start anew.
    assert not method.weight_optimizer.state and not method.choice_optimizer.state
    assert method.steps == 0
    assert method.learning_rate == method.weights.learning_rate


@pytest.mark.parametrize("carry", CARRIES)
def test_the_trajectory_begins_with_the_cell_that_was_carried_over(swapped, carry):
    source, continued = searches(swapped, carry)
    first = swapped.job(continued).trajectory()[0]
    assert (first["tick"], first["step"], first["examples"]) == (0, 0, 0)
    found = swapped.job(source).record()
    is_carried = "alpha" in carry
    assert (first["incumbent"] == found.architecture) is is_carried
    assert (first["graphs"] == json.loads(json.dumps(found.graphs))) is is_carried
