"""What a page leaves to files, and how it words long lists."""

import pytest

from analysis.numbers import spans, value_range
from analysis.report.document import FEW_ROWS, MOST_ROWS, Grid, Page, Part, Section, Text
from analysis.report.gallery import Gallery
from analysis.report.rendering import render
from analysis.report.sections.grids import fields, grid


def grid_of(count):
    return Grid("jobs", ("number",), tuple((f"row {number}",) for number in range(count)))


@pytest.mark.parametrize("template", ["report.html.j2", "report.md.j2"])
def test_a_page_shows_the_first_of_thousands_of_rows_and_says_where_the_others_are(
    tmp_path, template
):
    section = Section("s", "S", (grid_of(MOST_ROWS + 2000),))
    page = render(template, Page("t", (), (Part("p", (section,), ()),), ()), [Gallery(tmp_path)])
    assert f"row {MOST_ROWS - 1}" in page and f"row {MOST_ROWS}" not in page
    assert "2,000 more rows are in" in page and "tables/jobs.csv" in page


def test_a_few_more_rows_are_shown_all_the_same():
    assert grid_of(MOST_ROWS + FEW_ROWS).left_out == 0
    assert len(grid_of(MOST_ROWS + FEW_ROWS).shown) == MOST_ROWS + FEW_ROWS


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        (range(500), "0 to 499"),
        ([3, 1, 0], "0, 1, 3"),
        ([7, 0, 1, 2, 9, 8], "0 to 2, 7 to 9"),
        ([], "none"),
    ],
)
def test_numbers_in_a_row_are_named_by_their_ends(numbers, text):
    assert spans(numbers) == text


def test_of_many_values_the_range_and_the_median_are_printed():
    assert value_range([71.0, 70.0]) == "70.0, 71.0"
    assert value_range([70.0, 90.0, *[75.0] * 18]) == "70.0 to 90.0, median 75.0"
    assert value_range([]) == ""


def test_columns_without_any_value_are_left_out_and_a_table_of_none_is_a_line():
    rows = [{"method": name, "g": "\N{EN DASH}", "mean": "1.0"} for name in ("darts", "random")]
    assert grid("t", rows, fields("method", "g", "mean")).columns == ("method", "mean")
    nothing = grid("t", rows, fields("method", "g"))
    assert nothing == Text("No row of tables/t.csv has a value of: g.")


def test_columns_of_numbers_are_told_from_texts():
    found = Grid("t", ("a", "b", "c"), (("+1.0 [\N{MINUS SIGN}2, 3] pp", "x", "5 + 5"),))
    assert found.numeric == (True, False, True)
