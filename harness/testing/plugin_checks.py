"""What plugins of every kind promise: documentation, and parameters that are checked."""

from __future__ import annotations

import inspect
import re
import sys

from harness.config.parameters import defaults, resolve
from harness.errors import ConfigError, PluginError
from harness.testing.clauses import Check, is_sentence

STRANGE = "no_such_parameter"


def check_says_what_it_is(plugin: type) -> None:
    """The first docstring line of its module says in one sentence what it is."""
    line = first_line(plugin)
    assert is_sentence(line[:1].upper() + line[1:]), (
        f"the module {plugin.__module__} should begin with one sentence, not {line!r}"
    )


def check_parameters_are_documented(plugin: type) -> None:
    """Every parameter has a default and is described under Args in the docstring of its class."""
    try:
        parameters = defaults(plugin)
    except PluginError as error:
        raise AssertionError(str(error)) from error
    _, _, documented = (inspect.getdoc(plugin) or "").partition("Args:\n")
    for name in parameters:
        assert re.search(rf"^\s+{name}: \S", documented, re.MULTILINE), (
            f"the parameter {name!r} is not documented under Args of {plugin.__name__}"
        )


def check_unknown_parameter_is_refused(plugin: type) -> None:
    """A parameter that it does not have is refused, by name, before anything runs."""
    kinds = [p.kind for p in inspect.signature(plugin).parameters.values()]
    assert inspect.Parameter.VAR_KEYWORD not in kinds, (
        f"{plugin.__name__} takes any keyword, so a misspelt parameter would go unnoticed"
    )
    try:
        resolve("plugin", plugin.__name__, plugin, {STRANGE: 1})
    except ConfigError as error:
        assert STRANGE in str(error), f"the complaint does not name the parameter: {error}"
    else:
        raise AssertionError(f"the parameter {STRANGE!r} was accepted")


def first_line(plugin: type) -> str:
    """Return the first docstring line of the module that defines ``plugin``."""
    return (sys.modules[plugin.__module__].__doc__ or "").partition("\n")[0]


PLUGIN_CHECKS: tuple[Check, ...] = (
    check_says_what_it_is,
    check_parameters_are_documented,
    check_unknown_parameter_is_refused,
)
