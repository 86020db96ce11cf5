"""Plugins import what CONTRIBUTING allows: the contract in pyproject.toml forbids all the rest."""

import re
import tomllib

KINDS = {"methods", "harness.spaces", "harness.tasks", "harness.evaluators"}


def contract(root):
    document = tomllib.loads((root / "pyproject.toml").read_text())
    contracts = document["tool"]["importlinter"]["contracts"]
    (found,) = (one for one in contracts if one["name"].startswith("Plugins import"))
    return found


def test_every_module_is_either_allowed_to_plugins_or_forbidden(root):
    stated = (root / "CONTRIBUTING.md").read_text().partition("Plugins import ")[2]
    allowed = set(re.findall(r"`(harness\.\w+)`", stated.partition("nothing else")[0]))
    places = [path for path in (root / "harness").iterdir() if not path.name.startswith("__")]
    modules = {
        f"harness.{path.stem}"
        for path in places
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    forbidden = set(contract(root)["forbidden_modules"]) - {"analysis"}
    assert not allowed & forbidden
    assert modules - KINDS == allowed | forbidden


def test_every_kind_of_plugin_is_held_to_the_contract(root):
    assert set(contract(root)["source_modules"]) == KINDS
