"""A run killed with SIGKILL and started again ends as one that was left alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.tiny import PROTOCOL, records, run, trajectories, write


@pytest.mark.slow
def test_killed_three_times_it_ends_as_if_left_alone(tmp_path, root):
    file = write(tmp_path, arms=["direct"], protocol=searching(80))
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


def searching(examples):
    """Return the protocol with searches long enough to be met at work."""
    search = {**PROTOCOL["search"], "budget": {"examples": examples}}
    return {**PROTOCOL, "search": search}


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


@pytest.mark.slow
def test_a_worker_that_dies_costs_its_own_job_only(tmp_path, root):
    file = write(tmp_path, arms=["direct"], seeds=[0, 1], protocol=searching(160))
    process = _start(tmp_path / "results", file, root)
    assert _runs_until_work_has_begun(process, tmp_path / "results")
    os.kill(_workers(process.pid)[0], signal.SIGKILL)
    assert process.wait() == 1
    status = sorted(record["status"] for record in records(tmp_path / "results").values())
    assert status == ["done", "done", "failed", "skipped"]
    reasons = [record["reason"] or "" for record in records(tmp_path / "results").values()]
    assert any("died with exit code -9" in reason for reason in reasons)
    assert run(tmp_path / "results", file, "--rerun", "failed") == 0


@pytest.mark.slow
def test_an_interrupt_saves_what_runs_and_the_same_command_goes_on(tmp_path, root):
    file = write(tmp_path, arms=["direct"], seeds=[0, 1], protocol=searching(160))
    process = _start(tmp_path / "results", file, root)
    assert _runs_until_work_has_begun(process, tmp_path / "results")
    process.send_signal(signal.SIGINT)
    assert process.wait() == 3
    assert list((tmp_path / "results").glob("tiny/jobs/*/checkpoint.pt"))
    assert run(tmp_path / "results", file) == 0
    assert run(tmp_path / "alone", file) == 0
    assert trajectories(tmp_path / "results") == trajectories(tmp_path / "alone")


def _start(results, file, root):
    command = [sys.executable, "-m", "harness", "run", str(file), "--device", "cpu"]
    command += ["--results", str(results), "--jobs", "2"]
    return subprocess.Popen(command, cwd=root, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def _workers(pid):
    """Return the processes that work for ``pid``: its spawned children, not the tracker's."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    lines = {int(child): Path(f"/proc/{child}/cmdline").read_text() for child in children}
    return [child for child, line in lines.items() if "spawn_main" in line]
