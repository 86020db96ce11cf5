"""The report is written whatever happened, says what it cannot say, and is the same each time."""

import hashlib
import json
import re
import xml.etree.ElementTree as ElementTree
from html import unescape
from pathlib import Path

import pytest

from analysis.report import glossary, write_report
from analysis.report.sections.answer import sentences
from analysis.study import load
from harness.results.record import Status
from tests.analysis.experiments import CRASH, LEVELS


def _bytes(folder):
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def _fate(job):
    if job.name.startswith("search-random_search-d10-d100"):
        return Status.SKIPPED, "Random search has nothing to carry over."
    if job.name.startswith("train-d100-random_search-d10-d100"):
        return Status.SKIPPED, "It needs another job."
    if job.name == "train-d100-darts-d100-s1":
        return Status.FAILED, CRASH
    return Status.DONE, None


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    from tests.analysis.experiments import Invention

    folder = tmp_path_factory.mktemp("results")
    doubled = {"method_budgets": {"random_search": {"examples": 8000}}}
    invention = Invention(folder / "digits", seeds=2, fate=_fate, moved=0.02, protocol=doubled)
    experiment = invention.write()
    page = write_report([experiment], folder / "report")
    return page, page.read_text("utf-8")


def test_page_stands_alone_without_network(report):
    _, html = report
    assert not re.search(r'(?:src|href)="(?!#|data:|figures/)', html)
    assert not re.search(r"https?://(?!www\.w3\.org|purl\.org|creativecommons\.org)", html)
    assert "@import" not in html
    assert "prefers-color-scheme: dark" in html


def test_every_section_is_in_the_page_that_says_how_to_read_a_report(report, root):
    text = report[0].with_suffix(".md").read_text("utf-8")
    titles = re.findall(r"<details><summary><b>(.*?)</b>|^## (.*)$", text, re.M)
    guide = (root / "docs" / "report.md").read_text("utf-8")
    assert len(titles) > 10
    assert not [title for one, other in titles if (title := unescape(one or other)) not in guide]


def test_every_id_of_the_page_is_unique_and_every_reference_leads_somewhere(report):
    _, html = report
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    references = set(re.findall(r'(?:url\(#|href="#)([^")]+)', html))
    assert references <= set(ids)


def test_every_figure_is_well_formed_and_named(report):
    page, html = report
    figures = sorted((page.parent / "figures").glob("*.svg"))
    assert len(figures) == html.count("<svg ")
    for figure in figures:
        assert ElementTree.parse(figure).find("{http://www.w3.org/2000/svg}title") is not None
        assert ElementTree.parse(figure).find("{http://www.w3.org/2000/svg}desc") is not None


@pytest.mark.usefixtures("sketched")
def test_texts_of_others_are_escaped(report):
    _, html = report
    assert "a softmax over &lt;all&gt; operations" in html


def test_insights_show_entropy_below_uniform_and_the_last_change(report):
    _, html = report
    assert "entropy (1 = uniform)" in html
    assert "0.840" in html
    assert "0.74" in html  # 93 of 125 steps
    assert "search barely moved" in html
    assert "searches are flagged" in html


def test_report_names_what_failed_and_what_was_skipped(report):
    _, html = report
    assert "ValueError: loss | is nan" in html
    assert "Traceback" in html
    assert "Random search has nothing to carry over." in html
    assert "Of 34 jobs, 1 failed, 4 skipped" in html


def test_report_says_what_limits_it(report):
    _, html = report
    assert "labels are products of d10" in html
    assert "d100 (invented subset)" in html
    assert "UNEQUAL BUDGET: the mean cold search took " in html
    assert "on d100 random_search 10 s, darts 20 s" in html
    assert "a factor of 2.00; up to 1.20 counts as equal" in html
    assert "so few runs cannot tell cells found on d10 from" in html
    assert "choices.learning_rate" in html


def test_cells_before_and_after_the_swap_are_drawn_and_their_difference_is_folded(report):
    _, html = report
    lead, _, evidence = html.partition("<h2>Evidence</h2>")
    for title, part in (
        ("before: source (d10)", lead),
        ("after: continued (d10 → d100)", lead),
        ("difference: before → after", evidence),
        ("direct (d100), against before", evidence),
    ):
        assert f"{title}: normal cell" in part
        assert f"{title}: reduce cell" in part


