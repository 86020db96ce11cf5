"""The report: one self-contained page, the same as Markdown, and every number for machines.

    <out>/report.html  report.md  report.json  results.parquet (with pyarrow)
          tables/*.csv  latex/*.tex  figures/*.svg, *.png, *.csv

The same experiments give the same bytes. Whatever is missing or failed, a report is written, and
says what it cannot say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path

from analysis.loading.side_files import SideFiles
from analysis.numbers import joined
from analysis.report.document import Page, Part, Section, list_cells
from analysis.report.exports import document, tables_of, write_tables
from analysis.report.gallery import Gallery
from analysis.report.glossary import list_used
from analysis.report.latex import write_latex
from analysis.report.notices import notices
from analysis.report.rendering import render
from analysis.report.sections import (
    answer,
    appendix,
    arms,
    cells,
    changes,
    checklist,
    costs,
    external,
    insights,
    overview,
    process,
    published,
    significance,
    similarity,
    supplementary,
    transfer,
    verdicts,
)
from analysis.statistics.counter import counting
from analysis.study import Study, load
from harness.results.store import write_atomically

Writer = Callable[[Study, Gallery], Section]
# A new section is one file in sections/ and one line here.
LEAD: tuple[Writer, ...] = (answer.section, verdicts.section, arms.section, cells.section)
EVIDENCE: tuple[Writer, ...] = (
    appendix.missing_jobs,
    published.section,
    transfer.section,
    significance.section,
    costs.section,
    costs.tradeoff,
    insights.section,
    process.section,
    changes.section,
    similarity.section,
    overview.section,
    appendix.deviations,
    checklist.section,
    supplementary.figures,
    supplementary.architectures,
    appendix.stamp,
)
# Of runs made elsewhere no job, search, network or rule is known.
LEAD_OF_FILE: tuple[Writer, ...] = (answer.section, verdicts.section, arms.section)
EVIDENCE_OF_FILE: tuple[Writer, ...] = (
    transfer.section,
    significance.section,
    external.section,
    supplementary.figures,
)
APART = (
    "The experiments were run under different rules or on different data. Each has a part of its "
    "own, and Holm's correction counts the comparisons of each alone; nothing is compared across "
    "them, unless `report --force` pools them."
)


def write_report(
    folders: Sequence[Path], out: Path, *, everything: bool = False, force: bool = False
) -> Path:
    """Write the report of experiments and return the page's path.

    Args:
        folders: Of the experiments.
        out: As ``write_studies``.
        everything: As ``write_studies``.
        force: Compare experiments even where their rules differ; everything is then stamped.

    Raises:
        HarnessError: If a folder holds no experiment or its plan cannot be read.
    """
    return write_studies(load(folders, force=force), out, everything=everything)


def write_studies(studies: Sequence[Study], out: Path, *, everything: bool = False) -> Path:
    """Write everything under ``out`` and return the page's path.

    Args:
        studies: Nothing of them has been asked for yet: a report counts its tests.
        out: Made if it does not exist.
        everything: Draw every kind of figure, and the cells of every seed.
    """
    files = SideFiles()
    with counting():
        _clear(out)
        galleries = [
            Gallery(
                out / "figures",
                study.stamp,
                files,
                f"-{number}" if number > 1 else "",
                everything=everything,
            )
            for number, study in enumerate(studies, start=1)
        ]
        parts = tuple(map(_part, studies, galleries))
    tables = tables_of(studies)
    write_tables(tables, out, files)
    latex = write_latex(studies, out / "latex", files)
    apart = [APART] * (len(studies) > 1)
    facts = {
        "experiments": sorted(name for study in studies for name in study.experiments),
        "studies": [study.name for study in studies],
        "forced": any(study.tables.members.forced for study in studies),
        "notices": [*apart, *_distinct(map(notices, studies)), *files.failed],
        "stamps": _distinct(map(verdicts.stamps, studies)),
        "figures": sorted(name for gallery in galleries for name in gallery.svgs),
        "latex": sorted(latex),
        "runs_sha256": appendix.fingerprint(tables["runs"]),
    }
    names = [name for study in studies for name in study.experiments]
    what = "Transfer report" if all(study.has_jobs for study in studies) else "Comparison of runs"
    title = f"{what}: {', '.join(names)}"
    glossary = list_used(chain.from_iterable(map(list_cells, parts)))

    def rendered(template: str) -> str:
        # Made late: it names the files that could not be written until then.
        page = Page(title, (*apart, *_about_files(files)), parts, glossary)
        return render(template, page, galleries)

    path = out / "report.json"
    files.write(path, lambda: write_atomically(path, document(tables, facts)))
    files.write(
        out / "report.md", lambda: write_atomically(out / "report.md", rendered("report.md.j2"))
    )
    write_atomically(out / "report.html", rendered("report.html.j2"))
    return out / "report.html"


def _part(study: Study, gallery: Gallery) -> Part:
    lead, evidence = (
        tuple(section for write in writers if (section := write(study, gallery)).blocks)
        for writers in ((LEAD, EVIDENCE) if study.has_jobs else (LEAD_OF_FILE, EVIDENCE_OF_FILE))
    )
    return Part(study.name, lead, evidence)


def _distinct(lists: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(text for texts in lists for text in texts))


def _about_files(files: SideFiles) -> list[str]:
    """Say which files could not be written, if there are any."""
    told = "This page is complete; these files for other programs are missing"
    return [f"{told}: {joined(files.failed)}"] if files.failed else []


def _clear(out: Path) -> None:
    """Remove the figures and LaTeX tables of an earlier report, which may have had others."""
    try:
        earlier = json.loads((out / "report.json").read_text("utf-8"))
        figures, tables = map(str, earlier["figures"]), map(str, earlier.get("latex", []))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return
    for name in tables:
        (out / "latex" / Path(name).name).unlink(missing_ok=True)
    for name in figures:
        for suffix in (".svg", ".png", ".csv"):
            (out / "figures" / f"{Path(name).name}{suffix}").unlink(missing_ok=True)
