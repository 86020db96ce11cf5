"""Invented experiments as fixtures."""

import pytest

from tests.analysis.experiments import Invention


@pytest.fixture
def invent(tmp_path):
    """Return a function that writes an experiment under a name and returns its folder."""

    def write(name="digits", **what):
        return Invention(tmp_path / name, **what).write()

    return write


@pytest.fixture
def unsaved(monkeypatch):
    """Leave the figures' pixels and paths to the tests of figures; all else of a report is made."""
    page = '<svg width="1pt" height="1pt"></svg>'

    def save(figure, file, *, format, **_):
        if format == "svg":
            file.write(page)
        else:
            file.write_bytes(b"")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", save)


@pytest.fixture
def sketched(unsaved, monkeypatch):
    """Leave the place of everything in a figure to the tests of figures, too."""
    monkeypatch.setattr("analysis.report.gallery.settle", lambda figure: None)


@pytest.fixture
def write_runs(tmp_path):
    """Return a function that writes lines as a CSV of runs and returns its path."""

    def write(lines, encoding="utf-8"):
        path = tmp_path / "runs.csv"
        path.write_text("\n".join(lines) + "\n" * bool(lines), encoding)
        return path

    return write
