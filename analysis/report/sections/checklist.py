"""Best practice, item by item, with what each answer rests on."""

from __future__ import annotations

from analysis.numbers import joined
from analysis.report.checklist import Answer, checklist
from analysis.report.document import Section
from analysis.report.gallery import Gallery
from analysis.report.sections.grids import Column, fields, grid
from analysis.study import Study


def section(study: Study, gallery: Gallery) -> Section:
    """Print the checklist."""
    table = checklist(study)
    counts = table["answer"].value_counts()
    told = joined(f"{answer}: {counts.get(str(answer), 0)}" for answer in Answer)
    failed = table[table["answer"] == str(Answer.FAIL)]
    remark = f"{len(failed)} fail" if len(failed) else ""
    summary = f"Best practice, item by item, answered from the tables. {told}."
    is_fine = table["answer"].isin([str(Answer.PASS), str(Answer.NOT_APPLICABLE)])
    columns: list[Column] = [
        ("", lambda row: str(row["number"])),
        *fields("item", "answer", "evidence"),
    ]
    return Section(
        "checklist", "Checklist", (grid("checklist", table[~is_fine], columns),), summary, remark
    )
