"""What lies beside the page, what is drawn on request, what is compared by force."""

import base64
import importlib.util
import json
import re

import pandas as pd
import pytest

from analysis.figures.kinds import kinds
from analysis.report.latex import COLUMNS, escape
from analysis.report.mermaid import flow_chart
from analysis.report.write import write_report
from analysis.statistics.effects import newcombe
from harness.cli import main
from harness.interfaces.graph import BlockChain, CellGraph
from tests.analysis.experiments import Invention


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return Invention(tmp_path_factory.mktemp("files") / "digits", seeds=4).write()


@pytest.fixture(scope="module")
def out(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "report"
    write_report([folder], out)
    return out


def test_page_asks_the_network_for_nothing(out):
    html = (out / "report.html").read_text("utf-8")
    assert not re.findall(r'(?:src|href)="(?!#|data:|figures/)[^"]*"', html)
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert not re.search(r"fetch|XMLHttpRequest|import|https?:", script)
    assert "prefers-color-scheme: dark" in html


def test_figure_carries_its_table_as_a_link(out):
    html = (out / "report.html").read_text("utf-8")
    link = re.search(r'download="arms.csv" href="data:text/csv;charset=utf-8;base64,([^"]+)"', html)
    assert base64.b64decode(link[1]) == (out / "figures" / "arms.csv").read_bytes()


def test_figures_table_holds_every_value_that_the_arms_have(out):
    drawn = pd.read_csv(out / "figures" / "arms.csv")
    runs = pd.read_csv(out / "tables" / "runs.csv")
    assert sorted(drawn["value"]) == sorted(runs["test_acc"])


def test_every_figure_is_described_in_words(out):
    html = (out / "report.html").read_text("utf-8")
    figures = re.findall(r"<svg ([^>]*)>\s*<title id=\"([^\"]+)\">(.+?)</title>\s*<desc id", html)
    assert len(figures) == html.count("<svg ")
    for attributes, name, text in figures:
        assert f'aria-labelledby="{name}"' in attributes and 'role="img"' in attributes
        assert len(text) > 20


def test_markdown_says_what_each_picture_shows(out):
    text = (out / "report.md").read_text("utf-8")
    pictures = re.findall(r"!\[([^\]]*)\]\(figures/", text)
    assert pictures and all(len(words) > 20 for words in pictures)


def test_parquet_holds_the_tidy_tables(out):
    for name, file in (("runs", "results"), ("trace", "tables/trace"), ("alphas", "tables/alphas")):
        found = pd.read_parquet(out / f"{file}.parquet")
        csv = pd.read_csv(out / "tables" / f"{name}.csv", keep_default_na=False)
        assert list(found.columns) == list(csv.columns)
        assert len(found) == len(csv) > 0


@pytest.mark.usefixtures("sketched")
def test_without_pyarrow_there_is_no_parquet_and_all_else(folder, tmp_path, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec",
        lambda name, *more: None if name == "pyarrow" else find(name, *more),
    )
    write_report([folder], tmp_path / "out")
    assert not list((tmp_path / "out").rglob("*.parquet"))
    assert (tmp_path / "out" / "tables" / "runs.csv").exists()


def test_latex_has_a_row_per_arm_and_the_columns_of_a_paper(out):
    text = (out / "latex" / "arms-d100.tex").read_text("utf-8")
    assert r"\toprule" in text and r"\bottomrule" in text
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert [cell.strip() for cell in rows[0].removesuffix(r"\\").split(" & ")] == list(COLUMNS)
    assert len(rows) == 1 + 2 * 3 + 1  # of two methods three arms, random architectures
    assert r"random\_search: transferred from d10 & 4 & " in text
    assert all(row.count(" & ") == len(COLUMNS) - 1 for row in rows)


def test_latex_numbers_are_those_of_the_tables(out):
    document = json.loads((out / "report.json").read_text())
    arm = next(
        row for row in document["arms"] if (row["method"], row["arm"]) == ("darts", "transferred")
    )
    text = (out / "latex" / "arms-d100.tex").read_text("utf-8")
    assert rf"{arm['mean']:.2f} $\pm$ {arm['sd']:.2f}" in text


def test_gains_tell_how_sure_a12_is_in_every_form(out):
    document = json.loads((out / "report.json").read_text())
    gain = next(
        row for row in document["gains"] if (row["method"], row["arm"]) == ("darts", "transferred")
    )
    limits = newcombe(gain["a12"], gain["n"], gain["n_random"])
    assert (gain["a12_low"], gain["a12_high"]) == pytest.approx(limits)
    text = f"{gain['a12']:.2f} [{limits[0]:.2f}, {limits[1]:.2f}]"
    assert text in (out / "latex" / "arms-d100.tex").read_text("utf-8")
    assert text in (out / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("a_b & 5%", r"a\_b \& 5\%"),
        ("\\{x}", r"\textbackslash{}\{x\}"),
        ("< 1e-4", "$<$ 1e-4"),
        ("\N{MINUS SIGN}3", "$-$3"),
    ],
)
def test_latex_prints_special_letters(text, printed):
    assert escape(text) == printed


