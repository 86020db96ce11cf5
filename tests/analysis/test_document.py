"""What a page leaves to files, and how it words long lists."""

import pytest

from analysis.numbers import every_value, spans
from analysis.report.document import FEW_ROWS, MOST_ROWS, Grid, Section
from analysis.report.gallery import Gallery
from analysis.report.rendering import render


def grid_of(count):
    return Grid("jobs", ("number",), tuple((f"row {number}",) for number in range(count)))


@pytest.mark.parametrize("template", ["report.html.j2", "report.md.j2"])
def test_a_page_shows_the_first_of_thousands_of_rows_and_says_where_the_others_are(
    tmp_path, template
):
    page = render(
        template, "t", [Section("s", "S", (grid_of(MOST_ROWS + 2000),))], Gallery(tmp_path)
    )
    assert f"row {MOST_ROWS - 1}" in page and f"row {MOST_ROWS}" not in page
    assert "2,000 more rows stand in" in page and "tables/jobs.csv" in page


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


def test_of_many_values_the_first_are_printed_and_the_others_counted():
    assert every_value([70.0] * 20) == ", ".join(["70.00"] * 20)
    assert every_value([70.0] * 21) == ", ".join(["70.00"] * 5) + ", and 16 more"
    assert every_value([]) == "none"
