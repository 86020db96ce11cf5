"""An archive holds what a report is made from, in one file, and nothing else is taken from one."""

import io
import tarfile

import pytest

from harness.cli import main
from tests.integration.tiny import run, write


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    arms = ["direct", "random"]
    assert run(folder, write(folder, methods=["random_search"], arms=arms)) == 0
    return folder / "tiny"


def tables(folder):
    return {file.name: file.read_bytes() for file in (folder / "report/tables").glob("*.csv")}


def test_a_report_is_made_from_an_archive_alone(finished, tmp_path, capsys):
    file = tmp_path / "tiny.tar.xz"
    assert main(["archive", str(finished), "--out", str(file)]) == 0
    with tarfile.open(file) as archive:
        names = archive.getnames()
    assert {"tiny/experiment.json", "tiny/plan.json", "tiny/space.json"} < set(names)
    assert not [name for name in names if name.endswith(".pt") or "/report/" in name]
    assert main(["report", str(file)]) == 0
    assert (tmp_path / "tiny" / "report" / "report.html").is_file()
    assert tables(tmp_path / "tiny") == tables(finished) != {}
    capsys.readouterr()
    assert main(["status", str(file)]) == 0
    assert "3 done" in capsys.readouterr().out


def test_the_same_files_make_the_same_bytes(finished, tmp_path):
    files = [tmp_path / name for name in ("one.tar.xz", "two.tar.xz")]
    for file in files:
        assert main(["archive", str(finished), "--out", str(file)]) == 0
    assert files[0].read_bytes() == files[1].read_bytes()


def archive_with(file, *members):
    with tarfile.open(file, "w:xz") as archive:
        for name, kind in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            info.linkname = "/etc/passwd"
            archive.addfile(info, io.BytesIO())


@pytest.mark.parametrize(
    ("members", "complaint"),
    [
        ([("../plan.json", tarfile.REGTYPE)], "../plan.json is no file of an experiment"),
        ([("/etc/plan.json", tarfile.REGTYPE)], "is no file of an experiment"),
        ([("tiny/plan.json", tarfile.SYMTYPE)], "tiny/plan.json is no file of an experiment"),
        ([("a/b", tarfile.REGTYPE), ("c/d", tarfile.REGTYPE)], "holds 2 folders, not one"),
        ([("tiny/experiment.json", tarfile.REGTYPE)], "expected a folder with plan.json"),
    ],
)
def test_what_is_no_experiment_is_refused_in_one_line(tmp_path, capsys, members, complaint):
    file = tmp_path / "odd.tar.xz"
    archive_with(file, *members)
    assert main(["report", str(file)]) == 2
    error = capsys.readouterr().err
    assert complaint in error and error.count("\n") == 1


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_a_damaged_archive_is_refused(finished, tmp_path, capsys, content):
    file = tmp_path / "tiny.tar.xz"
    assert main(["archive", str(finished), "--out", str(file)]) == 0
    file.write_bytes(file.read_bytes()[:-200] if content is None else content)
    assert main(["report", str(file)]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_another_name_is_refused(finished, tmp_path, capsys):
    assert main(["archive", str(finished), "--out", str(tmp_path / "x.zip")]) == 2
    assert "expected a name that ends in .tar.xz" in capsys.readouterr().err