def test_cells_are_flow_charts_in_markdown(out):
    text = (out / "report.md").read_text("utf-8")
    charts = re.findall(r"```mermaid\n(flowchart LR\n.*?)\n```", text, re.DOTALL)
    assert len(charts) == 6  # source, continued and direct of two methods
    assert all(chart.count("subgraph") == chart.count("\n  end") == 2 for chart in charts)


def test_flow_chart_has_every_edge_and_output():
    cell = CellGraph(2, 2, ((0, 2, "skip_connect"), (1, 3, "none"), (2, 3, "a")), (2, 3))
    lines = flow_chart({"normal": cell}).splitlines()
    assert '    g0n0 -- "skip_connect" --> g0n2' in lines
    assert '    g0n0("c(k-2)")' in lines
    assert "    g0n3 -.-> g0out" in lines
    chain = flow_chart({"network": BlockChain(("mbconv k3 e6", 'x "y"'))})
    assert "g0n1[\"x 'y'\"]" in chain and "g0n0 --> g0n1" in chain


def test_everything_hangs_every_kind_of_figure(folder, tmp_path, capsys):
    assert main(["report", str(folder), "--all", "--out", str(tmp_path / "all")]) == 0
    names = {file.stem for file in (tmp_path / "all" / "figures").glob("*.svg")}
    for kind in kinds():
        assert any(name == kind or name.startswith(f"{kind}-") for name in names)


@pytest.mark.usefixtures("sketched")
def test_files_of_an_earlier_report_are_removed_and_nothing_else(invent, tmp_path):
    folder, out = invent(seeds=1, methods=("darts",)), tmp_path / "out"
    write_report([folder], out)
    document = json.loads((out / "report.json").read_text())
    document["figures"] += ["old", "../tables/runs"]
    document["latex"] += ["old.tex", "../tables/runs.csv"]
    (out / "report.json").write_text(json.dumps(document))
    for name in ("old.svg", "old.csv", "mine.svg"):
        (out / "figures" / name).write_text("x")
    (out / "latex" / "old.tex").write_text("x")
    write_report([folder], out)
    assert not list(out.rglob("old.*"))
    assert (out / "figures" / "mine.svg").exists() and (out / "tables" / "runs.csv").exists()


def test_forced_report_compares_and_is_stamped_everywhere(invent, tmp_path):
    what = {"seeds": 2, "methods": ("darts",), "arms": ("transferred", "direct", "random")}
    folders = [
        invent("one", **what),
        invent("two", **what, protocol={"name": "other", "random_architectures": 3}),
    ]
    write_report(folders, tmp_path / "out", force=True)
    document = json.loads((tmp_path / "out" / "report.json").read_text())
    assert document["studies"] == ["one + two"]
    assert {row["method"] for row in document["arms"]} == {"darts (one)", "darts (two)", ""}
    assert document["stamps"][0].startswith("NOT COMPARABLE")
    assert "NOT COMPARABLE" in (tmp_path / "out" / "figures" / "arms.svg").read_text()
    assert "NOT COMPARABLE" in (tmp_path / "out" / "latex" / "arms-d100.tex").read_text()
    html = (tmp_path / "out" / "report.html").read_text()
    assert '<p class="stamp">NOT COMPARABLE' in html


@pytest.mark.usefixtures("sketched")
def test_force_stamps_nothing_where_rules_are_equal(invent, tmp_path):
    what = {"methods": ("darts",), "arms": ("direct", "random")}
    folders = [invent("one", seeds=[0], **what), invent("two", seeds=[1], **what)]
    html = write_report(folders, tmp_path / "out", force=True).read_text()
    assert "NOT COMPARABLE" not in html
    assert json.loads((tmp_path / "out" / "report.json").read_text())["studies"] == ["one + two"]


@pytest.mark.usefixtures("sketched")
def test_rules_that_differ_are_not_pooled_without_force(invent, tmp_path):
    what = {"seeds": 1, "methods": ("darts",), "arms": ("direct", "random")}
    folders = [invent("one", **what), invent("two", **what, protocol={"name": "other"})]
    write_report(folders, tmp_path / "out")
    document = json.loads((tmp_path / "out" / "report.json").read_text())
    assert document["studies"] == ["one", "two"] and not document["forced"]
    assert any("nothing is compared across them" in text for text in document["notices"])
