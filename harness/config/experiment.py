"""The experiment: a grid of methods x pairs x seeds under one protocol.

name: digits
space: darts                       # or {name: darts, params: {...}}
methods: [darts, {name: darts, label: slow, params: {choices: {learning_rate: 1e-3}}}]
pairs: [{source: d10, target: d100}]
seeds: [0, 1, 2, 3, 4]            # or how many: 5
arms: [transferred, continued, direct, random]
protocol: quick                    # a shipped name, a path, or a mapping
architectures: published:DARTS_V2  # besides methods or in their place; see architectures.py

A path in a file is relative to that file; one that is typed (``--set``) is relative to where it is
typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeInt,
    PositiveInt,
    ValidationError,
    model_validator,
)

from harness.api import Rules
from harness.config.architectures import GivenArchitecture, with_architectures
from harness.config.documents import apply_overrides, explain, read_yaml
from harness.config.protocol import Arm, PluginChoice, Protocol, spell_out
from harness.config.relative import with_tables
from harness.config.shipped import protocol_file
from harness.config.tuning import MethodSetting, with_tunings
from harness.errors import ConfigError

MOST_SEEDS = 100_000  # a plan of more would not fit into memory


class Method(MethodSetting):
    """A method of the comparison.

    Attributes:
        label: Tells apart two settings of one method.
        arms: Those of the experiment's that this method takes part in, for a control that answers
            one question only; None takes part in all.
        sources: Names of those of the experiment's sources that it searches; None searches all.
    """

    label: str = ""
    arms: Annotated[tuple[Arm, ...], Field(min_length=1)] | None = None
    sources: Annotated[tuple[str, ...], Field(min_length=1)] | None = None

    @property
    def title(self) -> str:
        """How reports call it."""
        return self.label or self.name


MethodChoice = Annotated[Method, BeforeValidator(spell_out)]


class Pair(Rules):
    """Where architectures are searched, and where they are used."""

    source: PluginChoice
    target: PluginChoice


def count_off(value: Any) -> Any:
    """Return the first ``value`` seeds, where a number is given instead of a list."""
    if type(value) is not int:
        return value
    if not 1 <= value <= MOST_SEEDS:
        raise ValueError(f"expected 1 to {MOST_SEEDS} seeds, or a list of them")
    return list(range(value))


class Experiment(Rules):
    """A planned comparison.

    Attributes:
        name: Of the folder under ``results/``.
        space: What is searched.
        methods: Who searches; perhaps nobody, where architectures are given.
        pairs: Sources and targets.
        seeds: One search of each kind per seed; a number n is short for 0 to n - 1.
        train_seeds: Final trainings of each found architecture.
        arms: What is trained where.
        protocol: The rules.
        architectures: Those that are trained as they are, beside what methods find.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    space: PluginChoice
    methods: tuple[MethodChoice, ...] = ()
    pairs: Annotated[tuple[Pair, ...], Field(min_length=1)]
    seeds: Annotated[tuple[NonNegativeInt, ...], BeforeValidator(count_off), Field(min_length=1)]
    train_seeds: PositiveInt = 1
    arms: Annotated[tuple[Arm, ...], Field(min_length=1)]
    protocol: Protocol
    architectures: tuple[GivenArchitecture, ...] = ()

    @model_validator(mode="after")
    def _nothing_stands_twice(self) -> Self:
        titles = [method.title for method in self.methods]
        for what, values in (("methods", titles), ("seeds", self.seeds), ("arms", self.arms)):
            if len(set(values)) < len(values):
                hint = "; give one a label" if what == "methods" else ""
                raise ValueError(f"the same entry is given twice in {what}{hint}")
        if "random" in titles:
            raise ValueError("a method may not be called 'random': that is an arm")
        for method in self.methods:
            if foreign := [arm for arm in method.arms or () if arm not in self.arms]:
                raise ValueError(
                    f"{method.title} has the arm {foreign[0]}, which is none of the experiment's "
                    f"({', '.join(self.arms)})"
                )
            names = [pair.source.name for pair in self.pairs]
            if unknown := [name for name in method.sources or () if name not in names]:
                raise ValueError(
                    f"{method.title} searches {unknown[0]}, which is no source of the experiment "
                    f"({', '.join(dict.fromkeys(names))})"
                )
        return self

    @model_validator(mode="after")
    def _arms_have_something_to_train(self) -> Self:
        listed = f"the arms are {', '.join(self.arms)}"
        if not self.methods and not self.architectures:
            raise ValueError("neither methods nor architectures are stated; name one of either")
        if self.architectures and Arm.GIVEN not in self.arms:
            raise ValueError(f"architectures are given, which needs the arm given; {listed}")
        if Arm.GIVEN in self.arms and not self.architectures:
            raise ValueError(f"the arm given needs architectures; {listed}")
        idle = [arm for arm in self.arms if arm.is_searched and arm is not Arm.SOURCE]
        if idle and not self.methods:
            raise ValueError(f"the arm {idle[0]} needs a method; {listed}")
        return self

    @model_validator(mode="after")
    def _names_tell_architectures_apart(self) -> Self:
        known = dict.fromkeys((method.title for method in self.methods), "a method")
        known[Arm.RANDOM] = "an arm"
        for one in self.architectures:
            if one.name in known:
                raise ValueError(
                    f"architecture {one.name} ({one.origin}) has the name of {known[one.name]}; "
                    "give it another, as NAME = text"
                )
            known[one.name] = f"another ({one.origin})"
        return self

    def method_arms(self, title: str) -> tuple[Arm, ...]:
        """Return the arms that one method takes part in, in the experiment's order."""
        own = self._method(title).arms or self.arms
        return tuple(arm for arm in self.arms if arm in own and arm.is_searched)

    def method_pairs(self, title: str) -> tuple[Pair, ...]:
        """Return the pairs whose sources one method searches."""
        own = self._method(title).sources
        return tuple(pair for pair in self.pairs if own is None or pair.source.name in own)

    def _method(self, title: str) -> Method:
        return next(method for method in self.methods if method.title == title)


