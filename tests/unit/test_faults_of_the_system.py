"""What the operating system says becomes one line, in every command, and what is ours does not."""

import errno
import subprocess
import sys

import pytest

from harness.cli import main
from harness.cli._faults import REMEDIES, explain
from harness.errors import ConfigError
from harness.results.locks import hold

TASKS = ["--source", "d10", "--target", "d100", "--protocol", "smoke"]
# Ten times as many values a line, each written by its alias only.
BOMB = b"a0: &a0 [1]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (i, i, b", ".join([b"*a%d" % (i - 1)] * 10)) for i in range(1, 9)
)
RUN = ["run", "--method", "random_search", *TASKS]


@pytest.mark.parametrize("code", REMEDIES)
def test_an_error_with_a_file_names_it_and_what_to_do(code):
    line = explain(OSError(code, "whatever", "some/file"))
    assert line.startswith("some/file: ") and REMEDIES[code] in line and "\n" not in line


def test_an_error_of_ours_is_none_of_the_user():
    assert explain(ValueError("x")) is None
    assert explain(OSError(errno.EBADF, "Bad file descriptor")) is None
    assert explain(OSError("no number")) is None
    assert "free some space" in explain(OSError(errno.ENOSPC, "No space left on device"))


@pytest.mark.parametrize("place", ["file", "file/below", "a" * 300, "/proc/nowhere"])
def test_a_folder_that_cannot_be_made_is_one_line(tmp_path, capsys, place):
    (tmp_path / "file").write_text("")
    assert main([*RUN, "--results", str(tmp_path / place)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ") and ";" in line


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"name: x\xff\n", "no text in UTF-8"),
        (b"seeds: " + b"9" * 5000, "a value cannot be read: Exceeds the limit"),
        (b"? {a: b}\n: c\n", "line 1: a key is a list or a mapping"),
        (b"a: 2001-99-99", "month must be in 1..12"),
        (b"a: !!int x", "cannot be read"),
        (b"a: " + b"[" * 5000, "nested too deeply"),
        (b"a: " + b"[" * 60 + b"]" * 60, "at most 50 levels"),
        (b"a: &a [*a]", "line 1: an alias is within what it names"),
        (b"a: !!bool x", "a value cannot be read"),
        (b"a: !!int ''", "a value cannot be read"),
        (BOMB, "line 7: a document has at most 50 levels and 1000000 values"),
    ],
)
def test_a_file_that_is_no_yaml_is_one_short_line(tmp_path, capsys, content, what):
    file = tmp_path / "bad.yaml"
    file.write_bytes(content)
    assert main(["run", str(file)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert what in line and str(file) in line and len(line) < 300


def test_a_file_with_a_byte_order_mark_is_read(tmp_path, capsys):
    file = tmp_path / "marked.yaml"
    file.write_bytes(b"\xef\xbb\xbfname: x\n")
    assert main(["run", str(file)]) == 2
    assert "space is missing" in capsys.readouterr().err


def test_a_file_system_without_locks_is_no_other_process(tmp_path, monkeypatch, capsys):
    def refuse(file, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with (tmp_path / "lock").open("w") as file, pytest.raises(ConfigError, match="no file locks"):
        hold(file)
    assert main([*RUN, "--results", str(tmp_path)]) == 2
    assert "another process" not in capsys.readouterr().err


@pytest.mark.parametrize("words", [["list", "--long"], ["list", "--json"]])
def test_a_reader_that_has_seen_enough_ends_a_command_without_a_traceback(words, root):
    command = [sys.executable, "-c", "import sys; sys.stdin.close(); from harness.cli import main; "
               "sys.exit(main(sys.argv[1:]))", *words]  # fmt: skip
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as one:
        one.stdout.close()
        told = one.stderr.read().decode()
    assert one.returncode == 3 and told == ""
