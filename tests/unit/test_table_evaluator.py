"""Results looked up in NAS-Bench-201's table: the right column, the right clock, never a test."""

import math
import time
from pathlib import Path

import numpy as np
import pytest

from harness.api import (
    NB201_TABLE,
    ConfigError,
    DataError,
    EvaluatorContext,
    Recipe,
    Split,
    Unsupported,
)
from harness.config.documents import read_yaml
from harness.config.shipped import protocol_file
from harness.evaluators import _nb201_table
from harness.evaluators._nb201_table import CELLS, open_table
from harness.evaluators.table import LOOKED_UP, Table
from harness.spaces.darts import Darts
from harness.spaces.nb201 import Nb201
from harness.tasks.c10 import C10
from harness.tasks.c100 import C100
from harness.tasks.d10 import D10
from harness.tasks.in16 import In16

SPACE = Nb201()
RECIPE = Recipe.model_validate(read_yaml(protocol_file("table"))["train"]["recipe"])
TASKS = {"cifar10": C10, "cifar100": C100, "imagenet16_120": In16}
ROW = 6111  # the best cell of CIFAR-10


@pytest.fixture(autouse=True)
def _data(reference, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(reference))


@pytest.fixture(scope="module")
def arrays(reference):
    with np.load(reference / "nasbench201" / NB201_TABLE, allow_pickle=False) as file:
        return dict(file)


def judge(task, **parameters):
    return Table(EvaluatorContext(SPACE, task(), {}, "cpu", Path()), **parameters)


def cell(arrays, row):
    return tuple(arrays["ops"][row].tolist())


def look_up(found, architecture, epochs):
    return found.evaluate(architecture, RECIPE, fidelity=epochs, seed=0, key="000000")


@pytest.mark.parametrize("row", [0, ROW, 9930, 857, 15_624])
@pytest.mark.parametrize(
    ("data", "short", "long"),
    [
        ("cifar10", "cifar10_e12_valid", "cifar10_e200_valid"),
        ("cifar100", "cifar100_e12_valid", "cifar100_e200_valid_derived"),
        ("imagenet16_120", "imagenet16_120_e12_valid", "imagenet16_120_e200_valid_derived"),
    ],
)
def test_a_candidate_gets_its_validation_accuracy_and_seconds(arrays, data, short, long, row):
    found, seconds = judge(TASKS[data]), arrays[f"{data}_e200_train_seconds"][row]
    brief, full = (look_up(found, cell(arrays, row), epochs) for epochs in (12, 200))
    assert brief.score == arrays[short][row] and full.score == arrays[long][row]
    assert brief.seconds == pytest.approx(0.06 * seconds) and full.seconds == seconds


@pytest.mark.parametrize(
    ("data", "split", "column", "images"),
    [
        ("cifar10", "x-test", "cifar10_e200_test", 10_000),  # which has ori-test only
        ("cifar100", "x-test", "cifar100_e200_test", 5_000),
        ("cifar100", "ori-test", "cifar100_e200_valtest", 10_000),
        ("imagenet16_120", "x-test", "imagenet16_120_e200_test", 3_000),
    ],
)
def test_a_train_job_reports_the_test_accuracy(arrays, data, split, column, images):
    for row in (0, ROW, 15_624):
        outcome = judge(TASKS[data], test_split=split).outcome(cell(arrays, row), 200)
        assert outcome.test_accuracy == arrays[column][row] and outcome.validation_accuracy is None
        times = 2 if data == "cifar10" else 1  # 50,000 images instead of 25,000
        assert outcome.seconds == times * arrays[f"{data}_e200_train_seconds"][row]
        assert outcome.test_images == images
        assert outcome.parameters == round(1e6 * arrays[f"{data}_params"][row])


def test_multiply_adds_are_counted_as_for_trained_networks(arrays):
    """The benchmark adds the classifier's biases; 10.8 has this cell's 78.56193 million."""
    row = int(np.flatnonzero((arrays["ops"] == [3, 0, 3, 1, 0, 1]).all(axis=1))[0])
    outcome = judge(C10).outcome(cell(arrays, row), 200)
    assert (outcome.parameters, outcome.multiply_adds) == (559_386, 78_561_930 - 10)


def test_the_published_optima_are_found(arrays):
    for task, row, best in ((C10, 6111, 94.37), (C100, 9930, 73.51), (In16, 857, 47.31)):
        assert judge(task).outcome(cell(arrays, row), 200).test_accuracy == pytest.approx(
            best, abs=0.005
        )


def test_single_trials_are_those_of_their_seed(arrays):
    trials = arrays["cifar10_e200_valid_seeds"]
    whole, short = (int(np.flatnonzero(np.isnan(trials[:, 2]) == lacks)[0]) for lacks in (0, 1))
    for row in (whole, short):
        for place, trial in enumerate(("777", "888")):
            found = look_up(judge(C10, trial=trial), cell(arrays, row), 200)
            assert found.score == trials[row, place]
    third = judge(C10, trial="999")
    assert look_up(third, cell(arrays, whole), 200).score == trials[whole, 2]
    assert look_up(third, cell(arrays, short), 200).score == pytest.approx(trials[short, :2].mean())
    assert "without a trial of seed 999" in third.recorded(RECIPE, (200,)).notice