def load_experiment(
    path: Path, overrides: Iterable[str] = (), said: Mapping[str, Any] | None = None
) -> Experiment:
    """Read an experiment file, apply ``key.path=value`` overrides, and check the result.

    Args:
        path: Of the file.
        overrides: Applied last.
        said: Values in place of the file's, by key.

    Raises:
        ConfigError: If anything in it is wrong, in one line.
    """
    document = read_yaml(path)
    if not isinstance(document, dict):
        raise ConfigError(f"{path} is no experiment: expected a mapping of keys.")
    document = {**document, **(said or {})}
    return make_experiment(document, overrides, home=path.parent, origin=str(path))


def make_experiment(
    document: Mapping[str, Any],
    overrides: Iterable[str] = (),
    *,
    home: Path = Path(),
    origin: str = "experiment",
) -> Experiment:
    """Check a document; its protocol may be a name, a path or a mapping.

    Args:
        document: What a file says, or the like.
        overrides: Applied to it; paths in them are relative to the working folder.
        home: Folder that the document's own paths are relative to: of its protocol, of latency
            tables and of tuned values.
        origin: How a message calls the document.

    Raises:
        ConfigError: If anything in it is wrong, in one line.
    """
    document = dict(document)
    protocol = document.get("protocol")
    if isinstance(protocol, str):
        document["protocol"] = _read_protocol(protocol, home)
    elif isinstance(protocol, Mapping):
        document["protocol"] = with_tables(protocol, home)
    document = apply_overrides(_with_files(document, home), overrides)
    document = _with_files(document, Path())
    try:
        return Experiment.model_validate(document)
    except ValidationError as error:
        raise ConfigError(f"{origin}: {explain(error, Experiment)}") from error


def _with_files(document: Mapping[str, Any], home: Path) -> dict[str, Any]:
    """Return a document with what is in the files that it names beside its protocol."""
    document = with_architectures(with_tunings(document, home), home)
    if document.get("architectures") and not document.get("methods"):
        document["pairs"] = _with_sources(document.get("pairs"))
    return document


def _with_sources(pairs: Any) -> Any:
    """Return pairs of which each has a source: without a search, the target may stand for it."""
    if not isinstance(pairs, list | tuple):
        return pairs
    return [
        {"source": pair["target"], **pair}
        if isinstance(pair, Mapping) and "target" in pair
        else pair
        for pair in pairs
    ]


def _read_protocol(name: str, home: Path) -> Any:
    is_path = name.endswith((".yaml", ".yml"))
    file = home / name if is_path else protocol_file(name)
    return with_tables(read_yaml(file), file.parent)
