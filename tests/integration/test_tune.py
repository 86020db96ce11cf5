"""Tune, be killed, go on, and use what was found."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
import yaml

from harness.cli import main
from tests.integration.tiny import PROTOCOL, RECIPE, records, run, write

pytestmark = pytest.mark.slow

KILLABLE = """
import sys
from harness.execution import savers
savers.CHECKPOINT_SECONDS = 0.1
from harness.cli import main
if __name__ == "__main__":
    sys.exit(main())
"""


def arguments(folder, trials=2, *extra):
    rules = folder / "tiny.yaml"
    search = {**PROTOCOL["search"], "budget": {"examples": 40}}
    rules.write_text(yaml.safe_dump({**PROTOCOL, "search": search}))
    what = ["tune", "darts", "--source", "d10", "--protocol", str(rules), "--name", "study"]
    how = ["--range", "choices.learning_rate", "--trials", str(trials), "--device", "cpu"]
    return [*what, *how, "--results", str(folder), *extra]


def trials_of(folder):
    import optuna
    from optuna.storages.journal import JournalFileBackend

    backend = JournalFileBackend(str(folder / "study" / "study.journal"))
    storage = optuna.storages.JournalStorage(backend)
    study = optuna.load_study(study_name="study", storage=storage)
    return [(t.number, t.state.name, t.params, t.values) for t in study.trials]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A study that was left alone."""
    folder = tmp_path_factory.mktemp("alone")
    assert main(arguments(folder)) == 0
    return folder


def test_killed_twice_it_ends_as_if_left_alone(alone, tmp_path, root):
    command = [sys.executable, "-c", KILLABLE, *arguments(tmp_path)]
    for kill in range(2):
        process = subprocess.Popen(
            command, cwd=root, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        wait_for_checkpoint(tmp_path / "study" / "jobs", kill, process)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert subprocess.run(command, cwd=root, capture_output=True, check=False).returncode == 0
    assert trials_of(tmp_path) == trials_of(alone)
    attempts = [json.loads(file.read_text())["attempts"] for file in jobs_of(tmp_path)]
    assert max(attempts) > 1  # a search went on from its checkpoint
    first, second = result_of(alone), result_of(tmp_path)
    for result in (first, second):
        del result["bill"]["seconds"]
    assert first == second


def wait_for_checkpoint(jobs, kill, process):
    """Wait until the trial of this number has saved itself."""
    while not list(jobs.glob(f"trial{kill}-*/checkpoint.pt")):
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)


def jobs_of(folder):
    return sorted(folder.glob("study/jobs/*/record.json"))


def result_of(folder):
    return json.loads((folder / "study" / "tuning.json").read_text())


def test_optuna_opens_the_study_and_finds_the_best_trial_that_was_written(alone):
    trials = trials_of(alone)
    assert [state for _, state, _, _ in trials] == ["COMPLETE"] * 2
    best = max(trials, key=lambda trial: trial[3][0])
    result = result_of(alone)
    assert result["score"] == best[3][0]
    assert result["params"]["choices"]["learning_rate"] == best[2]["choices.learning_rate"]
    assert trials[0][2] == {"choices.learning_rate": 0.01}  # the protocol's own


def test_the_bill_is_that_of_the_searches_and_their_verdicts(alone):
    bill = result_of(alone)["bill"]
    found = [json.loads(file.read_text()) for file in jobs_of(alone)]
    assert bill["trials"] == len(found) == 2
    # A verdict is one epoch of the recipe.
    seen = [r["bill"]["examples"] + RECIPE["epoch_examples"] for r in found]
    assert bill["examples"] == sum(seen)
    assert bill["evaluations"] == 2
    assert bill["seconds"] > sum(record["bill"]["seconds"] for record in found)


def test_only_the_source_is_searched_and_nothing_is_trained_or_tested(alone):
    for file in jobs_of(alone):
        record = json.loads(file.read_text())
        assert record["spec"]["kind"] == "search" and record["spec"]["task"]["name"] == "d10"
        assert record["test_accuracy"] is None and "test" not in record["split_sizes"]


def test_more_trials_continue_the_study_under_another_digest(alone, tmp_path):
    shutil.copytree(alone / "study", tmp_path / "study")
    assert main(arguments(tmp_path, 3)) == 0
    assert trials_of(tmp_path)[:2] == trials_of(alone) and len(trials_of(tmp_path)) == 3
    assert result_of(tmp_path)["study"] != result_of(alone)["study"]


def test_another_study_in_the_same_folder_is_refused(alone, capsys):
    assert main(arguments(alone, 2, "--seed", "7")) == 2
    assert "holds a study of other inputs" in capsys.readouterr().err


def test_stopped_at_once_it_says_so(tmp_path, capsys):
    assert main(arguments(tmp_path, 2, "--stop-after", "0s")) == 3
    assert "the same command goes on" in capsys.readouterr().err
    assert not (tmp_path / "study" / "tuning.json").exists()


@pytest.mark.real_report
def test_an_experiment_uses_the_values_and_its_report_says_who_was_not_tuned(alone, tmp_path):
    tuned = {"name": "darts", "tuning": str(alone / "study" / "tuning.json")}
    file = write(tmp_path, methods=[tuned, "random_search"])
    assert run(tmp_path, file) == 0
    result = result_of(alone)
    (own,) = [r for name, r in records(tmp_path).items() if name.startswith("search-darts")]
    assert own["spec"]["method"]["tuning"]["study"] == result["study"]
    assert own["spec"]["method"]["params"]["choices"] == {
        **own["spec"]["method"]["params"]["choices"],
        **result["params"]["choices"],
    }
    text = (tmp_path / "tiny" / "report" / "report.md").read_text()
    assert (
        f"darts was tuned on d10 under the protocol tiny, study {result['study']}: 2 trial" in text
    )
    assert "Hyper-parameters of darts were tuned, those of random_search were not" in text