def test_the_cell_after_the_swap_is_named_where_it_is_the_sources(report):
    _, html = report
    assert "after the swap the search began from the cell of source (d10)." in html
    assert "after the swap, against before: normal cell" not in html


def test_the_cell_after_the_swap_is_drawn_where_it_is_another(invent, tmp_path):
    path = invent(seeds=1, carries=lambda job: False)
    html = write_report([path], tmp_path / "report").read_text()
    assert "after the swap, against before: normal cell" in html
    assert "the search began from the cell of" not in html


def test_a_subset_is_called_one_in_every_answer_and_above_every_figure(report):
    page, html = report
    stamp = "d10 (invented subset), d100 (invented subset)"
    figures = list((page.parent / "figures").glob("*.svg"))
    assert figures and all(stamp in figure.read_text() for figure in figures)
    (answers,) = re.findall(r'<ul class="answer">(.*?)</ul>', html, re.DOTALL)
    about = re.findall(r"<li>(.*?)</li>", answers)
    assert about
    assert all("d10 (invented subset) → d100 (invented subset)" in text for text in about)


def test_the_answer_comes_before_everything_else(report):
    _, html = report
    main = html[html.index("<main>") :]
    order = ['<ul class="answer">', "<svg", "Cost: ", 'class="stamp"', 'class="notice"', "<h2>"]
    places = [main.index(text) for text in order]
    assert places == sorted(places)


def test_every_section_of_evidence_says_what_it_shows(report):
    _, html = report
    lines = re.findall(
        r'class="evidence".*?<summary><b>(.*?)</b> <span>(.*?)</span>', html, re.DOTALL
    )
    assert len(lines) > 5
    assert all(title and text for title, text in lines)


def test_dots_say_what_they_are_and_columns_what_they_mean(report):
    _, html = report
    assert "darts: transferred from d10, seed 0: " in html
    assert 'title="The p-value after Holm' in html


def test_networks_are_drawn_against_multiply_adds_unless_a_table_priced_them(report):
    _, html = report
    assert "Accuracy against size" in html
    assert "multiply-adds of the trained network" in html
    assert "latency, ms" not in html


def test_networks_are_drawn_against_latency_where_a_table_priced_them(invent, tmp_path):
    path = invent(seeds=2, latency=lambda job: 3.25)
    html = write_report([path], tmp_path / "report").read_text()
    assert "latency by the table (ms)" in html
    assert "latency, ms" in html and "3.250" in html


def test_numbers_are_in_the_json_for_machines(report):
    page, _ = report
    document = json.loads((page.parent / "report.json").read_text())
    arms = {(row["method"], row["arm"]): row for row in document["arms"]}
    assert arms["darts", "direct"]["n"] == 1
    assert arms["darts", "direct"]["sd"] is None
    assert len(arms["darts", "transferred"]["values"]) == 2
    assert {row["verdict"] for row in document["comparisons"]} == {"infeasible", "no data"}
    assert len(document["runs_sha256"]) == 64
    assert "NaN" not in (page.parent / "report.json").read_text()


