"""Times of steps are those of real searches and trainings, here on a processor."""

from harness.api import Scale, TaskShape
from harness.cli.bench import _describe_time
from harness.spaces.darts import Darts
from harness.tools.bench_captured import Setting, StepTime, list_trainings, time_steps


def test_a_processor_times_eager_steps_only():
    setting = Setting(Darts(), TaskShape((3, 8, 8), 10), Scale(4, 3), 4, "cpu")
    rows = list(time_steps(setting, [Scale(4, 3)], 1, lambda text: None))
    assert len(rows) == 4 and {row.mode for row in rows} == {"eager"}
    assert all(row.seconds > 0 and row.kernels is None for row in rows)


def test_trainings_have_the_size_of_the_super_network_and_of_darts():
    setting = Setting(Darts(), TaskShape((3, 32, 32), 10), Scale(16, 8), 64, "cpu")
    assert list_trainings(setting) == [Scale(16, 8, auxiliary=True), Scale(36, 20, auxiliary=True)]


def test_a_time_is_told_with_kernels_and_memory():
    found = StepTime("darts, first order", "captured", 0.05, 9_000, 0.04, 2**30)
    line = "darts, first order, captured: 50.0 ms a step, 9,000 kernels of 40.0 ms, 1.0 GiB"
    assert _describe_time(found) == line
