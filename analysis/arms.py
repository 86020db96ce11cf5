"""The arms of an experiment and how they look: the only place where they are listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SOURCE = "source"
TRANSFERRED = "transferred"
CONTINUED = "continued"
DIRECT = "direct"
DIRECT_LONG = "direct_long"
RESUMED = "resumed"
GIVEN = "given"
RANDOM = "random"


@dataclass(frozen=True)
class Arm:
    """What is known of an arm wherever it turns up.

    Attributes:
        meaning: What its runs are, as a sentence for the glossary.
        noun: What it is called in a sentence about a method on any pair.
        phrase: What its runs found, in a sentence about one pair: a text with the fields ``things``
            (what architectures are called), ``source`` and ``target``.
        letter: Its mark where dots already tell methods apart; empty for random architectures.
        dash: Of its lines, as matplotlib takes it.
    """

    meaning: str
    noun: str
    phrase: str
    letter: str
    dash: Any


# In the order in which readers compare them.
ARMS: dict[str, Arm] = {
    SOURCE: Arm(
        "Arm: searched and trained on the source.",
        "search of the source",
        "{things} found and trained on {source}",
        "S",
        (0, (1, 1.2)),
    ),
    TRANSFERRED: Arm(
        "Arm: searched on the source, trained on the target.",
        "what was found on the source",
        "{things} found on {source}",
        "T",
        (0, (7, 1.5, 1, 1.5)),
    ),
    CONTINUED: Arm(
        "Arm: searched on the source, the search then carried on with the target. It has spent "
        "two budgets.",
        "the continued search",
        "{things} found on {source} and searched further on {target}",
        "C",
        (0, (5, 2)),
    ),
    DIRECT: Arm(
        "Arm: searched and trained on the target.",
        "direct search",
        "{things} searched on {target}",
        "D",
        "-",
    ),
    DIRECT_LONG: Arm(
        "Arm: direct with twice the budget, the fair rival of continued.",
        "direct search of twice the budget",
        "{things} searched twice as long on {target}",
        "L",
        (0, (8, 2, 1, 2)),
    ),
    RESUMED: Arm(
        "Arm: a direct search that was restarted on its own task.",
        "restarted search",
        "{things} of a restarted search on {target}",
        "R",
        (0, (3, 1, 1, 1, 1, 1)),
    ),
    GIVEN: Arm(
        "Arm: one architecture that was given, trained without a search; a run is one training.",
        "the given architecture",
        "the given architecture",
        "G",
        (0, (4, 1, 1, 1, 1, 1)),
    ),
    RANDOM: Arm(
        "Arm: architectures drawn blindly from the same space, trained alike.",
        "random architectures",
        "random {things}",
        "",
        "-",
    ),
}
# Rest on a search of the source.
CARRIED = (TRANSFERRED, CONTINUED)
# Rest on a cold search of the target.
DIRECTS = (DIRECT, DIRECT_LONG)
# Every arm with a search on the pair's target, as tests and tables go through them.
SEARCHED = (*CARRIED, DIRECT)
# Are the same for every source.
ON_TARGET = (DIRECT, DIRECT_LONG, RESUMED, GIVEN, RANDOM)
# What searches are for, in the order of tables; a transferred arm has its source's search.
ROLES = (SOURCE, DIRECT, DIRECT_LONG, CONTINUED, RESUMED)
# What a cold search is for, the most telling use first: in designs with both directions the
# search on one pair's source is the direct search of the other pair.
COLD_ROLES = (DIRECT, DIRECT_LONG, SOURCE)


def name_subject(method: str, arm: str) -> str:
    """Return what a sentence about a method's arm on any pair speaks of."""
    return method if arm == GIVEN else f"{ARMS[arm].noun} by {method}"


def label_arm(method: str, arm: str, source: str) -> str:
    """Return an arm's name in figures and tables of a paper."""
    if arm == RANDOM:
        return f"{method}: random architectures" if method else "random architectures"
    return f"{method}: {arm}" + (f" from {source}" if arm in CARRIED else "")
