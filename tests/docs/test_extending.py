"""Every example of docs/extending.md works: plugins keep the contract of their kind."""

import importlib
import sys

import pytest

from analysis.report.document import Page, Part
from analysis.report.gallery import Gallery
from analysis.report.rendering import render
from analysis.study import load
from harness.plugins import REGISTRIES
from harness.testing.check import check_plugin
from tests.analysis.experiments import Invention
from tests.conftest import ROOT
from tests.documents import examples

EXAMPLES = examples(ROOT / "docs" / "extending.md")
FOLDERS = {registry.package.replace(".", "/"): registry for registry in REGISTRIES}
SECTIONS = "analysis/report/sections"
PLUGINS = [file for file in EXAMPLES if not file.startswith(SECTIONS)]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Let an example lie in its package, as if it were in the checkout; return its module."""
    placed = []
    for registry in REGISTRIES:  # remember plugins by name, for ever
        monkeypatch.setattr(registry, "_loaded", {})

    def place(file):
        name = file.removesuffix(".py").replace("/", ".")
        parent, _, last = name.rpartition(".")
        package = importlib.import_module(parent)
        (tmp_path / f"{last}.py").write_text(EXAMPLES[file])
        monkeypatch.setattr(package, "__path__", [str(tmp_path), *package.__path__])
        placed.append((package, last))
        return importlib.import_module(name)

    yield place
    for package, last in placed:
        sys.modules.pop(f"{package.__name__}.{last}", None)
        vars(package).pop(last, None)


def test_every_seam_has_an_example():
    assert {file.rpartition("/")[0] for file in EXAMPLES} == {*FOLDERS, SECTIONS}


def test_the_shortest_method_has_as_many_lines_as_the_page_says():
    lines = EXAMPLES["methods/one_plus_one.py"].splitlines()
    assert len([line for line in lines if line]) == 12


@pytest.mark.parametrize("file", PLUGINS)
def test_plugin_keeps_the_contract(file, place):
    place(file)
    folder, _, name = file.removesuffix(".py").rpartition("/")
    registry = FOLDERS[folder]
    verdicts = check_plugin(name, registry.kind)
    declared = getattr(registry.load(name), "exceptions", {})
    assert not [verdict.to_line() for verdict in verdicts if verdict.status == "failed"]
    excepted = {verdict.message for verdict in verdicts if verdict.status == "excepted"}
    assert excepted == set(declared.values())


def test_table_stands_in_the_report(place, tmp_path):
    experiment = Invention(tmp_path / "digits", seeds=3, arms=("direct", "random")).write()
    (study,) = load([experiment])
    gallery = Gallery(tmp_path / "figures")
    section = place(f"{SECTIONS}/distinct.py").section(study, gallery)
    page = render("report.md.j2", Page("t", (), (Part("p", (), (section,)),), ()), [gallery])
    canonical = study.tables.runs.groupby(["method", "arm"])["canonical"].nunique()
    assert f"| darts | direct | d100 → d100 | 3 | {canonical['darts', 'direct']} |" in page
