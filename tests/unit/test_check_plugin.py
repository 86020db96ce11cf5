"""One plugin against the contract of its kind: verdicts, exceptions, names."""

import dataclasses
import json
import sys

import numpy as np
import pytest
import torch

from harness import cli
from harness.errors import UnknownNameError
from harness.testing import check as check_module
from harness.testing.check import Verdict, check_plugin, run_check
from harness.testing.clauses import Excepted, apply, find_difference, freeze, read_clause, title
from harness.testing.method_checks import METHOD_CHECKS
from harness.testing.plugin_checks import check_says_what_it_is
from harness.testing.resuming_checks import check_seed_matters
from methods.random_search import RandomSearch


def one_clause(monkeypatch):
    """Leave one clause of the methods' contract, so that a test takes no time."""
    monkeypatch.setattr(check_module, "METHOD_CHECKS", METHOD_CHECKS[:1])
    monkeypatch.setattr(check_module.SPACES, "names", list)


def test_every_clause_is_a_sentence_of_its_own():
    checks = {
        check
        for name, value in vars(check_module).items()
        if name.endswith("_CHECKS")
        for check in value
    }
    sentences = [read_clause(check) for check in checks]
    assert len(checks) > 50
    assert len(set(sentences)) == len(sentences)
    assert all(s[:1] in "ABCDEFGHIJKLMNOPQRSTUVWXYZ`" and s[-1] == "." for s in sentences)


def test_verdicts_read_as_lines_and_as_json():
    verdict = Verdict("method darts", "It works.", "failed", "it does not")
    assert verdict.to_line() == "failed    method darts: It works. [it does not]"
    assert Verdict("method darts", "It works.", "passed").to_line().endswith(": It works.")
    assert dataclasses.asdict(verdict) == {
        "plugin": "method darts",
        "clause": "It works.",
        "status": "failed",
        "message": "it does not",
    }


def test_declared_exception_is_reported_with_its_reason():
    class Fixed(RandomSearch):
        exceptions = {"seed_matters": "It walks the space in a fixed order."}  # noqa: RUF012

    with pytest.raises(Excepted, match="fixed order"):
        apply(check_seed_matters, Fixed)
    verdict = run_check("method fixed", check_seed_matters, Fixed)
    assert verdict == Verdict(
        "method fixed",
        read_clause(check_seed_matters),
        "excepted",
        "It walks the space in a fixed order.",
    )


def test_exception_without_a_reason_is_a_failure():
    class Sly(RandomSearch):
        exceptions = {"seed_matters": ""}  # noqa: RUF012

    assert run_check("method sly", check_seed_matters, Sly).status == "failed"


def test_method_that_refuses_the_toy_is_excepted_by_its_own_reason():
    class Picky(RandomSearch):
        @classmethod
        def unsupported(cls, space, *, has_images, fidelities):
            return "It searches other spaces."

    verdict = run_check("method picky", check_seed_matters, Picky)
    assert (verdict.status, verdict.message) == ("excepted", "It searches other spaces.")


def test_plugin_whose_module_does_not_say_what_it_is_is_caught(monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "__doc__", "todo")

    class Wordless(RandomSearch):
        pass

    verdict = run_check("method wordless", check_says_what_it_is, Wordless)
    assert (verdict.status, verdict.message[-6:]) == ("failed", "'todo'")


def test_whatever_a_plugin_raises_becomes_a_verdict_in_one_line():
    class Crashing(RandomSearch):
        def step(self):
            raise RuntimeError("first line\nsecond line")

    verdict = run_check("method crashing", check_seed_matters, Crashing)
    assert (verdict.status, verdict.message) == ("failed", "RuntimeError: first line")


def test_name_of_several_kinds_is_checked_as_each_of_them(monkeypatch):
    one_clause(monkeypatch)
    for checks in ("SPACE_CHECKS", "NETWORK_CHECKS", "SUPERNET_CHECKS", "PLUGIN_CHECKS"):
        monkeypatch.setattr(check_module, checks, getattr(check_module, checks)[:1])
    monkeypatch.setattr(check_module.SPACES, "names", lambda: ["darts"])
    plugins = {verdict.plugin for verdict in check_plugin("darts")}
    assert plugins == {"method darts", "method darts in darts", "space darts"}
    assert {v.plugin for v in check_plugin("darts", "space")} == {"space darts"}


def test_unknown_name_is_refused_with_the_nearest_ones():
    with pytest.raises(UnknownNameError, match=r"No plugin is called 'd1O'. Did you mean .*d10"):
        check_plugin("d1O")
    with pytest.raises(UnknownNameError, match="No method is called 'd10'"):
        check_plugin("d10", "method")


def test_command_prints_every_verdict_and_fails_if_one_does(monkeypatch, capsys):
    one_clause(monkeypatch)
    assert cli.main(["check", "random_search"]) == 0
    assert capsys.readouterr().out.startswith("passed    method random_search: The first docstring")

    def check_nothing(method):
        """Nothing is ever right."""
        raise AssertionError("as was to be expected")

    monkeypatch.setattr(check_module, "METHOD_CHECKS", (check_nothing,))
    assert cli.main(["check", "random_search", "--json"]) == 1
    (verdict,) = json.loads(capsys.readouterr().out)
    assert (verdict["status"], verdict["message"]) == ("failed", "as was to be expected")


def test_titles_are_what_exceptions_refer_to():
    assert title(check_seed_matters) == "seed_matters"


def test_first_difference_is_found_by_its_place():
    first = {"a": [1, torch.zeros(2)], "b": (float("nan"), "x")}
    second = {"a": [1, torch.tensor([0.0, 1.0])], "b": [float("nan"), "x"]}
    assert find_difference(freeze(first), freeze(first)) is None
    assert find_difference(freeze(first), freeze(second), "state").startswith("state.a[1]: ")
    assert find_difference(freeze({"a": 1}), freeze({"b": 1})).startswith(": {'a': 1}")
    assert find_difference(freeze([1]), freeze([1, 2])).startswith(": [1]")


def test_frozen_tensors_compare_by_type_shape_and_bits():
    assert freeze(torch.zeros(2)) == freeze(torch.zeros(4)[::2])
    assert freeze(torch.zeros(2)) != freeze(torch.zeros(2).double())
    assert freeze(torch.zeros(2)) != freeze(torch.zeros(1, 2))
    assert freeze(torch.tensor(np.nan)) == freeze(torch.tensor(np.nan))
    assert freeze(torch.zeros((), dtype=torch.bfloat16)) == freeze(torch.zeros(()).bfloat16())
