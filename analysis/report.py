"""The report: one self-contained page, the same as Markdown, and every number as JSON and CSV.

    <out>/report.html  report.md  report.json  tables/*.csv  figures/*.png, *.svg

The same experiments give the same bytes. Whatever is missing or failed, a report is written, and
says what it cannot say.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from analysis.comparisons import comparison_table
from analysis.document import Section
from analysis.evaluation import Results, evaluate
from analysis.gallery import Gallery
from analysis.sections import appendix, outcome, overview, process, searches, transfer
from harness.results.store import write_atomically

SCHEMA = 1

SECTIONS: tuple[Callable[[Results, Gallery], Section], ...] = (
    overview.section,
    outcome.verdicts,
    outcome.arms,
    transfer.section,
    outcome.costs,
    outcome.tradeoff,
    searches.insights,
    process.curves,
    process.section,
    searches.cells,
    appendix.deviations,
    appendix.losses,
    appendix.reading,
    appendix.stamp,
)


def write_report(folders: Sequence[Path], out: Path) -> Path:
    """Write everything under ``out`` and return the page's path.

    Raises:
        ConfigError: If a folder holds no experiment or a file of it cannot be read.
    """
    results = evaluate(folders)
    gallery = Gallery(out / "figures", results.stamp)
    sections = [section(results, gallery) for section in SECTIONS]
    tables = _tables(results)
    (out / "tables").mkdir(exist_ok=True)
    for name, table in tables.items():
        text = table.to_csv(index=False, lineterminator="\n")
        write_atomically(out / "tables" / f"{name}.csv", text)
    write_atomically(out / "report.json", _document(results, tables))
    title = "Transfer report: " + ", ".join(results.tables.experiments)
    write_atomically(out / "report.md", render("report.md.j2", title, sections, gallery))
    write_atomically(out / "report.html", render("report.html.j2", title, sections, gallery))
    return out / "report.html"


def render(template: str, title: str, sections: Iterable[Section], gallery: Gallery) -> str:
    """Fill a template; HTML is escaped, but for the figures that we drew ourselves."""
    environment = Environment(
        loader=PackageLoader("analysis"),
        autoescape="html" in template,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = _markdown_cell
    svgs = {name: Markup(svg) for name, svg in gallery.svgs.items()}
    return environment.get_template(template).render(title=title, sections=sections, svgs=svgs)


def _markdown_cell(text: str) -> str:
    """Return a text that ends no table's cell and begins no HTML."""
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def _tables(results: Results) -> dict[str, pd.DataFrame]:
    """Return every table of numbers by the name of its file."""
    tables = results.tables
    arms = results.arms.assign(
        values=[" ".join(f"{x!r}" for x in found) for found in results.arms["values"]]
    )
    return {
        "alphas": tables.alphas,
        "arms": arms,
        "budgets": results.budgets,
        "comparisons": comparison_table(results.comparisons),
        "costs": results.costs,
        "environments": tables.environments,
        "gains": results.gains,
        "gaps": results.gaps,
        "jobs": tables.jobs,
        "runs": tables.runs,
        "searches": tables.searches,
        "trace": tables.trace,
        **results.transfer,
        **results.process,
    }


def _document(results: Results, tables: dict[str, pd.DataFrame]) -> str:
    """Return all numbers as JSON: what continuous integration may rely on."""
    shown = {name: table for name, table in tables.items() if name not in {"alphas", "trace"}}
    document = {
        "schema_version": SCHEMA,
        "experiments": sorted(results.tables.experiments),
        "notices": overview.notices(results),
        "stamps": outcome.unequal_budgets(results),
        "runs_sha256": appendix.fingerprint(results.tables.runs),
        **{name: _plain(table.to_dict("records")) for name, table in shown.items()},
        "arms": _plain(results.arms.to_dict("records")),
    }
    return json.dumps(document, indent=1, sort_keys=True, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """Return JSON's own types; what is no number becomes null."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value
