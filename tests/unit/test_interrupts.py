"""Stop signals before any job runs: they end a command, an import that they meet is not unwound."""

import os
import signal
import subprocess
import sys

import pytest

from harness.execution.interrupts import Interrupted, raise_interrupts

STOP = "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n"


class LeftError(Exception):
    """In place of the end of the process."""


def leave():
    raise LeftError


def test_a_signal_ends_what_is_done():
    with raise_interrupts(leave) as came, pytest.raises(Interrupted):
        os.kill(os.getpid(), signal.SIGTERM)
    assert came == [signal.SIGTERM]


def test_a_signal_during_an_import_ends_the_process_instead(tmp_path, monkeypatch):
    (tmp_path / "stopping_module.py").write_text(STOP)
    monkeypatch.syspath_prepend(tmp_path)
    with raise_interrupts(leave), pytest.raises(LeftError):
        import stopping_module  # noqa: F401


def test_a_command_stopped_while_it_imports_says_so_and_ends_with_its_own_status(tmp_path, root):
    (tmp_path / "pandas.py").write_text(STOP)
    path = os.pathsep.join([str(tmp_path), str(root)])
    done = subprocess.run(
        [sys.executable, "-m", "harness", "ranks", "--source", "c10", "--target", "c100"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr, done.stdout) == (3, "interrupted\n", "")