@pytest.mark.parametrize(
    ("task", "epochs", "parameters", "complaint"),
    [
        (C10, 12, {"trial": "888"}, "no single trials of 12 epochs"),
        (C100, 200, {"trial": "777"}, "no single trials of x-valid of cifar100"),
        (C10, 50, {}, "after 12 and 200 epochs, not after 50"),
    ],
)
def test_what_was_not_recorded_is_refused(arrays, task, epochs, parameters, complaint):
    with pytest.raises(ConfigError, match=complaint):
        look_up(judge(task, **parameters), cell(arrays, 0), epochs)


def test_a_search_never_reads_a_test_column(arrays, monkeypatch):
    monkeypatch.setattr(_nb201_table.Table, "test", None)
    for task in TASKS.values():
        for epochs in (12, 200):
            assert 0 <= look_up(judge(task), cell(arrays, ROW), epochs).score <= 100


def test_splits_have_the_benchmarks_names_and_sizes():
    found = judge(C10).recorded(RECIPE, (12,))
    assert found.splits[Split.VALIDATION] == "cifar10-valid x-valid"
    assert found.splits[Split.TEST] == "cifar10 ori-test"
    assert found.sizes == {Split.TRAIN: 25_000, Split.VALIDATION: 25_000, Split.TEST: 10_000}
    found = judge(In16).recorded(RECIPE, (12,))
    assert found.splits[Split.TEST] == "ImageNet16-120 x-test"
    assert found.sizes[Split.TEST] == 3_000 and found.notice == LOOKED_UP
    assert found.fingerprint == "2909f439e9a111693bd89a011ee8aec2"


@pytest.mark.parametrize("change", [{"channels": 36}, {"batch_size": 64}, {"nesterov": False}])
def test_a_recipe_that_is_not_the_tables_is_refused(change):
    with pytest.raises(ConfigError, match="were trained with"):
        judge(C10).recorded(RECIPE.model_copy(update=change), (12,))


def test_other_spaces_and_tasks_are_unsupported():
    with pytest.raises(Unsupported, match="cells of the space nb201 only"):
        Table(EvaluatorContext(Darts(), C10(), {}, "cpu", Path()))
    with pytest.raises(Unsupported, match="no other task"):
        judge(D10)


def test_latencies_are_the_devices(arrays, reference):
    with np.load(reference / "nasbench201" / "nb201_device_latency.npz") as file:
        column = file["devices"].tolist().index("pixel3")
        expected = file["latency"][ROW, column]
    outcome = judge(C10, device="pixel3").outcome(cell(arrays, ROW), 200)
    assert outcome.latency_ms == expected
    assert judge(C10).outcome(cell(arrays, ROW), 200).latency_ms is None


def test_an_unknown_device_is_named_with_near_ones():
    with pytest.raises(ConfigError, match=r"no device 'pixel4'\. Did you mean pixel3 or pixel2"):
        judge(C10, device="pixel4").recorded(RECIPE, (200,))


def test_missing_latencies_say_where_they_are_expected(tmp_path, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"neither in .* nor in its nasbench201/") as refusal:
        judge(C10, device="pixel3").recorded(RECIPE, (200,))
    assert "--data" in str(refusal.value) and "\n" not in str(refusal.value)


def test_a_damaged_table_is_refused(tmp_path, monkeypatch):
    (tmp_path / NB201_TABLE).write_bytes(b"PK no archive")
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    with pytest.raises(DataError, match="cannot be read"):
        judge(C10)


def test_a_table_with_missing_rows_is_named_and_used(arrays, tmp_path, monkeypatch):
    kept = {name: array[:-1] if len(array) == CELLS else array for name, array in arrays.items()}
    np.savez(tmp_path / NB201_TABLE, **kept)
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    found = judge(C10)
    notice = found.recorded(RECIPE, (12,)).notice
    assert "not 2909f439e9a111693bd89a011ee8aec2" in notice and "15,624 of 15,625 cells" in notice
    assert look_up(found, cell(arrays, 0), 12).score == arrays["cifar10_e12_valid"][0]
    lost = look_up(found, cell(arrays, CELLS - 1), 12)
    assert math.isnan(lost.score) and lost.seconds > 0
    with pytest.raises(Unsupported, match="does not hold this cell"):
        found.outcome(cell(arrays, CELLS - 1), 200)
    with pytest.raises(ConfigError, match="leave the evaluator's device out"):
        judge(C10, device="pixel3").recorded(RECIPE, (200,))


def test_the_table_is_read_once_and_in_less_than_a_second():
    _nb201_table._open.cache_clear()
    began = time.perf_counter()
    table = open_table()
    assert time.perf_counter() - began < 1
    assert judge(C100).table is table and judge(C10).table is table
