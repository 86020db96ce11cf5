"""Best practice, item by item, with what each answer rests on."""

from __future__ import annotations

from analysis.answers.evaluation import Results
from analysis.numbers import joined
from analysis.report.checklist import Answer, checklist
from analysis.report.document import Section, Text
from analysis.report.gallery import Gallery
from analysis.report.sections.grids import Column, grid


def section(results: Results, gallery: Gallery) -> Section:
    """Print the checklist."""
    table = checklist(results)
    counts = table["answer"].value_counts()
    text = (
        "Best practice for research on architecture search, after Lindauer and Hutter (JMLR 2020), "
        "Yang et al. (ICLR 2020), Li and Talwalkar (UAI 2019) and Bouthillier et al. (MLSys 2021), "
        "with items about transfer. Each answer is computed from the tables; what they cannot show "
        f"never passes. {joined(f'{answer}: {counts.get(str(answer), 0)}' for answer in Answer)}."
    )
    columns: list[Column] = [
        ("", lambda row: str(row["number"])),
        ("about", lambda row: str(row["group"])),
        ("item", lambda row: str(row["item"])),
        ("answer", lambda row: str(row["answer"])),
        ("evidence", lambda row: str(row["evidence"])),
    ]
    return Section("checklist", "Checklist", (Text(text), grid("checklist", table, columns)))
