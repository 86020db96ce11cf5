"""Whatever was handed in, the whole report is written, and says what it cannot say and why."""

import json
import math
import re

import pandas as pd
import pytest

from analysis.report.notices import notices
from analysis.report.schema import validate
from analysis.report.write import write_report
from harness.cli import main
from harness.errors import DamagedFileError
from harness.results.record import Status
from tests.analysis.experiments import CRASH, LEVELS
from tests.analysis.ingredients import ENVIRONMENT
from tests.analysis.loading import load_study

pytestmark = pytest.mark.filterwarnings("error")

FILES = ("report.html", "report.md", "report.json", "tables/runs.csv", "tables/checklist.csv")
SMALL = {"seeds": 2, "methods": ("darts",)}


def _nothing_ran(job):
    return None


def _all_failed(job):
    return Status.FAILED, CRASH


def _only_searches(job):
    return (Status.DONE, None) if job.name.startswith("search") else None


def _one_side(job):
    return (Status.DONE, None) if "-d100-s" in job.name else (Status.FAILED, CRASH)


def _constant(job, value):
    return 50.0


def _unknown(job, value):
    return None


def _too_large(job, value):
    return 100.0 + value


def _half_unknown(job, value):
    return None if job.spec.seed == 0 else value


def _two_commits(job):
    commit = "a" * 16 if job.spec.seed else "b" * 16
    return ENVIRONMENT.model_copy(update={"commit": commit, "hardware": f"{commit[0]} & <co>"})


def _nowhere(job):
    return ENVIRONMENT.model_copy(update={"commit": None, "dirty": None})


def _records(folder):
    return sorted(folder.glob("jobs/*/record.json"))


def _old_schema(folder):
    for file in _records(folder)[:3]:
        document = json.loads(file.read_text())
        file.write_text(json.dumps({**document, "schema_version": 0}))


def _unreadable_record(folder):
    file = _records(folder)[0]
    file.write_text(json.dumps({**json.loads(file.read_text()), "charm": 3}))


def _no_json(folder):
    _records(folder)[0].write_text("{")


def _no_trajectory(folder):
    for file in folder.glob("jobs/search-*/trajectory.jsonl"):
        file.unlink()


def _damaged_trajectory(folder):
    for file in folder.glob("jobs/search-*/trajectory.jsonl"):
        file.write_text('{"tick": 0,\n')


def _no_cells(folder):
    for file in _records(folder):
        document = json.loads(file.read_text())
        chain = {"kind": "chain", "blocks": ["mbconv k3 e6", 'odd <b> | "&"']}
        file.write_text(json.dumps({**document, "graphs": {"network": chain}, "canonical": None}))
    for file in folder.glob("jobs/search-*/trajectory.jsonl"):
        rows = [json.loads(line) | {"graphs": None} for line in file.read_text().splitlines()]
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _no_source_records(folder):
    for file in folder.glob("jobs/search-darts-d10-s*/record.json"):
        file.unlink()


def _no_insights(folder):
    for file in _records(folder):
        file.write_text(json.dumps({**json.loads(file.read_text()), "insights": {}}))


CASES = {
    "zero runs": ({**SMALL, "fate": _nothing_ran}, None, "nothing can be compared"),
    "one seed": ({**SMALL, "seeds": 1}, None, "There is one search seed"),
    "all failed": ({**SMALL, "fate": _all_failed}, None, "ValueError: loss | is nan"),
    "only searches": ({**SMALL, "fate": _only_searches}, None, "nothing can be compared"),
    "one arm left": ({**SMALL, "fate": _one_side}, None, "cannot be compared"),
    "constant": ({**SMALL, "accuracy": _constant}, None, "they tell nothing apart"),
    "no spread": ({**SMALL, "spread": 0.0}, None, "no spread between runs"),
    "zero per cent": (
        {**SMALL, "spread": 0.0, "levels": dict.fromkeys(LEVELS, 0.0)}, None, "tell nothing apart"
    ),
    "no accuracy": ({**SMALL, "accuracy": _unknown}, None, "diverged; see the list"),
    "some accuracies": ({**SMALL, "accuracy": _half_unknown}, None, "The training diverged:"),
    "above 100 %": ({**SMALL, "accuracy": _too_large}, None, "test_acc outside 0 to 100 %"),
    "mixed commits": ({**SMALL, "environment": _two_commits}, None, "several commits are mixed"),
    "no checkout": ({**SMALL, "environment": _nowhere}, None, "no commit is recorded"),
    "old schema": (SMALL, _old_schema, "3 records of schema 0 are read as schema 1"),
    "unknown field": (SMALL, _unreadable_record, "charm: it is no known key"),
    "no JSON": (SMALL, _no_json, "1 job left files that cannot be read"),
    "no trajectory": (SMALL, _no_trajectory, "trajectory.jsonl is gone or damaged"),
    "damaged trajectory": (SMALL, _damaged_trajectory, "trajectory.jsonl is gone or damaged"),
    "chains": (SMALL, _no_cells, "has 0 layers that source (d10) lacks"),
    "no source cell": (SMALL, _no_source_records, "after the swap"),
    "no insights": (SMALL, _no_insights, "What was run"),
    "random only": ({**SMALL, "arms": ("random",)}, None, "No search was planned"),
    "no random": ({**SMALL, "arms": ("direct",)}, None, "No random architectures were planned"),
    "no family": ({**SMALL, "protocol": {"primary": []}}, None, "No declared comparison has runs"),
    "one random": ({**SMALL, "protocol": {"random_architectures": 1}}, None, "What was run"),
    "same task": ({**SMALL, "pairs": (("d10", "d10"),)}, None, "What was run"),
    "one seed, one arm": (
        {"seeds": 1, "methods": ("darts",), "arms": ("source",)}, None, "There is one search seed"
    ),
}  # fmt: skip

