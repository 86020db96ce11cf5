"""The code blocks of the pages are executed: what a reader types works."""

import ast
import tomllib

import pytest

from harness import cli
from harness.config.architectures import find_published
from harness.plugins import METHODS
from tests.conftest import ROOT
from tests.documents import PAGES, blocks, commands

NEW = "one_plus_one"  # of the tutorial, which has a test of its own
RUNS = {
    " ".join(words): words
    for page in PAGES
    for words in commands(page)
    if words[0] == "run" and "..." not in words and words[1] != "EXPERIMENT.yaml"
}


def test_every_page_with_commands_is_seen():
    named = {page.name for page in PAGES if commands(page)}
    assert {"README.md", "extending.md"} <= named and len(RUNS) >= 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_is_one(page, capsys):
    for words in commands(page):
        arguments = [word for word in words if word != "..."]
        with pytest.raises(SystemExit) as caught:
            cli.main([*arguments, "--help"])
        assert caught.value.code == 0
        known = capsys.readouterr().out
        assert all(word in known for word in arguments if word.startswith("--")), words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_of_another_language_is_read(page):
    for text in blocks(page, "python"):
        ast.parse(text)
    for text in blocks(page, "toml"):
        assert tomllib.loads(text)


@pytest.fixture
def _checkout(tmp_path, reference, monkeypatch):
    """Stand in a folder with the checkout's configurations, the data, and a file of cells."""
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    (tmp_path / "cells.txt").write_text(f"mine = {find_published('DARTS_V2').text}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_DATA", str(reference))


@pytest.mark.usefixtures("_checkout")
@pytest.mark.parametrize("words", [RUNS[line] for line in RUNS if NEW not in line], ids=" ".join)
def test_every_run_of_a_page_plans(words, reference, capsys):
    methods = words[words.index("--method") + 1].split(",") if "--method" in words else []
    for gap in filter(None, map(METHODS.missing, methods)):
        pytest.skip(f"a method {gap}")
    if words[1].endswith("latency_weights.yaml"):
        before = next(c for page in PAGES for c in commands(page) if c[0] == "latency")
        assert cli.main([*before, "--repeats", "1", "--networks", "0"]) == 0
    if "--data" in words:
        words = [*words]
        words[words.index("--data") + 1] = str(reference)
    status = cli.main([*words, "--dry-run"])
    assert status == 0, capsys.readouterr().err
