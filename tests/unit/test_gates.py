"""Gates of one option each, and the option that is likeliest."""

import numpy as np

from harness.api import Decision, Gates, argmax

EDGES = [Decision("a", ("x", "y", "z")), Decision("b", ("x", "y")), Decision("c", ("x", "y"))]


def test_one_option_of_each_edge_runs_and_nothing_where_none_is_chosen():
    gates = Gates.one_hot(EDGES, [2, None, 0])
    assert [weights.tolist() for weights in gates.weights] == [[0, 0, 1], [0, 0], [1, 0]]
    assert gates.active == [(2,), (), (0,)]


def test_the_likeliest_option_is_the_first_of_equals_and_never_nan_beside_a_number():
    rows = [[0.2, 0.5, 0.5], [np.nan, 0.1], [np.nan, np.nan]]
    assert argmax([np.array(row) for row in rows]) == [1, 1, 0]
