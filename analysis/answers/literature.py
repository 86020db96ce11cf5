"""Published figures of DARTS' space, as ``reference/darts_space`` holds them."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, TypeAdapter

from harness.api import Rules, parse_genotype
from harness.config.architectures import read_published
from harness.config.documents import parse_yaml, read_yaml

FOLDER = Path(__file__).with_name("reference") / "darts_space"


def _or_none(text: str) -> str | None:
    return text or None


class PublishedFigure(Rules):
    """A row of ``figures.csv``, whose README says what each column holds."""

    method: str
    params: Annotated[dict[str, Any], BeforeValidator(lambda text: parse_yaml(text) or {})]
    title: str
    searched: str
    evaluated: str
    error: float
    sd: Annotated[float | None, BeforeValidator(_or_none)]
    n: Annotated[int | None, BeforeValidator(_or_none)]
    estimand: Literal["best of k", "mean over searches", "released cell", "one cell", "unknown"]
    k: Annotated[int | None, BeforeValidator(_or_none)]
    architecture: str
    trained_by: Literal["authors", "others", "unknown"]
    who: str
    source: str
    tag: Literal["read", "cited"]


@cache
def read_figures() -> tuple[PublishedFigure, ...]:
    """Return the published figures."""
    with (FOLDER / "figures.csv").open(encoding="utf-8", newline="") as file:
        return TypeAdapter(tuple[PublishedFigure, ...]).validate_python(tuple(csv.DictReader(file)))


def read_rules() -> dict[str, Any]:
    """Return under which rules the figures were reached."""
    rules: dict[str, Any] = read_yaml(FOLDER / "rules.yaml")
    return rules


def find_names(text: str) -> set[str]:
    """Return under which names the cells of a genotype were published."""
    cells = parse_genotype(text)
    wanted = {figure.architecture for figure in read_figures()} - {""}
    return {name for name in wanted if parse_genotype(read_published()[name].text) == cells}
