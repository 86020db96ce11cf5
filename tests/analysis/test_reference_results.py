"""The results that ship with the project are whole, small, and say what the README quotes."""

import pandas as pd
import pytest

from analysis.report.sections.answer import sentences
from analysis.report.write import write_report
from analysis.study import load
from harness.results.archive import unpack
from tests.conftest import ROOT

FOLDER = ROOT / "results" / "reference"
FILES = sorted(FOLDER.glob("*.tar.xz"))
MOST_BYTES = 15_000_000


@pytest.fixture(scope="module", params=FILES, ids=lambda file: file.name)
def study(request):
    (found,) = load([request.param])
    return found


def test_they_are_small_and_described():
    assert len(FILES) >= 3 and sum(file.stat().st_size for file in FILES) <= MOST_BYTES
    page = (FOLDER / "README.md").read_text()
    for file in FILES:
        name = file.name.removesuffix(".tar.xz")
        assert f"| `{file.name}` | `python -m harness run configs/experiments/{name}.yaml" in page
        assert (ROOT / "configs" / "experiments" / f"{name}.yaml").is_file()


def test_every_job_is_done_by_code_that_a_commit_holds(study):
    jobs = study.tables.jobs
    assert set(jobs["status"]) == {"done"}
    row = f"| {len(jobs):,} |"
    assert row in (FOLDER / "README.md").read_text()
    assert not study.tables.environments["dirty"].any()


def test_what_the_readme_quotes_is_what_the_results_say(study):
    lines = (ROOT / "README.md").read_text().splitlines()
    page = " ".join(line.removeprefix("> ").strip() for line in lines)
    quoted = [text for text in sentences(study) if text in page]
    assert len(quoted) == {"first": 2, "nb201_transfer_seconds": 1}.get(study.name, 0)


def test_a_report_is_made_from_the_archive(tmp_path):
    folder = unpack(FOLDER / "first.tar.xz")
    page = write_report([folder], tmp_path / "report")
    assert page.is_file()
    arms = pd.read_csv(tmp_path / "report" / "tables" / "arms.csv")
    assert set(arms["target"]) == {"c10", "c100"} and arms["n"].min() >= 30
