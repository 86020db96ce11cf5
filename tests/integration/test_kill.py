"""A run killed with SIGKILL and started again ends as one that was left alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.tiny import PROTOCOL, UNREPORTED, records, run, trajectories, write


def searching(examples):
    """Return the protocol with searches long enough to be met at work."""
    search = {**PROTOCOL["search"], "budget": {"examples": examples}}
    return {**PROTOCOL, "search": search}


PLAN = {"arms": ["direct"], "seeds": [0, 1], "protocol": searching(48)}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The trajectories of a run of PLAN that nobody disturbs."""
    folder = tmp_path_factory.mktemp("alone")
    assert run(folder, write(folder, **PLAN)) == 0
    return trajectories(folder)


@pytest.mark.slow
def test_killed_three_times_it_ends_as_if_left_alone(tmp_path, root, alone):
    file = write(tmp_path, **{**PLAN, "seeds": [0]})
    kills = 0
    while True:
        process = _start(tmp_path / "killed", file, root, jobs=1)
        if kills < 3 and _runs_until_work_has_begun(process, tmp_path / "killed"):
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
            process.communicate()
        else:
            break
    _, told = process.communicate()
    assert process.returncode == 0, told
    assert kills == 3
    found = trajectories(tmp_path / "killed")
    assert len(found) == 2 and found.items() <= alone.items()


# The command line with checkpoints so close that every kill falls between two of them, in workers,
# too: they import the script that started them.
KILLABLE = f"""
from harness.execution import savers
savers.CHECKPOINT_SECONDS = 0.2
{UNREPORTED}
"""


def _runs_until_work_has_begun(process, folder):
    """Wait until the process has saved a job and gone on; False if it ended before."""
    before = _written(folder)
    while _written(folder) == before or not list(folder.glob("tiny/jobs/*/checkpoint.pt")):
        if process.poll() is not None:
            return False
        time.sleep(0.02)
    time.sleep(0.3)
    return process.poll() is None


def _written(folder):
    files = folder.glob("tiny/jobs/*/trajectory.jsonl")
    return sum(len(file.read_text().splitlines()) for file in files if file.exists())


@pytest.mark.slow
def test_a_job_whose_worker_dies_is_tried_once_more_and_then_left_to_the_same_command(
    tmp_path, root, alone
):
    file = write(tmp_path, **{**PLAN, "seeds": [0]})
    process = _start(tmp_path / "results", file, root)
    for _ in range(2):
        assert _runs_until_work_has_begun(process, tmp_path / "results")
        os.kill(_workers(process.pid)[0], signal.SIGKILL)
    _, told = process.communicate()
    assert process.returncode == 3
    assert "ended by SIGKILL; perhaps memory ran out. Trying again." in told
    assert "1 have no result" in told and "1 more wait for them" in told
    assert not records(tmp_path / "results")
    assert list((tmp_path / "results").glob("tiny/jobs/*/checkpoint.pt"))
    assert run(tmp_path / "results", file) == 0
    found = trajectories(tmp_path / "results")
    assert len(found) == 2 and found.items() <= alone.items()


@pytest.mark.slow
@pytest.mark.parametrize(("jobs", "last"), [(1, signal.SIGHUP), (2, signal.SIGINT)])
def test_stops_at_any_moment_leave_what_an_undisturbed_run_leaves(
    tmp_path, root, alone, jobs, last
):
    file, folder = write(tmp_path, **PLAN), tmp_path / "stopped"
    for seconds, number in [(0, signal.SIGINT), (1, signal.SIGTERM)]:
        command = [sys.executable, "-m", "harness"]
        process = _start(folder, file, root, jobs=jobs, command=command)
        time.sleep(seconds)
        process.send_signal(number)
        _, told = process.communicate()
        # In its first moment a process cannot have prepared for signals yet.
        assert process.returncode == 3 or (seconds == 0 and process.returncode < 0), told
        assert "Traceback" not in told or seconds == 0
    process = _start(folder, file, root, jobs=jobs)
    assert _runs_until_work_has_begun(process, folder)
    process.send_signal(last)
    process.communicate()
    assert process.returncode == 3
    assert list(folder.glob("tiny/jobs/*/checkpoint.pt"))
    assert run(folder, file, "--jobs", str(jobs), "--stop-after", "0s") == 3
    assert run(folder, file) == 0
    assert trajectories(folder) == alone


def _start(results, file, root, *, jobs=2, command=None):
    script = file.with_name("killable.py")
    script.write_text(KILLABLE)
    command = command or [sys.executable, str(script)]
    return subprocess.Popen(
        [*command, "run", file, "--device", "cpu", "--results", results, "--jobs", str(jobs)],
        env={**os.environ, "PYTHONPATH": str(root)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        preexec_fn=_heed_signals,
    )


def _heed_signals():
    """Let a process be stopped even if whoever runs the tests is not, as in the background."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def _workers(pid):
    """Return the processes that work for ``pid``: its spawned children, not the tracker's."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    lines = {int(child): Path(f"/proc/{child}/cmdline").read_text() for child in children}
    return [child for child, line in lines.items() if "spawn_main" in line]
