"""A later command adds to a folder; it never takes another one's jobs or report away."""

import json
from contextlib import contextmanager

import pytest

from analysis.report.notices import notices
from harness.cli import main
from harness.results.store import ExperimentFolder
from tests.analysis.loading import load_study
from tests.integration.tiny import run, trajectories, write


@pytest.fixture
def look_up(tmp_path, reference):
    """Return a function that carries out searches in a table, which take milliseconds."""

    def look_up(methods, seeds, *options):
        tasks = ["--source", "c10", "--target", "c100", "--space", "nb201", "--protocol", "table"]
        what = ["--method", methods, "--seeds", str(seeds), "--name", "tiny", *tasks]
        where = ["--results", str(tmp_path), "--data", str(reference), "--device", "cpu"]
        rules = ["--set", "protocol.random_architectures=2"]
        return main(["run", *what, "--arms", "direct,random", *where, *rules, *options])

    return look_up


def plan(tmp_path):
    return ExperimentFolder(tmp_path / "tiny").plan()


def units(tmp_path):
    runs = load_study([tmp_path / "tiny"]).tables.runs
    done = runs[runs["status"] == "done"]
    return {key: len(rows) for key, rows in done.groupby(["method", "arm"])}


def test_a_method_is_added_to_what_is_done(tmp_path, capsys):
    assert run(tmp_path, write(tmp_path, methods=["random_search"])) == 0
    before = trajectories(tmp_path)
    capsys.readouterr()
    assert run(tmp_path, write(tmp_path, methods=["reinforce"])) == 0
    assert "2 jobs, 2 to do" in capsys.readouterr().err
    assert before.items() < trajectories(tmp_path).items()
    assert units(tmp_path) == {("random_search", "direct"): 1, ("reinforce", "direct"): 1}


def test_methods_seeds_and_arms_grow_and_the_report_says_when(tmp_path, look_up, capsys):
    assert look_up("random_search", 2) == 0
    assert look_up("reinforce", 3) == 0
    grown = {("random_search", "direct"): 2, ("reinforce", "direct"): 3}
    assert {k: n for k, n in units(tmp_path).items() if k[1] != "random"} == grown
    (line,) = (x for x in notices(load_study([tmp_path / "tiny"])) if "grew by" in x)
    assert line.endswith("the experiment grew by methods reinforce; seeds 2.")
    capsys.readouterr()
    assert look_up("random_search", 2, "--arms", "direct,transferred,random") == 0
    assert units(tmp_path)["random_search", "transferred"] == 2
    assert ("reinforce", "transferred") not in units(tmp_path)
    assert "also holds 6 jobs of earlier commands" in capsys.readouterr().err


def test_less_is_asked_for_and_nothing_is_lost(tmp_path, look_up, capsys):
    assert look_up("random_search,reinforce", 3) == 0
    before, arms = plan(tmp_path), units(tmp_path)
    capsys.readouterr()
    assert look_up("random_search", 1) == 0
    assert ", 0 to do" in capsys.readouterr().err
    assert (plan(tmp_path), units(tmp_path)) == (before, arms)


def test_options_override_a_file(tmp_path, capsys):
    file = write(tmp_path, seeds=[0, 1, 2])
    options = ("--seeds", "1", "--arms", "random", "--name", "other", "--dry-run")
    assert run(tmp_path, file, *options) == 0
    assert "other: 1 jobs, 1 to do" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("--set", "methods.0.params.fidelity=12"), "other hyper-parameters of random_search"),
        (("--set", "methods.0.label=reinforce"), "other hyper-parameters of reinforce"),
        (("--set", "protocol.method_budgets.random_search.evaluations=7"), "other rules"),
        (("--set", "protocol.train.recipe.epochs=12"), "other rules"),
    ],
)
def test_what_cannot_be_added_is_refused_with_three_ways_out(
    tmp_path, look_up, capsys, options, what
):
    assert look_up("random_search,reinforce", 1) == 0
    before = (tmp_path / "tiny" / "plan.json").read_bytes()
    capsys.readouterr()
    assert look_up("random_search", 1, *options) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert what in line and "--name" in line and "--replace" in line
    assert (tmp_path / "tiny" / "plan.json").read_bytes() == before


def test_replaced_plans_leave_results_that_the_report_names(tmp_path, look_up):
    assert look_up("random_search", 2) == 0
    assert look_up("reinforce", 1, "--replace") == 0
    assert {arm.method for arm in plan(tmp_path).arms} == {"reinforce", ""}
    (line,) = (x for x in notices(load_study([tmp_path / "tiny"])) if "leaves out" in x)
    assert line.startswith("The plan of tiny leaves out 4 finished jobs")
    assert look_up("random_search", 2) == 0  # added again, and found done
    assert not [x for x in notices(load_study([tmp_path / "tiny"])) if "leaves out" in x]


def test_a_report_of_two_leaves_the_report_of_one_alone(tmp_path, monkeypatch, capsys):
    places = []
    monkeypatch.setattr(
        "analysis.report.write_report", lambda folders, out, **_: places.append(out) or out
    )
    for name in ("one", "two"):
        file = write(tmp_path, name=name, methods=["random_search"], arms=["direct"])
        assert run(tmp_path, file, "--stop-after", "0s") == 3
    folders = [str(tmp_path / name) for name in ("one", "two")]
    assert main(["report", folders[0]]) == 0
    capsys.readouterr()
    assert main(["report", *folders, "--json"]) == 0
    assert places == [tmp_path / "one" / "report", tmp_path / "report-one-two"]
    assert json.loads(capsys.readouterr().out) == {"report": str(places[1])}


def test_what_another_command_planned_meanwhile_is_not_lost(tmp_path, look_up, monkeypatch):
    lock, meanwhile = ExperimentFolder.lock, []

    @contextmanager
    def late(folder):
        if not meanwhile:  # the other command is faster: it runs before this one has the lock
            meanwhile.append("reinforce")
            assert look_up("reinforce", 1) == 0
        with lock(folder):
            yield

    monkeypatch.setattr(ExperimentFolder, "lock", late)
    assert look_up("random_search", 1) == 0
    assert {arm.method for arm in plan(tmp_path).arms} == {"random_search", "reinforce", ""}
