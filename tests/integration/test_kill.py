"""A run killed with SIGKILL and started again ends as one that was left alone."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.integration.tiny import PROTOCOL, run, trajectories, write


@pytest.mark.slow
def test_killed_three_times_it_ends_as_if_left_alone(tmp_path, root):
    search = {**PROTOCOL["search"], "budget": {"examples": 80}}
    file = write(tmp_path, arms=["direct"], protocol={**PROTOCOL, "search": search})
    assert run(tmp_path / "alone", file) == 0
    command = [sys.executable, "-c", KILLABLE, "run", str(file), "--device", "cpu"]
    command += ["--results", str(tmp_path / "killed"), "--jobs", "2"]
    kills = 0
    while True:
        process = subprocess.Popen(
            command, cwd=root, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        if kills < 3 and _runs_until_work_has_begun(process, tmp_path / "killed"):
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
            process.wait()
        else:
            break
    assert process.wait() == 0
    assert kills == 3
    assert trajectories(tmp_path / "killed") == trajectories(tmp_path / "alone")


# The command line with checkpoints so close that every kill falls between two of them.
KILLABLE = """
import sys
from harness.execution import runner
runner.CHECKPOINT_SECONDS = 0.2
from harness.cli import main
if __name__ == "__main__":
    sys.exit(main())
"""


def _runs_until_work_has_begun(process, folder):
    """Wait until the process has written something new; False if it ended before."""
    before = _written(folder)
    while _written(folder) == before:
        if process.poll() is not None:
            return False
        time.sleep(0.02)
    time.sleep(0.3)
    return process.poll() is None


def _written(folder):
    files = folder.glob("tiny/jobs/*/trajectory.jsonl")
    return sum(len(file.read_text().splitlines()) for file in files if file.exists())
