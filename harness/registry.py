"""Find plugins by name without importing them.

A plugin is one module; the module's name is the plugin's name. Built-in plugins are the modules of
a package, third-party ones are declared as entry points::

    [project.entry-points."nas_harness.methods"]
    my_method = "my_package.my_method:MyMethod"

Listing names reads folder and metadata only, so it needs neither torch nor a working plugin; a
broken plugin breaks nobody but itself. An entry point may not take the name of a built-in plugin.

A plugin that needs an extra of its distribution says so in its module, with what the extra brings,
and imports that only when it is at work::

    REQUIRES = {"my_extra": ("their_package",)}
"""

from __future__ import annotations

import ast
import difflib
import functools
import importlib
import importlib.metadata
import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Generic, TypeVar

from harness.errors import PluginError, UnknownNameError

T = TypeVar("T")

DISTRIBUTION = "nas-comparison-harness"
LONGEST = 60  # characters of a name that a message repeats


def did_you_mean(kind: str, name: str, known: Iterable[str]) -> str:
    """Return the one-line complaint about an unknown ``name``, with the nearest known ones."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(names)}."
    shown = repr(name if len(name) <= LONGEST else f"{name[:LONGEST]}...")
    return f"No {kind} is called {shown}. {hint}"


class Registry(Generic[T]):
    """Names of one kind of plugin, each imported only when it is asked for.

    Args:
        kind: The word for one such plugin, e.g. ``method``.
        base: Module and class that every plugin of the kind derives from, as ``module:Class``.
        package: The package whose modules are the built-in plugins.
    """

    def __init__(self, kind: str, base: str, *, package: str) -> None:
        self.kind = kind
        self.base = base
        self.package = package
        self.group = f"nas_harness.{package.rpartition('.')[2]}"
        self._loaded: dict[str, type[T]] = {}

    def names(self) -> list[str]:
        """Return every known name, sorted; imports no plugin."""
        return sorted({*self._builtin(), *self._third_party()})

    def check(self, name: str) -> None:
        """Refuse an unknown name; imports no plugin.

        Raises:
            UnknownNameError: If there is no such plugin.
        """
        if name not in (known := self.names()):
            raise UnknownNameError(did_you_mean(self.kind, name, known))

    def load(self, name: str) -> type[T]:
        """Return the plugin class called ``name``, looked up once in a process.

        Raises:
            UnknownNameError: If there is no such plugin.
            PluginError: If its module cannot be imported, does not define exactly one plugin, or
                shadows a built-in, or if an extra that it needs is not installed.
        """
        if name not in self._loaded:
            self._loaded[name] = self._look_up(name)
        return self._loaded[name]

    def _look_up(self, name: str) -> type[T]:
        builtin, external = self._builtin(), self._third_party()
        if name in builtin and name in external:
            raise PluginError(
                f"The entry point {external[name].value!r} takes the name of the built-in "
                f"{self.kind} {name!r}; rename it in its distribution's {self.group} group."
            )
        self.check(name)
        if gap := self.missing(name):
            raise PluginError(f"The {self.kind} {name!r} {gap}.")
        if name in external:
            return self._checked(name, self._guarded(name, self._only(name).load))
        return self._checked(name, self._guarded(name, lambda: self._import(name)))

    def summary(self, name: str) -> str:
        """Return the first docstring line of a plugin's module, read without importing it."""
        return (ast.get_docstring(self._parsed(name)) or "").partition("\n")[0]

    def missing(self, name: str) -> str | None:
        """Say in a clause which extra a plugin lacks and how to install it, or return None.

        Imports neither the plugin nor what it needs.
        """
        for extra, modules in _requirements(self._parsed(name)).items():
            if not all(map(importlib.util.find_spec, modules)):
                distribution = self.distribution(name)
                return (
                    f"needs the extra {extra}, which is not installed; type: python -m pip install "
                    f"'{distribution}[{extra}]'"
                )
        return None

    def distribution(self, name: str) -> str:
        """Return the name of the distribution that a plugin came with."""
        if name in self._builtin():
            return DISTRIBUTION
        found = self._third_party()[name].dist
        return found.name if found else name

    def file(self, name: str) -> Path:
        """Return the file that defines a plugin, without importing it.

        Raises:
            ImportError: If its module is not to be found.
        """
        if name in self._builtin():
            return Path(self._folder()) / f"{name}.py"
        module = self._third_party()[name].module
        spec = importlib.util.find_spec(module)
        if spec is None or spec.origin is None:
            raise ImportError(f"No module {module}.")
        return Path(spec.origin)

    def files(self) -> list[Path]:
        """Return the files that define the built-in plugins."""
        return [Path(self._folder()) / f"{name}.py" for name in sorted(self._builtin())]

    def _parsed(self, name: str) -> ast.Module:
        """Return a plugin's module, parsed.

        A file that cannot be read or parsed is empty: a broken plugin breaks only itself.
        """
        try:
            return _parse(self.file(name))
        except (OSError, SyntaxError, ValueError, ImportError):
            return ast.Module([], [])

    def _folder(self) -> str:
        return next(iter(importlib.import_module(self.package).__path__))

    def _builtin(self) -> set[str]:
        folder = [self._folder()]
        return {module.name for module in pkgutil.iter_modules(folder) if module.name[0] != "_"}

    def _third_party(self) -> dict[str, importlib.metadata.EntryPoint]:
        points = _declared(importlib.metadata.entry_points, self.group, tuple(sys.path))
        return {point.name: point for point in points}

    def _only(self, name: str) -> importlib.metadata.EntryPoint:
        """Return the entry point called ``name``, unless two distributions claim the name."""
        claims = importlib.metadata.entry_points(group=self.group, name=name)
        values = sorted({point.value for point in claims})
        if len(values) > 1:
            raise PluginError(
                f"{' and '.join(values)} both are a {self.kind} called {name!r}; uninstall one "
                "of their distributions."
            )
        return next(iter(claims))

    def _guarded(self, name: str, load: object) -> object:
        """Call ``load``; whatever a broken plugin raises becomes one line that names it."""
        assert callable(load)
        try:
            return load()
        except PluginError:
            raise
        except Exception as error:
            raise PluginError(
                f"The {self.kind} {name!r} cannot be loaded: {type(error).__name__}: {error}"
            ) from error

    def _base(self) -> type[T]:
        module, _, attribute = self.base.partition(":")
        base: type[T] = getattr(importlib.import_module(module), attribute)
        return base

    def _import(self, name: str) -> object:
        module, base = importlib.import_module(f"{self.package}.{name}"), self._base()
        own = [
            value
            for value in vars(module).values()
            if isinstance(value, type)
            and issubclass(value, base)
            and value.__module__ == module.__name__
        ]
        if len(own) != 1:
            raise PluginError(
                f"{module.__name__} must define exactly one {self.kind}, not {len(own)}."
            )
        return own[0]

    def _checked(self, name: str, plugin: object) -> type[T]:
        base = self._base()
        if not (isinstance(plugin, type) and issubclass(plugin, base)):
            raise PluginError(f"The {self.kind} {name!r} is not a subclass of {base.__name__}.")
        return plugin


@functools.cache  # as below
def _parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _requirements(module: ast.Module) -> dict[str, tuple[str, ...]]:
    """Return the extras that a parsed plugin says it needs, with what they bring."""
    for line in module.body:
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "REQUIRES":
            found: dict[str, tuple[str, ...]] = ast.literal_eval(line.value)
            return found
    return {}


@functools.cache  # short jobs open plugins thousands of times, and reading metadata is slow
def _declared(
    find: Callable[..., importlib.metadata.EntryPoints], group: str, path: tuple[str, ...]
) -> importlib.metadata.EntryPoints:
    """Return the entry points of a group that ``find`` sees along ``path``, the import path."""
    return find(group=group)