# Where supplementary figures are drawn, and all are laid out.
WITH_ALL = {"zero runs", "one seed", "all failed", "constant", "some accuracies", "chains"}


@pytest.mark.parametrize("case", CASES)
def test_whole_report_is_written_and_says_why(invent, tmp_path, case, request):
    request.getfixturevalue("unsaved" if case in WITH_ALL else "sketched")
    what, spoil, words = CASES[case]
    folder = invent(**what)
    if spoil:
        spoil(folder)
    out = tmp_path / "out"
    html = write_report([folder], out, everything=case in WITH_ALL).read_text("utf-8")
    assert all((out / name).exists() for name in FILES)
    assert words in html.replace("&lt;", "<").replace("&#39;", "'").replace("&gt;", ">")
    text = re.sub(r"<svg.*?</svg>", "", html, flags=re.DOTALL).replace("is nan", "")
    assert not re.search(r"\b(nan|NaN|None|inf|NaT)\b", text)
    json.loads((out / "report.json").read_text(), parse_constant=_refuse)


def _refuse(name):
    raise AssertionError(f"{name} is no JSON")


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.usefixtures("sketched")
def test_mixed_protocols_are_refused_or_stamped(invent, tmp_path, force):
    folders = [invent("one", **SMALL), invent("two", **SMALL, protocol={"name": "other"})]
    html = write_report(folders, tmp_path / "out", everything=True, force=force).read_text()
    assert ("nothing is compared across them" in html) is not force
    assert ("NOT COMPARABLE" in html) is force


def test_plan_that_cannot_be_read_is_said_in_one_line(invent, tmp_path, capsys):
    folder = invent(**SMALL)
    (folder / "plan.json").write_text('{"schema_version": 0, "tasks": []}')
    assert main(["report", str(folder)]) == 2
    error = capsys.readouterr().err
    assert "plan.json cannot be read as Plan: jobs: it is missing; the `python -m" in error
    assert error.count("\n") == 1
    with pytest.raises(DamagedFileError, match="cannot be read as Plan"):
        write_report([folder], tmp_path / "out")


def test_sound_tables_have_no_problem(invent):
    tables = load_study([invent(seeds=2)]).tables
    assert validate(tables.runs, tables.trace, tables.alphas) == []


def test_what_planning_said_of_the_rules_is_a_notice(invent):
    its = invent(seeds=2)
    file = its / "experiment.json"
    facts = {**json.loads(file.read_text()), "notices": ["Networks drop no paths."]}
    file.write_text(json.dumps(facts))
    assert "Networks drop no paths." in notices(load_study([its]))


def test_notices_of_a_sound_experiment_are_about_its_design_only(invent):
    primary = [{"arm": "direct", "against": "transferred"}]
    found = notices(load_study([invent(seeds=5, signal=1, protocol={"primary": primary})]))
    assert [text.partition(":")[0] for text in found] == ["d100"]


@pytest.mark.parametrize(
    ("table", "column", "value", "what"),
    [
        ("runs", "test_acc", 101.0, "test_acc outside 0 to 100 %"),
        ("runs", "test_acc", math.nan, "done without a test_acc"),
        ("runs", "val_acc", -1.0, "val_acc outside 0 to 100 %"),
        ("runs", "status", "perhaps", "unknown status"),
        ("runs", "arm", "elbow", "unknown arm"),
        ("runs", "macs", -5.0, "negative macs"),
        ("runs", "n_test_images", 3.0, "equal data with unequal numbers of test images"),
        ("trace", "examples", -1.0, "examples that go back"),
        ("trace", "tick", -1.0, "ticks out of order"),
        ("trace", "best_val_so_far", 400.0, "best_val_so_far outside 0 to 100 %"),
        ("alphas", "alpha", math.nan, "alpha that is no number"),
    ],
)
def test_broken_promise_of_a_table_is_named_with_its_job(invent, table, column, value, what):
    tables = load_study([invent(seeds=1)]).tables
    frames = {name: getattr(tables, name).copy() for name in ("runs", "trace", "alphas")}
    row = frames[table].index[2]
    frames[table].loc[row, column] = value
    problems = validate(**frames)
    assert any(
        f": {what} (" in problem and frames[table]["job"][row] in problem for problem in problems
    )
    assert all(problem.startswith(f"Table {table}: ") for problem in problems)


def test_rows_that_stand_twice_are_named(invent):
    tables = load_study([invent(seeds=1)]).tables
    twice = {
        name: pd.concat([getattr(tables, name)] * 2, ignore_index=True)
        for name in ("runs", "trace", "alphas")
    }
    found = "\n".join(validate(**twice))
    assert "the same training twice in one arm" in found
    assert "an operation twice on one edge" in found


def test_lacking_columns_are_named_and_nothing_else_is_checked(invent):
    tables = load_study([invent(seeds=1)]).tables
    (problem,) = validate(tables.runs.drop(columns=["macs"]), tables.trace, tables.alphas)
    assert problem == "Table runs: no column macs."
