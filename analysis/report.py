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

from analysis.document import Section
from analysis.evaluation import Results, evaluate
from analysis.exports import document, tables_of, write_tables
from analysis.gallery import Gallery
from analysis.latex import write_latex
from analysis.notices import notices
from analysis.rendering import render
from analysis.sections import (
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
from analysis.significance import counting
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
        gallery = Gallery(out / "figures", results.stamp, everything=everything)
        sections = [section(results, gallery) for section in SECTIONS]
    sections = [section for section in sections if section.blocks]
    tables = tables_of(results)
    write_tables(tables, out)
    latex = write_latex(results, out / "latex")
    facts = {
        "experiments": sorted(results.tables.experiments),
        "studies": results.studies,
        "forced": results.tables.forced,
        "notices": notices(results),
        "stamps": outcome.stamps(results),
        "figures": sorted(gallery.svgs),
        "latex": sorted(latex),
        "runs_sha256": appendix.fingerprint(results.tables.runs),
    }
    write_atomically(out / "report.json", document(tables, facts))
    title = "Transfer report: " + ", ".join(results.tables.experiments)
    write_atomically(out / "report.md", render("report.md.j2", title, sections, gallery))
    write_atomically(out / "report.html", render("report.html.j2", title, sections, gallery))
    return out / "report.html"


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
