"""What is shown fits the terminal, and what shows it may go away."""

import fcntl
import io
import os
import pty
import re
import select
import struct
import termios

import pytest

from harness.config.experiment import make_experiment
from harness.execution import progress as module
from harness.execution.display import Display, fit
from harness.execution.progress import Progress
from harness.planning.plan import make_plan
from harness.planning.resolve import resolve_experiment
from harness.results.record import Status
from tests.integration.tiny import experiment


@pytest.fixture
def terminal():
    """Return a function that opens a terminal of so many columns, and one that reads its screen."""
    ours, theirs = pty.openpty()
    out = os.fdopen(theirs, "w")

    def resize(columns):
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        return out

    def read():
        text = b""
        while select.select([ours], [], [], 0.2)[0]:  # the kernel hands it over in its own time
            text += os.read(ours, 1 << 16)
        return text.decode()

    yield resize, read
    out.close()
    os.close(ours)


@pytest.fixture(scope="module")
def jobs():
    return list(make_plan(resolve_experiment(make_experiment(experiment(seeds=[0, 1, 2, 3])))).jobs)


@pytest.mark.parametrize("columns", [119, 80, 40, 10, 1])
def test_a_drawn_line_never_breaks(terminal, jobs, monkeypatch, columns):
    resize, read = terminal
    monkeypatch.setattr(module, "REDRAW_SECONDS", 0.0)
    progress = Progress(jobs, 2, Display(resize(columns)))
    for job in jobs[:4]:
        progress.start(job)
    for share in range(20):
        progress.advance(jobs[0], share / 20)
    text = read()
    assert "\n" not in text and text.count("\r") >= 20
    assert max(len(line) for line in re.split(r"\r\x1b\[K", text)) < max(columns, 2)


def test_a_terminal_that_is_made_smaller_is_noticed(terminal):
    resize, read = terminal
    display = Display(resize(100))
    display.draw("x" * 200)
    assert len(read().removeprefix("\r\x1b[K")) == 99
    resize(30)
    display.draw("x" * 200)
    assert len(read().removeprefix("\r\x1b[K")) == 29


def test_the_drawn_line_is_taken_away_before_a_message(terminal):
    resize, read = terminal
    display = Display(resize(80))
    display.draw("half-way")
    display.say("done")
    assert read().replace("\r\n", "\n") == "\r\x1b[Khalf-way\r\x1b[Kdone\n"
    display.clear()
    assert read() == ""  # nothing is drawn


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("abcd", 1, "…"),
        ("abcd", 0, ""),
        ("漢字漢字", 5, "漢字…"),
    ],
)
def test_a_line_is_cut_by_columns(text, columns, shown):
    assert fit(text, columns) == shown


def test_a_file_gets_whole_lines_and_nothing_drawn():
    out = io.StringIO()
    display = Display(out)
    display.draw("half-way")
    display.say("x" * 500)
    assert out.getvalue() == "x" * 500 + "\n"


class Gone(io.StringIO):
    def write(self, text):
        raise OSError(5, "Input/output error")


def test_what_shows_may_go_away(jobs):
    closed = io.StringIO()
    closed.close()
    for out in (Gone(), closed):
        progress = Progress(jobs, 1, Display(out))
        progress.start(jobs[0])
        progress.advance(jobs[0], 0.5)
        progress.end(jobs[0], Status.DONE, None)
        progress.close()
        assert progress.seconds_left() is not None


def test_a_finished_job_says_what_it_came_to(jobs):
    out = io.StringIO()
    progress = Progress(jobs, 1, Display(out), outcome=lambda job: "test 81.20 %")
    progress.start(jobs[0])
    progress.end(jobs[0], Status.DONE, None)
    assert "[1/8] done search-darts-d10-s0: test 81.20 % (0:00)" in out.getvalue()
