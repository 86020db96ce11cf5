"""Every example of docs/extending.md is a plugin that keeps the contract of its kind."""

import importlib
import sys

import pytest

from harness.plugins import REGISTRIES
from harness.testing.check import check_plugin
from tests.conftest import ROOT
from tests.documents import examples

EXAMPLES = examples(ROOT / "docs" / "extending.md")
FOLDERS = {registry.package.replace(".", "/"): registry for registry in REGISTRIES}


def test_every_kind_of_plugin_has_an_example():
    assert {file.rpartition("/")[0] for file in EXAMPLES} == set(FOLDERS)


@pytest.mark.parametrize("file", EXAMPLES)
def test_example_keeps_the_contract(file, tmp_path, monkeypatch):
    folder, _, name = file.removesuffix(".py").rpartition("/")
    registry = FOLDERS[folder]
    package = importlib.import_module(registry.package)
    (tmp_path / f"{name}.py").write_text(EXAMPLES[file])
    monkeypatch.setattr(package, "__path__", [str(tmp_path), *package.__path__])
    try:
        verdicts = check_plugin(name, registry.kind)
        declared = getattr(registry.load(name), "exceptions", {})
    finally:
        sys.modules.pop(f"{registry.package}.{name}", None)
        vars(package).pop(name, None)
    failed = [verdict.to_line() for verdict in verdicts if verdict.status == "failed"]
    assert not failed
    excepted = {verdict.message for verdict in verdicts if verdict.status == "excepted"}
    assert excepted == set(declared.values())
