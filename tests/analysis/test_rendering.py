"""Texts become HTML: what is between backticks is code, and nothing else is."""

import pytest

from analysis.report.rendering import _code


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("say `run --all` again", "say <code>run --all</code> again"),
        ("`a` and `b`", "<code>a</code> and <code>b</code>"),
        ("a single ` stays", "a single ` stays"),
        ("`<b>` & <i>", "<code>&lt;b&gt;</code> &amp; &lt;i&gt;"),
    ],
)
def test_backticks_are_code_and_the_rest_is_escaped(text, html):
    assert _code(text) == html
