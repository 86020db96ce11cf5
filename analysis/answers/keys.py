"""What a row of a table is about: the fields that many rows begin with."""

from __future__ import annotations

from typing import Annotated, NamedTuple


class ArmKey(NamedTuple):
    """One cell of the design: which runs a row is about."""

    method: Annotated[str, "Title; empty for random architectures that all methods share."]
    arm: Annotated[str, "Name of the arm."]
    source: Annotated[str, "Task that was searched first; empty for random architectures."]
    target: Annotated[str, "Task that was trained on."]


class PairKey(NamedTuple):
    """A method on a pair of tasks: what a row is about."""

    method: Annotated[str, "Title."]
    source: Annotated[
        str,
        "Task that is searched first; empty where only a direct search is known.",
    ]
    target: Annotated[str, "Task that networks are trained and tested on."]


ARM_KEY, PAIR_KEY = list(ArmKey._fields), list(PairKey._fields)
