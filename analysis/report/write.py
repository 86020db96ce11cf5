"""The report: one self-contained page, the same as Markdown, and every number for machines.

    <out>/report.html  report.md  report.json  results.parquet (with pyarrow)
          tables/*.csv  latex/*.tex  figures/*.svg, *.png, *.csv

The same experiments give the same bytes. Whatever is missing or failed, a report is written, and
says what it cannot say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from analysis.answers.evaluation import Results, evaluate
from analysis.loading.side_files import SideFiles
from analysis.report.document import Listing, Section, Text
from analysis.report.exports import document, tables_of, write_tables
from analysis.report.gallery import Gallery
from analysis.report.latex import write_latex
from analysis.report.notices import notices
from analysis.report.rendering import render
from analysis.report.sections import (
    appendix,
    cells,
    changes,
    checklist,
    further,
    insights,
    outcome,
    overview,
    process,
    published,
    significance,
    similarity,
    transfer,
)
from analysis.statistics.counter import counting
from harness.results.store import write_atomically

SECTIONS: tuple[Callable[[Results, Gallery], Section], ...] = (
    overview.section,
    outcome.verdicts,
    outcome.arms,
    published.section,
    transfer.section,
    outcome.costs,
    outcome.tradeoff,
    insights.section,
    process.curves,
    process.section,
    cells.section,
    significance.section,
    changes.section,
    similarity.section,
    checklist.section,
    further.figures,
    appendix.deviations,
    appendix.losses,
    further.architectures,
    appendix.reading,
    appendix.stamp,
)


def write_report(
    folders: Sequence[Path], out: Path, *, everything: bool = False, force: bool = False
) -> Path:
    """Write everything under ``out`` and return the page's path.

    Args:
        folders: Of the experiments.
        out: Made if it does not exist.
        everything: Hang the figures on request, too.
        force: Compare experiments even where their rules differ; everything is then stamped.

    Raises:
        HarnessError: If a folder holds no experiment or its plan cannot be read.
    """
    with counting():
        results = evaluate(folders, force=force)
        _clear(out)
        files = SideFiles()
        gallery = Gallery(out / "figures", results.stamp, files, everything=everything)
        sections = [section(results, gallery) for section in SECTIONS]
    sections = [section for section in sections if section.blocks]
    tables = tables_of(results)
    write_tables(tables, out, files)
    latex = write_latex(results, out / "latex", files)
    facts = {
        "experiments": sorted(results.tables.experiments),
        "studies": results.studies,
        "forced": results.tables.forced,
        "notices": [*notices(results), *files.failed],
        "stamps": outcome.stamps(results),
        "figures": sorted(gallery.svgs),
        "latex": sorted(latex),
        "runs_sha256": appendix.fingerprint(results.tables.runs),
    }
    title = "Transfer report: " + ", ".join(results.tables.experiments)

    def page(template: str) -> str:
        return render(template, title, [*_about_files(files), *sections], gallery)

    path = out / "report.json"
    files.write(path, lambda: write_atomically(path, document(tables, facts)))
    files.write(
        out / "report.md", lambda: write_atomically(out / "report.md", page("report.md.j2"))
    )
    write_atomically(out / "report.html", page("report.html.j2"))
    return out / "report.html"


def _about_files(files: SideFiles) -> list[Section]:
    """Return a section on the files that could not be written, if there are any."""
    if not files.failed:
        return []
    told = "This page is complete; these files for other programs are missing."
    blocks = (Text(told, "notice"), Listing(tuple(files.failed)))
    return [Section("files", "Files that could not be written", blocks)]


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
