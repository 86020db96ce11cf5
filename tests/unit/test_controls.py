"""Sources without their information: exactly what is taken away, and nothing else."""

import subprocess
import sys

import numpy as np
import pytest

from harness.api import Split
from harness.config.experiment import make_experiment
from harness.config.protocol import Plugin
from harness.errors import ConfigError
from harness.planning.controls import CONTROLS
from harness.planning.plan import make_plan
from harness.planning.resolve import resolve_experiment
from harness.planning.resolve_plugins import open_task
from harness.plugins import TASKS
from harness.results.spec import SearchSpec, TrainSpec
from tests.analysis.loading import load_study
from tests.integration.tiny import experiment, run, write

SHARES = {Split.TRAIN: 0.5, Split.VALIDATION: 0.5}
EACH = [{key: value} for key, value in CONTROLS]


def control(name="d10", **params):
    return open_task(Plugin(name=name, params=params))


def nearest_mean_accuracy(task):
    """Return the validation accuracy of the class whose mean training image is nearest."""
    examples = task.development()
    rows = task.split(examples, SHARES, np.random.default_rng(0))
    flat = examples.images.reshape(len(examples.images), -1).astype(float)
    train, validation = rows[Split.TRAIN], rows[Split.VALIDATION]
    means = np.stack([flat[train][examples.labels[train] == k].mean(axis=0) for k in range(10)])
    distances = ((flat[validation][:, None] - means[None]) ** 2).sum(axis=2)
    return (distances.argmin(axis=1) == examples.labels[validation]).mean()


def test_shuffled_labels_are_the_same_labels_on_the_same_images():
    true, shuffled = control().development(), control(labels="shuffled").development()
    np.testing.assert_array_equal(shuffled.images, true.images)
    np.testing.assert_array_equal(shuffled.units, true.units)
    assert np.bincount(shuffled.labels).tolist() == np.bincount(true.labels).tolist()
    assert (shuffled.labels == true.labels).mean() == pytest.approx(0.1, abs=0.03)


def test_noise_has_the_labels_and_nothing_of_the_images():
    true, noise = control().development(), control(images="noise").development()
    np.testing.assert_array_equal(noise.labels, true.labels)
    assert noise.images.shape == true.images.shape and noise.images.dtype == np.uint8
    assert noise.images.mean() == pytest.approx(127.5, abs=0.5)
    assert np.corrcoef(noise.images.ravel(), true.images.ravel())[0, 1] == pytest.approx(
        0, abs=0.01
    )


def test_pixels_are_moved_alike_in_every_image():
    true, moved = control().development(), control(pixels="shuffled").development()
    np.testing.assert_array_equal(moved.labels, true.labels)
    before = true.images.reshape(len(true.images), -1)
    after = moved.images.reshape(len(true.images), -1)
    np.testing.assert_array_equal(np.sort(after, axis=1), np.sort(before, axis=1))
    rows = {tuple(column) for column in before.T}
    assert {tuple(column) for column in after.T} == rows
    assert not np.array_equal(before, after)


def test_a_control_has_no_information_where_it_says_so():
    accuracies = {name: nearest_mean_accuracy(control("m10", **params)) for name, params in (
        ("true", {}), ("pixels", {"pixels": "shuffled"}),
        ("labels", {"labels": "shuffled"}), ("noise", {"images": "noise"}),
    )}  # fmt: skip
    assert accuracies["true"] > 0.7
    assert accuracies["pixels"] == pytest.approx(
        accuracies["true"], abs=0.05
    )  # places mean nothing
    assert max(accuracies["labels"], accuracies["noise"]) < 0.16


@pytest.mark.parametrize("name", [name for name in TASKS.names() if name in {"d10", "d100", "m10"}])
@pytest.mark.parametrize("params", EACH, ids=str)
def test_every_task_with_images_has_every_control(name, params):
    task, true = control(name, **params), control(name)
    assert task.shape == true.shape and task.fingerprint() != true.fingerprint()
    rows = task.split(task.development(), SHARES, np.random.default_rng(0))
    assert sum(map(len, rows.values())) == len(true.development().labels)
    with pytest.raises(ConfigError, match="never tested on"):
        task.test()


def test_another_process_draws_the_same():
    code = (
        "from harness.config.protocol import Plugin\n"
        "from harness.planning.resolve_plugins import open_task\n"
        "task = open_task(Plugin(name='d10', params={'labels': 'shuffled'}))\n"
        "print(task.development().labels[:50].tolist())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(control(labels="shuffled").development().labels[:50].tolist())


def pairs(*sources, target="d100"):
    return [{"source": source, "target": target} for source in sources]


def test_a_control_is_a_source_of_its_own_beside_the_true_one():
    sources = ["d10", *({"name": "d10", "params": params} for params in EACH)]
    document = experiment(pairs=pairs(*sources), arms=["transferred", "random"])
    plan = make_plan(resolve_experiment(make_experiment(document)))
    searched = [job.spec.task for job in plan.jobs if isinstance(job.spec, SearchSpec)]
    assert [task.title for task in searched] == [
        "d10",
        "d10-labels=shuffled",
        "d10-images=noise",
        "d10-pixels=shuffled",
    ]
    assert len({task.fingerprint for task in searched}) == 4
    trained = {job.spec.task.title for job in plan.jobs if isinstance(job.spec, TrainSpec)}
    assert trained == {"d100"}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        (
            {"pairs": pairs("d10", target={"name": "d10", "params": {"labels": "shuffled"}})},
            "the target d10 was given labels=shuffled, but a control is for the source search only",
        ),
        (
            {"pairs": pairs({"name": "d10", "params": {"labels": "random"}})},
            "task d10: labels 'random': expected shuffled",
        ),
        (
            {"pairs": pairs({"name": "d10", "params": {"images": "blank"}})},
            "task d10: images 'blank': expected noise",
        ),
        (
            {
                "space": "nb201",
                "pairs": pairs({"name": "c10", "params": {"labels": "shuffled"}}, target="c100"),
                "protocol": "table",
                "methods": ["random_search"],
            },
            "the proxy c10-labels=shuffled has to be searched on its images",
        ),
    ],
)
def test_where_a_control_has_no_place_it_is_refused_in_one_line(changes, complaint):
    document = experiment(**{"arms": ["transferred", "random"], **changes})
    with pytest.raises(ConfigError) as refusal:
        resolve_experiment(make_experiment(document))
    assert complaint in str(refusal.value) and "\n" not in str(refusal.value)


def test_a_search_on_each_control_runs_to_its_report(tmp_path):
    sources = [{"name": "d10", "params": params} for params in EACH]
    changes = {"pairs": pairs("d10", *sources), "arms": ["transferred", "random"]}
    assert run(tmp_path, write(tmp_path, methods=["random_search"], **changes)) == 0
    runs = load_study([tmp_path / "tiny"]).tables.runs
    assert set(runs["status"]) == {"done"}
    assert {"d10", "d10-labels=shuffled"} < set(runs["source"])
    page = (tmp_path / "tiny" / "report" / "report.md").read_text()
    assert "A control: labels shuffled." in page