def test_markdown_has_the_same_sections_and_no_broken_table(report):
    page, html = report
    text = (page.parent / "report.md").read_text("utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == re.findall(r"<h2>(.+)</h2>", html)
    folded = re.findall(r"<summary><b>(.+?)</b>", html)
    assert folded and re.findall(r"<summary><b>(.+?)</b>", text) == folded
    widths = [
        {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    ]
    assert widths
    assert all(len(width) == 1 for width in widths)
    for picture in re.findall(r"\]\((figures/[^)]+)\)", text):
        assert (page.parent / picture).exists()


def test_same_experiment_gives_the_same_bytes_twice(invent, tmp_path):
    folder = invent(seeds=1, methods=("darts",))
    write_report([folder], tmp_path / "once")
    write_report([folder], tmp_path / "again")
    assert _bytes(tmp_path / "once") == _bytes(tmp_path / "again")


@pytest.mark.parametrize(
    "fate",
    [
        pytest.param(lambda job: None, id="nothing ran"),
        pytest.param(lambda job: (Status.FAILED, CRASH), id="all failed"),
        pytest.param(
            lambda job: (Status.DONE, None) if job.name.startswith("search") else None,
            id="only searches",
        ),
    ],
)
@pytest.mark.usefixtures("sketched")
def test_report_is_written_when_there_is_nothing_to_compare(invent, tmp_path, fate):
    html = write_report([invent(seeds=1, fate=fate)], tmp_path / "out").read_text("utf-8")
    assert "no finished run" in html
    assert "cannot be compared" in html


@pytest.mark.usefixtures("sketched")
def test_report_is_written_for_one_seed_and_few_arms(invent, tmp_path):
    folder = invent(seeds=1, arms=("direct",), methods=("random_search",))
    html = write_report([folder], tmp_path / "out").read_text("utf-8")
    assert "No random architectures were planned" in html


@pytest.mark.usefixtures("sketched")
def test_experiments_under_different_rules_stand_side_by_side(invent, tmp_path):
    what = {"seeds": 1, "methods": ("darts",), "arms": ("direct", "random")}
    folders = [
        invent("one", **what),
        invent("two", **what, protocol={"name": "other", "random_architectures": 2}),
    ]
    html = write_report(folders, tmp_path / "out").read_text("utf-8")
    assert "nothing is compared across them" in html


def test_searches_that_were_not_continued_show_the_course_of_their_parameters(invent, tmp_path):
    folder = invent(seeds=2, methods=("darts",), arms=("direct",))
    write_report([folder], tmp_path / "out")
    assert (tmp_path / "out" / "figures" / "alpha_course.svg").exists()


def _answers(invent, **what):
    (study,) = load([invent(**what)])
    return list(sentences(study))


@pytest.mark.parametrize(
    ("declared", "begins"),
    [
        (
            ("transferred", "direct"),
            "cells found on d10 did worse on d100 than cells searched there",
        ),
        (
            ("direct", "transferred"),
            "cells searched on d100 did better on d100 than cells found on",
        ),
    ],
)
def test_the_answer_is_about_direct_search_whichever_way_it_was_declared(invent, declared, begins):
    arm, against = declared
    primary = [{"arm": "transferred", "against": "random"}, {"arm": arm, "against": against}]
    what = {"methods": ("darts",), "protocol": {"primary": primary}}
    (answer,) = _answers(invent, seeds=6, spread=0.3, **what)
    assert answer.partition(": ")[2].startswith(begins)
    assert "random cells (" in answer


def test_an_answer_says_how_many_runs_are_worse_than_every_random_architecture(invent):
    levels = {**LEVELS, "transferred": 20.0, "random": 70.0}
    primary = [{"arm": "transferred", "against": "random"}]
    what = {"methods": ("darts",), "levels": levels, "protocol": {"primary": primary}}
    (answer,) = _answers(invent, seeds=5, **what)
    assert "5 of the 5 transferred runs ended below all 6 random architectures" in answer


def test_where_nothing_carried_over_was_declared_the_answer_is_about_what_was(invent):
    primary = [{"arm": "direct", "against": "random"}]
    (answer,) = _answers(invent, seeds=8, methods=("darts",), protocol={"primary": primary})
    assert answer.startswith("Direct search by darts did better on d100 than random cells (")


def test_fewer_random_architectures_than_tell_anything_are_not_called_worse_than(invent):
    levels = {**LEVELS, "transferred": 20.0, "random": 70.0}
    primary = [{"arm": "transferred", "against": "random"}]
    protocol = {"primary": primary, "random_architectures": 1}
    what = {"methods": ("darts",), "levels": levels, "protocol": protocol}
    (answer,) = _answers(invent, seeds=2, **what)
    assert "ended below all" not in answer


def test_every_column_that_the_glossary_explains_is_a_column():
    sections = Path(glossary.__file__).with_name("sections").glob("*.py")
    functional = Path(glossary.__file__).parents[1] / "architectures" / "functional.py"
    code = "".join(path.read_text("utf-8") for path in (*sections, functional))
    assert [column for column in glossary.COLUMNS if f'"{column}"' not in code] == []
    assert set(glossary.COLUMNS.values()) <= set(glossary.TERMS)
