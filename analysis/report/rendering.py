"""From sections to a page: two templates, one content."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from analysis.report.document import Page
from analysis.report.gallery import Gallery
from analysis.report.glossary import explain


def render(template: str, page: Page, galleries: Iterable[Gallery]) -> str:
    """Fill a template; HTML is escaped, but for our own figures, style and script."""
    environment = Environment(
        loader=PackageLoader("analysis.report"),
        autoescape="html" in template,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    filters = {"cell": _markdown_cell, "link": _data_link, "code": _code, "explain": explain}
    environment.filters.update(filters)
    shown = list(galleries)
    return environment.get_template(template).render(
        page=page,
        svgs={name: Markup(svg) for one in shown for name, svg in one.svgs.items()},
        tables={name: table for one in shown for name, table in one.tables.items()},
        style=Markup(environment.get_template("report.css").render()),
        script=Markup(environment.get_template("report.js").render()),
    )


def _markdown_cell(text: str) -> str:
    """Return a text that ends no table's cell and begins no HTML."""
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def _code(text: str) -> Markup:
    """Return a text as HTML: what is between backticks is code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _data_link(text: str) -> str:
    """Return a link that holds a CSV itself, so that the page stays one file."""
    return f"data:text/csv;charset=utf-8;base64,{base64.b64encode(text.encode()).decode()}"
