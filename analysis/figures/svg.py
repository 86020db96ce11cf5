"""A figure as SVG: the same text each time, described in words, fit to stand in a page."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from analysis.figures.style import styled

# At which texts of 9 pt are still read with ease.
LEAST_SCALE = 0.6


def svg_of(figure: Figure, box: Bbox, name: str, caption: str) -> str:
    """Return a figure as SVG with title and description.

    Args:
        figure: Laid out.
        box: Of what to show, in inches.
        name: What its ids are made from.
        caption: In words; its first sentence is the title.
    """
    buffer = io.StringIO()
    with styled(**{"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata={"Date": None}, bbox_inches=box)
    lines = [line.rstrip() for line in buffer.getvalue().splitlines()]
    return _described("\n".join(lines) + "\n", caption)


def inline(svg: str, name: str) -> str:
    """Return an SVG that may stand beside others in one page: its ids are its own.

    A page may shrink it to ``LEAST_SCALE``; below that it scrolls.
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>{name}-", body)
    width = float(re.findall(r'width="([0-9.]+)pt"', body)[0]) * LEAST_SCALE
    about = f'aria-labelledby="{name}-title" aria-describedby="{name}-desc"'
    attributes = f'role="img" {about} style="min-width: {width:.0f}pt"'
    return body.replace("<svg", f"<svg {attributes}", 1)


def with_titles(svg: str, names: Mapping[str, Sequence[str]]) -> str:
    """Let every dot say what it is under the pointer.

    Args:
        svg: With a group for each set of dots.
        names: Of the dots of a group, in the order drawn, by the group's id.
    """
    for group, texts in names.items():
        start = svg.find(f'id="{escape(group)}"')
        if start < 0:
            continue
        titles = iter(texts)
        head, tail = svg[:start], svg[start:]

        def titled(use: re.Match[str], titles: Iterator[str] = titles) -> str:
            return f"{use[1]}><title>{escape(next(titles))}</title></use>"

        svg = head + re.sub(r"(<use [^>]*)/>", titled, tail, count=len(texts))
    return svg


def _described(svg: str, caption: str) -> str:
    first, dot, _ = caption.partition(". ")
    text = f'<title id="title">{escape(first + dot.strip())}</title>\n'
    text += f'<desc id="desc">{escape(caption)}</desc>\n'
    start = svg.index(">", svg.index("<svg")) + 1
    return f"{svg[:start]}\n{text}{svg[start:].lstrip()}"
