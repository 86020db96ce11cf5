"""The one scheduler, with workers of its own process."""

import pytest

from harness.config.experiment import make_experiment
from harness.execution.crew import Crew
from harness.execution.progress import Progress
from harness.execution.schedule import ATTEMPTS, Schedule
from harness.execution.worker import Fault, Over, Result
from harness.execution.workers import Worker
from harness.planning.plan import make_plan
from harness.planning.resolve import resolve_experiment
from tests.integration.tiny import experiment


@pytest.fixture(scope="module")
def jobs():
    return make_plan(resolve_experiment(make_experiment(experiment(arms=["direct"])))).jobs


class Diligent(Worker):
    """Says at once that all it was given is done."""

    is_ready = True

    def listen(self, hear):
        for job in tuple(self.jobs):
            hear(Result(job, "done", None))
        hear(Over())


class Unlucky(Worker):
    """Ends by a fault of the machine, whatever it is given."""

    is_ready = True

    def listen(self, hear):
        if self.unit:
            hear(Fault("The disk is full."))
            raise EOFError


def carry_out(jobs, worker, should_stop):
    hired = []
    schedule, progress = Schedule(jobs), Progress(jobs, 1)
    crew = Crew(lambda device: hired.append(device) or worker(device), 1, ("cpu",))
    return schedule.ending(is_stopped=crew.run(schedule, progress, should_stop)), hired


def test_one_worker_does_all_jobs_those_that_rest_on_others_last(jobs):
    ending, hired = carry_out(jobs, Diligent, lambda: False)
    assert ending.is_complete and hired == ["cpu"]


def test_a_stop_after_the_last_job_is_none(jobs):
    answers = iter([False] * len(jobs))
    ending, _ = carry_out(jobs, Diligent, lambda: next(answers, True))
    assert ending.is_complete
    ending, hired = carry_out(jobs, Diligent, lambda: True)
    assert ending.is_stopped and not hired


def test_who_ended_is_replaced_and_its_job_tried_once_more(jobs):
    ending, hired = carry_out(jobs, Unlucky, lambda: False)
    assert len(hired) == ATTEMPTS
    assert list(ending.lost.values()) == ["The disk is full."] and ending.waiting == 1
