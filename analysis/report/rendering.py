"""From sections to a page: two templates, one content."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from analysis.report.document import Section
from analysis.report.gallery import Gallery


def render(template: str, title: str, sections: Iterable[Section], gallery: Gallery) -> str:
    """Fill a template; HTML is escaped, but for the figures that we drew ourselves."""
    environment = Environment(
        loader=PackageLoader("analysis.report"),
        autoescape="html" in template,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = _markdown_cell
    environment.filters["link"] = _data_link
    environment.filters["code"] = _code
    svgs = {name: Markup(svg) for name, svg in gallery.svgs.items()}
    return environment.get_template(template).render(
        title=title, sections=sections, svgs=svgs, tables=gallery.tables
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
