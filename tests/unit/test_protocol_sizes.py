"""Protocols say which images they are sized for; the default follows the tasks."""

import pytest

from harness.cli import main
from harness.config.experiment import make_experiment
from harness.config.protocol import Protocol, SizedFor
from harness.errors import UnknownNameError
from harness.planning.protocol_sizes import choose_protocol, warn_about_sizes
from harness.results.planned import TaskFacts
from tests.integration.tiny import PROTOCOL, experiment


def facts(**sides):
    return {
        title: TaskFacts(label=title, notice="", inputs=(3, *side), classes=2, fingerprint="")
        for title, side in sides.items()
    }


def sized(low, high):
    return Protocol.model_validate({**PROTOCOL, "sized_for": {"sides": (low, high)}})


@pytest.mark.parametrize(
    ("tasks", "name"),
    [(["d10", "d100"], "quick"), (["c10", "c100"], "cpu"), (["d10", "c10"], "cpu")],
)
def test_the_default_is_sized_for_the_tasks_and_reads_no_data(tasks, name):
    assert choose_protocol(tasks) == name


def test_a_task_that_is_none_is_refused():
    with pytest.raises(UnknownNameError, match="No task is called 'c1'"):
        choose_protocol(["c1"])


def test_one_sized_for_other_images_is_warned_about_with_those_that_fit():
    (line,) = warn_about_sizes(sized(8, 24), facts(c10=(32, 32), d10=(16, 16)))
    assert line == (
        "The protocol tiny is sized for images of 8 to 24 pixels a side, and c10 has 32; no "
        "shipped one fits them all."
    )
    (line,) = warn_about_sizes(sized(8, 24), facts(c10=(32, 32), own=(28, 48)))
    assert line.endswith(
        "and c10 has 32 and own has 48; sized for these tasks: cpu and paper and standard."
    )
    assert not [*warn_about_sizes(sized(8, 32), facts(c10=(32, 32), d10=(8, 16)))]
    without = Protocol.model_validate(PROTOCOL)
    assert not [*warn_about_sizes(without, facts(c10=(32, 32)))]


def test_a_shipped_protocol_by_default_there_is_for_every_size():
    ranges = [
        make_experiment(experiment(protocol=name)).protocol.sized_for for name in ("quick", "cpu")
    ]
    assert ranges == [
        SizedFor(sides=(8, 28), by_default=True),
        SizedFor(sides=(29, 64), by_default=True),
    ]


def test_quick_on_cifar_is_warned_about_by_the_command(tmp_path, reference, capsys):
    command = ["run", "--method", "random_search", "--source", "c10", "--target", "c100"]
    where = ["--data", str(reference), "--results", str(tmp_path), "--dry-run"]
    assert main([*command, *where, "--protocol", "quick"]) == 0
    (line,) = (row for row in capsys.readouterr().err.splitlines() if row.startswith("warning"))
    assert "quick is sized for images of 8 to 28 pixels a side, and c10 has 32 and c100" in line
    assert main([*command, *where]) == 0
    assert "warning" not in capsys.readouterr().err
