"""Plugins are known by name, loaded only when asked for, and break nobody but themselves."""

import importlib.metadata
import sys

import pytest

from harness.errors import PluginError, UnknownNameError
from harness.plugins import METHODS, REGISTRIES
from harness.registry import Registry

GOOD = '''"""Good (nobody, 2026): a method that could not be simpler."""

from methods.random_search import RandomSearch


class Good(RandomSearch):
    pass
'''
MODULES = {
    "good": GOOD,
    "broken": '"""Broken (nobody, 2026): cannot be imported."""\nimport no_such_module\n',
    "crowded": GOOD + "\n\nclass Another(RandomSearch):\n    pass\n",
    "empty": "",
    "needy": '"""Needy (nobody, 2026): wants more."""\nREQUIRES = {"all": ("no_such_module",)}\n',
    "_private": "raise RuntimeError\n",
}


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """A registry over a package that is written for the test."""
    folder = tmp_path / "toy_plugins"
    folder.mkdir()
    (folder / "__init__.py").write_text('"""Toy plugins."""\n')
    for name, text in MODULES.items():
        (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield Registry("method", "harness.api:Method", package="toy_plugins")
    for name in [name for name in sys.modules if name.partition(".")[0] == "toy_plugins"]:
        del sys.modules[name]


def install(monkeypatch, *claims, **plugins):
    """Pretend that distributions declare entry points in the registry's group."""
    group = "nas_harness.toy_plugins"
    points = importlib.metadata.EntryPoints(
        importlib.metadata.EntryPoint(name, value, group)
        for name, value in [*claims, *plugins.items()]
    )

    def entry_points(**wanted):
        return points.select(**wanted)

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)


def test_names_are_listed_without_importing_a_plugin(registry):
    assert registry.names() == ["broken", "crowded", "empty", "good", "needy"]
    assert not [name for name in sys.modules if name.startswith("toy_plugins.")]


def test_summary_is_read_without_importing_the_plugin(registry):
    assert registry.summary("good") == "Good (nobody, 2026): a method that could not be simpler."
    assert registry.summary("broken") == "Broken (nobody, 2026): cannot be imported."
    assert registry.summary("empty") == ""
    assert not [name for name in sys.modules if name.startswith("toy_plugins.")]


def test_plugin_is_loaded_by_its_file_name(registry):
    plugin = registry.load("good")
    assert (plugin.__name__, plugin.__module__) == ("Good", "toy_plugins.good")


def test_broken_plugin_fails_only_when_it_is_loaded(registry):
    assert registry.load("good")
    with pytest.raises(PluginError, match=r"The method 'broken' cannot be loaded: .*no_such_mod"):
        registry.load("broken")


@pytest.mark.parametrize(("name", "count"), [("crowded", 2), ("empty", 0)])
def test_module_must_define_exactly_one_plugin(registry, name, count):
    with pytest.raises(PluginError, match=f"toy_plugins.{name} must .* one method, not {count}"):
        registry.load(name)


def test_misspelt_name_is_answered_with_the_nearest_one(registry):
    with pytest.raises(UnknownNameError, match=r"No method is called 'goood'. Did you mean good?"):
        registry.load("goood")
    with pytest.raises(UnknownNameError, match="Known: broken, crowded, empty, good, needy"):
        registry.load("zzz")


def test_private_modules_are_no_plugins(registry):
    with pytest.raises(UnknownNameError):
        registry.load("_private")


def test_entry_point_is_a_plugin_like_any_other(registry, monkeypatch):
    install(monkeypatch, installed="methods.random_search:RandomSearch")
    assert "installed" in registry.names()
    assert registry.load("installed").__name__ == "RandomSearch"
    assert registry.summary("installed").startswith("Random search (")


def test_entry_point_may_not_take_the_name_of_a_built_in_plugin(registry, monkeypatch):
    install(monkeypatch, good="methods.random_search:RandomSearch")
    with pytest.raises(PluginError, match=r"'methods.random_search:RandomSearch' takes the name"):
        registry.load("good")


def test_entry_point_must_be_a_plugin_of_the_right_kind(registry, monkeypatch):
    install(monkeypatch, strange="harness.spaces.darts:Darts", lost="no_such_module:Method")
    with pytest.raises(PluginError, match="'strange' is not a subclass of Method"):
        registry.load("strange")
    with pytest.raises(PluginError, match="'lost' cannot be loaded: ModuleNotFoundError"):
        registry.load("lost")


def test_a_name_that_two_distributions_claim_is_refused_when_it_is_loaded(registry, monkeypatch):
    install(monkeypatch, ("twice", "one.module:A"), ("twice", "other.module:B"))
    assert "twice" in registry.names()
    with pytest.raises(PluginError, match=r"one\.module:A and other\.module:B both are a method"):
        registry.load("twice")


def test_a_plugin_that_cannot_be_read_has_no_summary(registry, monkeypatch, tmp_path):
    install(monkeypatch, lost="no_such_module:Method")
    (tmp_path / "toy_plugins" / "garbled.py").write_text("def broken(:\n")
    assert registry.summary("lost") == registry.summary("garbled") == ""


def test_plugin_without_its_extra_says_how_to_install_it(registry):
    line = "needs the extra all, which is not installed; type: python -m pip install "
    assert registry.missing("needy") == f"{line}'nas-comparison-harness[all]'"
    assert registry.missing("good") is registry.missing("broken") is None
    with pytest.raises(PluginError, match=r"The method 'needy' needs the extra all, .*\[all\]'\.$"):
        registry.load("needy")
    assert "toy_plugins.needy" not in sys.modules


def test_plugin_with_its_extra_is_loaded_without_importing_what_the_extra_brings(
    registry, tmp_path
):
    (tmp_path / "no_such_module.py").write_text("raise RuntimeError\n")
    (tmp_path / "toy_plugins" / "needy.py").write_text(
        GOOD + 'REQUIRES = {"all": ("no_such_module",)}\n'
    )
    assert registry.missing("needy") is None
    assert registry.load("needy").__name__ == "Good"


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.kind)
def test_every_shipped_plugin_loads_and_says_what_it_is(registry):
    assert registry.names()
    for name in registry.names():
        assert registry.summary(name)
        assert registry.missing(name) or issubclass(registry.load(name), registry._base())


def test_shipped_methods_belong_to_an_entry_point_group_of_their_own():
    assert METHODS.group == "nas_harness.methods"
    assert len({registry.group for registry in REGISTRIES}) == len(REGISTRIES)
