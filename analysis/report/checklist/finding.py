"""What an item of the checklist comes to."""

from __future__ import annotations

from collections.abc import Callable
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


# An answer and what it rests on.
Finding = tuple[Answer, str]
# An item of the checklist; its docstring is the item's text.
Item = Callable[[Study], Finding]

PASS, PARTIAL, FAIL, NOT_APPLICABLE, NEEDS_HUMAN = Answer
