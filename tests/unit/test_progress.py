"""How far, and how long still."""

import io

import pytest

from harness.config.experiment import make_experiment
from harness.config.protocol import Plugin
from harness.execution import progress as module
from harness.execution.display import Display
from harness.execution.progress import Progress
from harness.planning.plan import make_plan
from harness.planning.resolve import resolve_experiment
from harness.results.record import Status
from tests.integration.tiny import experiment


@pytest.fixture(scope="module")
def jobs():
    document = experiment(seeds=[0, 1, 2, 3])
    return list(make_plan(resolve_experiment(make_experiment(document))).jobs)


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_nothing_is_promised_before_anything_is_known(jobs, clock):
    assert Progress(jobs, 1, Display(io.StringIO())).seconds_left() is None


def test_the_time_left_follows_what_jobs_of_the_class_took(jobs, clock):
    out = io.StringIO()
    progress = Progress(jobs, 2, Display(out))
    for job, seconds in zip(jobs[:2], (30, 10), strict=True):  # a search, then a training
        progress.start(job)
        clock[0] += seconds
        progress.end(job, Status.DONE, None)
    assert progress.seconds_left() == 3 * (30 + 10) / 2
    assert "[2/8] done" in out.getvalue() and "about 1:00 left" in out.getvalue()


def test_a_running_job_counts_for_what_it_still_lacks(jobs, clock):
    progress = Progress(jobs[:1], 1, Display(io.StringIO()))
    progress.start(jobs[0])
    clock[0] += 10
    progress.advance(jobs[0], 0.25)
    assert progress.seconds_left() == 30


def test_a_failure_says_why_on_its_line_and_teaches_nothing_about_time(jobs, clock):
    out = io.StringIO()
    progress = Progress(jobs, 1, Display(out))
    progress.start(jobs[0])
    progress.end(jobs[0], Status.FAILED, "Traceback ...\nZeroDivisionError: division by zero\n")
    assert "failed search-darts-d10-s0" in out.getvalue()
    assert "ZeroDivisionError: division by zero" in out.getvalue()
    assert progress.seconds_left() is None


def test_a_log_gets_a_line_now_and_then(jobs, clock):
    out = io.StringIO()
    progress = Progress(jobs, 1, Display(out))
    progress.start(jobs[0])
    for _ in range(60):
        clock[0] += 1
        progress.advance(jobs[0], clock[0] / 100)
    assert 3 <= out.getvalue().count("\n") <= 5
    assert "left - search-darts-d10-s0 60%" in out.getvalue()


@pytest.fixture(scope="module")
def mixed():
    """Two long searches, and trainings that are looked up."""
    document = experiment(seeds=[0, 1])
    jobs = list(make_plan(resolve_experiment(make_experiment(document))).jobs)
    table = Plugin(name="table")
    return [
        job
        if job.name.startswith("search")
        else job.model_copy(
            update={
                "spec": job.spec.model_copy(
                    update={"rules": job.spec.rules.model_copy(update={"evaluator": table})}
                )
            }
        )
        for job in jobs
    ]


def test_jobs_that_are_looked_up_are_not_taken_for_searches(mixed, clock):
    searches = [job for job in mixed if job.name.startswith("search")]
    progress = Progress(mixed, 1, Display(io.StringIO()))
    progress.start(searches[0])
    clock[0] += 600
    progress.end(searches[0], Status.DONE, None)
    look_ups = len(mixed) - len(searches)
    assert look_ups > 0
    expected = 600 * (len(searches) - 1) + module.LOOK_UP_SECONDS * look_ups
    assert progress.seconds_left() == pytest.approx(expected)


def test_look_ups_say_nothing_about_searches_to_come(mixed, clock):
    progress = Progress(mixed, 1, Display(io.StringIO()))
    short = next(job for job in mixed if not job.name.startswith("search"))
    clock[0] += 0.1
    progress.end_short(short, Status.DONE, None)
    assert progress.seconds_left() is None


def test_idle_workers_do_not_speed_up_the_last_job(jobs, clock):
    progress = Progress(jobs[:1], 4, Display(io.StringIO()))
    progress.start(jobs[0])
    clock[0] += 10
    progress.advance(jobs[0], 0.5)
    assert progress.seconds_left() == 10
