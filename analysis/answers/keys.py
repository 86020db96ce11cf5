"""What a row of a table is about: the fields that many rows begin with."""

from __future__ import annotations

from typing import NamedTuple


class ArmKey(NamedTuple):
    """One cell of the design: which runs a row is about.

    Attributes:
        method: Title; empty for random architectures that all methods share.
        arm: Name of the arm.
        source: Task that was searched first; empty for random architectures.
        target: Task that was trained on.
    """

    method: str
    arm: str
    source: str
    target: str


class PairKey(NamedTuple):
    """A method on a pair of tasks: what a row is about.

    Attributes:
        method: Title.
        source: Task that is searched first; empty where only a direct search is known.
        target: Task that networks are trained and tested on.
    """

    method: str
    source: str
    target: str


ARM_KEY, PAIR_KEY = list(ArmKey._fields), list(PairKey._fields)
