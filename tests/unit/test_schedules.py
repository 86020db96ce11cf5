import pytest

from harness.training.schedules import cosine, count_epoch_steps, drop_path_probability


@pytest.mark.parametrize(
    ("epoch", "epochs", "end", "expected"),
    [
        (0, 50, 0.001, 0.025),
        (25, 50, 0.001, 0.013),
        (49, 50, 0.001, 0.0010237),
        (300, 600, 0.0, 0.0125),
    ],
)
def test_cosine_has_the_values_of_the_official_darts_schedules(epoch, epochs, end, expected):
    assert cosine(epoch, epochs, 0.025, end) == pytest.approx(expected, abs=5e-8)


@pytest.mark.parametrize(("epoch", "expected"), [(0, 0.0), (300, 0.1), (599, 0.2 * 599 / 600)])
def test_drop_path_rises_linearly(epoch, expected):
    assert drop_path_probability(epoch, 600, 0.2) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("examples", "batch_size", "expected"),
    [(25_000, 64, 391), (64, 32, 2), (65, 32, 2), (66, 32, 3), (1, 32, 1), (5, 32, 1)],
)
def test_an_epoch_has_a_smaller_last_batch_unless_it_would_be_one_example(
    examples, batch_size, expected
):
    assert count_epoch_steps(examples, batch_size) == expected
