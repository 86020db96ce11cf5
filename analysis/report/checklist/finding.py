"""What an item of the checklist comes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from analysis.study import Study

NOTHING_SEARCHED = "nothing was searched"


class Answer(StrEnum):
    """Whether a practice was followed; what no table can show is for a human to say."""

    PASS = "PASS"
    PARTIAL = "PARTIAL"
    FAIL = "FAIL"
    NOT_APPLICABLE = "N/A"
    NEEDS_HUMAN = "NEEDS HUMAN"


@dataclass(frozen=True)
class Finding:
    """An answer and what it rests on."""

    answer: Answer
    evidence: str


# An item of the checklist; its docstring is the item's text.
Item = Callable[[Study], Finding]


def passed(evidence: str) -> Finding:
    """Return that the practice was followed."""
    return Finding(Answer.PASS, evidence)


def partial(evidence: str) -> Finding:
    """Return that it was followed in part."""
    return Finding(Answer.PARTIAL, evidence)


def failed(evidence: str) -> Finding:
    """Return that it was not followed."""
    return Finding(Answer.FAIL, evidence)


def not_applicable(reason: str) -> Finding:
    """Return that the question does not arise."""
    return Finding(Answer.NOT_APPLICABLE, reason)


def needs_human(evidence: str) -> Finding:
    """Return that the tables cannot tell, with what they do tell."""
    return Finding(Answer.NEEDS_HUMAN, evidence)
