"""The pages name what there is: every plugin, protocol and command, and no path that is gone."""

import re
import runpy

import pytest

from harness.config.shipped import protocol_files
from harness.plugins import METHODS, SPACES, TASKS
from tests.analysis.experiments import Invention
from tests.conftest import ROOT
from tests.documents import PAGES, blocks, examples

SHIPPED = re.compile(
    r"`((?:\.github|analysis|configs|docs|harness|methods|results|tests)/[\w./*-]*)`"
)


def named(page):
    return set(re.findall(r"`([^`\n]+)`", (ROOT / page).read_text()))


def built_in(registry):
    return {file.stem for file in registry.files()}


@pytest.mark.parametrize("page", ["README.md", "docs/methods.md"])
@pytest.mark.parametrize("registry", [METHODS, SPACES, TASKS], ids=lambda one: one.kind)
def test_every_plugin_is_named(page, registry):
    assert built_in(registry) <= named(page)


def test_every_protocol_is_named():
    assert set(protocol_files()) <= named("docs/protocols.md")


def test_every_command_is_named():
    commands = {file.stem for file in (ROOT / "harness" / "cli").glob("[!_]*.py")}
    assert commands <= named("docs/commands.md")


@pytest.mark.parametrize("package", ["analysis", "harness"])
def test_every_folder_and_module_has_its_place_in_the_architecture(package):
    folders = {f"{package}/{file.parent.name}/" for file in (ROOT / package).glob("*/__init__.py")}
    modules = {f"{package}/{file.name}" for file in (ROOT / package).glob("[!_]*.py")}
    assert folders | modules <= named("docs/architecture.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_exists(page):
    shown = examples(page)
    for path in SHIPPED.findall(page.read_text()):
        assert path in shown or path.startswith("results/") or list(ROOT.glob(path)), path


def anchors(page):
    """Return the names that a page's headings have as links lead to them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_heading_leads_to_one(page):
    for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text()):
        assert anchor in anchors(page.parent / target if target else page), anchor


def test_the_example_in_python_prints_what_the_report_says(tmp_path, monkeypatch, capsys):
    (example,) = blocks(ROOT / "docs" / "report.md", "python")
    (folder,) = re.findall(r'"results/(.*)"', example)
    (tmp_path / "results").mkdir()
    Invention(tmp_path / "results" / folder, seeds=3).write()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "example.py").write_text(example)
    runpy.run_path(str(tmp_path / "example.py"))
    assert "darts transferred random" in capsys.readouterr().out


def test_the_readme_is_one_screen():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 70
