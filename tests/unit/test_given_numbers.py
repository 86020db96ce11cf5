"""Numbers that are given are finite, threads fit the machine, and workers fit the work."""

import json

import pytest

from harness.cli import _arguments, main
from harness.config.documents import apply_overrides, parse_yaml
from harness.config.experiment import load_experiment, make_experiment
from harness.config.parameters import resolve
from harness.errors import ConfigError
from harness.execution.crew import Crew
from harness.execution.schedule import Schedule
from harness.planning.plan import make_plan
from harness.planning.resolve import resolve_experiment
from methods.darts import Darts
from tests.integration.tiny import PROTOCOL, experiment

RUN = ["run", "--method", "darts", "--source", "d10", "--target", "d10", "--dry-run"]
TUNE = ["tune", "darts", "--source", "d10"]
# Beyond what a number of double precision holds, and in the ways that YAML and Python have.
ENDLESS = [".nan", ".inf", "-.Inf", "1.0e400", "1e400", "nan", "-inf", "Infinity"]


def refusal(arguments, capsys):
    """Return the last line of what a command says that refuses its arguments."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("time", ["nans", "infs", "-1s", "1e400s", "-infh", "s", "", "9", "9x"])
@pytest.mark.parametrize("command", [RUN, TUNE], ids=["run", "tune"])
def test_a_time_is_finite_and_not_negative(command, time, capsys):
    said = refusal([*command, f"--stop-after={time}"], capsys)
    assert said.endswith(f"argument --stop-after: {time!r} is no time such as 90s, 9m or 2h")


@pytest.mark.parametrize(("text", "seconds"), [("0s", 0), ("90s", 90), ("1.5m", 90), ("2h", 7200)])
def test_a_time_has_a_unit(text, seconds):
    assert _arguments.duration(text) == seconds


@pytest.mark.parametrize("bounds", ["nan:1", "0:inf", "1e400:2", "1", "a:b"])
def test_bounds_are_finite(bounds, capsys):
    assert main([*TUNE, "--range", f"choices.learning_rate={bounds}"]) == 2
    assert "expected NAME or NAME=LOW:HIGH" in capsys.readouterr().err


@pytest.mark.parametrize("number", ENDLESS)
@pytest.mark.parametrize(
    "place", ["protocol.search.budget.seconds", "protocol.train.recipe.weight_decay"]
)
def test_an_experiment_holds_finite_numbers(place, number):
    with pytest.raises(ConfigError) as refused:
        document = apply_overrides(experiment(protocol=PROTOCOL), [f"{place}={number}"])
        make_experiment(document)
    assert "finite number" in str(refused.value) or "valid number" in str(refused.value)
    assert number in str(refused.value)


@pytest.mark.parametrize("number", ["1e400", float("nan"), float("-inf")])
def test_a_parameter_is_finite(number):
    with pytest.raises(ConfigError, match="finite number"):
        resolve("method", "darts", Darts, {"choices": {"learning_rate": number}})


@pytest.mark.parametrize("score", ["1e400", "NaN"])
def test_tuned_values_are_finite(tmp_path, score):
    bill = {"trials": 1, "seconds": 1, "examples": 1, "evaluations": 1}
    texts = dict.fromkeys(("method", "task", "fingerprint", "space", "protocol", "study"), "darts")
    tuning = json.dumps({**texts, "score": 0.5, "bill": bill, "params": {}})
    (tmp_path / "tuning.json").write_text(tuning.replace("0.5", score))
    methods = [{"name": "darts", "tuning": "tuning.json"}]
    (tmp_path / "tiny.yaml").write_text(json.dumps(experiment(methods=methods)))
    with pytest.raises(ConfigError, match="finite number"):
        load_experiment(tmp_path / "tiny.yaml")


def test_the_line_of_an_endless_number_is_named():
    with pytest.raises(ConfigError, match=r"line 2: \.inf is no finite number"):
        parse_yaml("first: 1.5\nsecond: .inf")


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "many"])
@pytest.mark.parametrize(
    ("command", "option"),
    [(RUN, "--jobs"), (["bench"], "--steps"), (["latency", "--out", "t.json"], "--repeats")],
)
def test_a_count_is_positive(command, option, number, capsys):
    said = refusal([*command, f"{option}={number}"], capsys)
    assert said.endswith(f"argument {option}: {number!r} is no positive whole number")


@pytest.mark.parametrize("command", [RUN, TUNE, ["bench"], ["latency", "--out", "table.json"]])
def test_more_threads_than_cores_are_refused(command, capsys, monkeypatch):
    monkeypatch.setattr(_arguments, "count_cores", lambda: 4)
    said = refusal([*command, "--threads", "9999"], capsys)
    assert said.endswith("9999 threads on 4 cores compute slower than 4; give 1 to 4")


@pytest.mark.parametrize(("jobs", "is_crowded"), [("2", False), ("3", True), ("999", True)])
def test_jobs_that_crowd_the_cores_are_warned_of(jobs, is_crowded, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(_arguments, "count_cores", lambda: 4)
    assert main([*RUN, "--results", str(tmp_path), "--jobs", jobs, "--threads", "2"]) == 0
    said = capsys.readouterr().err
    assert (f"--jobs {jobs} times --threads 2 is {2 * int(jobs)} threads" in said) == is_crowded


@pytest.mark.parametrize(("seeds", "workers"), [(1, 1), (2, 2), (5, 5), (12, 8)])
def test_no_more_workers_start_than_can_begin_something(seeds, workers):
    document = experiment(seeds=seeds, arms=["direct"])
    schedule = Schedule(make_plan(resolve_experiment(make_experiment(document))).jobs)
    crew = Crew(lambda device: _Idle(), 8, ("cpu",))
    crew._hire(schedule)
    crew._hire(schedule)  # while none of them is ready yet
    assert len(crew._workers) == workers


class _Idle:
    """A worker that has just been started."""

    unit, device = None, "cpu"
