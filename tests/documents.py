"""What the pages tell a reader to type."""

import re
import shlex

from tests.conftest import ROOT

PAGES = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")))


def blocks(page, language=""):
    """Return the code blocks of a page in one language; none is a shell's."""
    found = re.findall(r"^```(\w*)\n(.*?)^```", page.read_text(), re.S | re.M)
    return [text for name, text in found if name == language]


def commands(page):
    """Return the words behind ``python -m harness`` of every command, placeholders included."""
    lines = "\n".join(blocks(page)).replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True)[3:] for line in lines if line.startswith("python -m")]


def examples(page):
    """Return the files that a page shows, by path: a line with nothing but it, then the block."""
    shown = re.findall(r"^`([\w/]+\.py)`\n\n```python\n(.*?)^```", page.read_text(), re.S | re.M)
    return dict(shown)
