"""What keeps a file for other programs from being written is a notice, and the page is written."""

import io
import json
import os
import sys

import pytest

from analysis.loading.side_files import SideFiles
from analysis.report import latex
from analysis.report.write import write_report
from harness.cli import main
from tests.analysis.experiments import Invention

ODD = os.fsdecode(b"caf\xe9-\xff")


@pytest.fixture
def odd(tmp_path):
    """An experiment with a seed beyond 64 bits in a folder whose name is no UTF-8."""
    plain = tmp_path / "plain"
    Invention(plain, seeds=[0, 2**64], methods=("darts",), arms=("direct", "random")).write()
    try:
        return plain.rename(tmp_path / ODD)
    except OSError:
        pytest.skip("the file system takes names in UTF-8 only")


@pytest.mark.usefixtures("sketched")
def test_odd_numbers_and_names_end_no_report(odd, tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    out = odd / "report"
    out.mkdir()
    (out / "results.parquet").write_bytes(b"of an earlier report")

    def refuse(*given):
        raise KeyError("no such column")

    monkeypatch.setattr(latex, "arms_latex", refuse)
    assert write_report([odd], out) == out / "report.html"
    html = (out / "report.html").read_text("utf-8")
    assert "these files for other programs are missing" in html
    assert "results.parquet could not be written: OverflowError" in html
    assert "could not be written: KeyError" in html
    assert "caf\\udce9-\\udcff" in html
    told = json.loads((out / "report.json").read_text())
    lost = [line.split(" could not")[0] for line in told["notices"] if "could not" in line]
    assert lost == ["report/results.parquet", "latex/arms-d100.tex"]
    assert told["latex"] == [] and not list((out / "latex").iterdir())
    assert not list(out.glob("results.parquet*"))
    assert str(2**64) in (out / "tables" / "runs.csv").read_text()
    assert "results.parquet" in (out / "report.md").read_text("utf-8")


def test_a_file_that_is_written_is_no_notice(tmp_path):
    files, path = SideFiles(), tmp_path / "table.csv"
    assert files.write(path, lambda: path.write_text("a,b")) and not files.failed
    assert not files.write(path, lambda: [][1]) and not path.exists()
    assert files.failed[0].endswith(
        "table.csv could not be written: IndexError: list index out of range."
    )


@pytest.mark.parametrize("command", [["plot", "--list"], ["list", "--long"], ["status"]])
def test_an_output_that_takes_ascii_only_gets_escapes(command, odd, monkeypatch):
    streams = {name: io.BytesIO() for name in ("stdout", "stderr")}
    for name, stream in streams.items():
        monkeypatch.setattr(sys, name, io.TextIOWrapper(stream, "ascii", write_through=True))
    where = [str(odd)] if command == ["status"] else []
    assert main([*command, *where]) == 0
    assert streams["stdout"].getvalue().isascii() and not streams["stderr"].getvalue()


def test_a_message_with_odd_names_is_printed(odd, monkeypatch):
    stream = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(stream, "utf-8", write_through=True))
    assert main(["report", str(odd / "none")]) == 2
    assert stream.getvalue().startswith(b"error: ") and b"caf\\udce9-\\udcff" in stream.getvalue()
