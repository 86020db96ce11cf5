"""Best practice as predicates on tables, after Lindauer and Hutter (JMLR 21(243), 2020).

With items of Yang et al. (ICLR 2020), Li and Talwalkar (UAI 2019), Bouthillier et al. (MLSys 2021)
and, for transfer, our own. Nothing passes that the tables cannot show.
"""

from __future__ import annotations

import inspect
from typing import Annotated, NamedTuple

import pandas as pd

from analysis.loading.rows import frame
from analysis.report.checklist import comparing, releasing, reporting, transferring
from analysis.report.checklist.finding import Answer, Item
from analysis.study import Study

GROUPS: dict[str, tuple[Item, ...]] = {
    "releasing code": releasing.ITEMS,
    "comparing methods": comparing.ITEMS,
    "reporting": reporting.ITEMS,
    "transfer": transferring.ITEMS,
}

__all__ = ["GROUPS", "Answer", "Checked", "checklist"]


class Checked(NamedTuple):
    """An item of the checklist and what it comes to."""

    number: Annotated[int, "Place of the item in the list."]
    group: Annotated[str, "What the item is about."]
    item: Annotated[str, "Its text."]
    answer: Annotated[str, "`PASS`, `PARTIAL`, `FAIL`, `N/A` or `NEEDS HUMAN`."]
    evidence: Annotated[str, "What the answer rests on."]


def checklist(study: Study) -> pd.DataFrame:
    """Return one row per item, as ``Checked`` documents them."""
    items = [(group, item) for group, its in GROUPS.items() for item in its]
    rows = []
    for number, (group, item) in enumerate(items, start=1):
        answer, evidence = item(study)
        text = (inspect.getdoc(item) or "").partition("\n")[0]
        rows.append(Checked(number, group, text, str(answer), evidence))
    return frame(Checked, rows)
