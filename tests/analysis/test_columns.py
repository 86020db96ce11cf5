"""The page about columns says what reports hold: every table, every column, from one source."""

import pytest

from analysis.answers.comparisons.rows import name_fields
from analysis.figures.kinds import kinds
from analysis.report.columns import FIGURES, ROWS, describe_tables
from analysis.report.exports import tables_of
from tests.analysis.loading import load_study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    from tests.analysis.experiments import Invention

    folder = Invention(tmp_path_factory.mktemp("columns") / "digits", seeds=2).write()
    return load_study([folder])


@pytest.fixture(scope="module")
def tables(study):
    return tables_of([study])


def test_every_table_of_a_report_is_on_the_page(tables):
    assert sorted(tables) == sorted(ROWS)


def check(kind, columns, name):
    """Check that columns are those of a type of rows, or of its parts."""
    parts = kind if isinstance(kind, tuple) else (kind,)
    assert columns == [field for part in parts for field in name_fields(part)], name


def test_columns_are_the_fields_of_the_rows(tables):
    for name, kind in ROWS.items():
        check(kind, [column for column in tables[name] if column != "study"], name)


def test_the_table_beside_a_figure_has_the_fields_of_its_rows(study):
    assert set(FIGURES) == set(kinds())
    for name, kind in FIGURES.items():
        check(kind, list(kinds()[name].collect(study)), name)


def test_the_page_is_what_the_rows_say(root):
    page = (root / "docs" / "columns.md").read_text("utf-8")
    how = "write it: python -m analysis.report.columns docs/columns.md"
    assert page == describe_tables(), how
