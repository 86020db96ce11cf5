"""Experiments under different rules, pooled by force: nothing of theirs is averaged unseen."""

import pytest

from analysis.loading.rows import list_rows
from analysis.report.gallery import Gallery
from analysis.report.sections import overview
from analysis.study import load
from tests.analysis.ingredients import PROTOCOL, RECIPE
from tests.analysis.loading import load_study

ARMS = ("transferred", "direct", "random")
LONGER = {"train": {**PROTOCOL["train"], "recipe": {**RECIPE, "epochs": 5}}, "name": "longer"}


def pooled(invent, protocol, **what):
    what = {"seeds": 2, "methods": ("darts",), "arms": ARMS} | what
    folders = [invent("one", **what), invent("two", **what, protocol=protocol)]
    return load_study(folders, force=True)


def facts(study, tmp_path):
    block = overview.section(study, Gallery(tmp_path / "figures")).blocks[0]
    return {row[0]: row[1] for row in block.rows}


def test_random_architectures_of_different_rules_are_kept_apart(invent):
    study = pooled(invent, LONGER | {"random_architectures": 3})
    random = study.arms[study.arms["arm"] == "random"]
    assert dict(zip(random["method"], random["n"], strict=True)) == {
        "darts (one)": 6,
        "darts (two)": 3,
    }
    assert dict(study.gains.groupby("method")["n_random"].first()) == {
        "darts (one)": 6,
        "darts (two)": 3,
    }
    for row in list_rows(study.gains):
        own = random[random["method"] == row["method"]]["mean"].iloc[0]
        arm = study.arms[
            (study.arms["method"] == row["method"]) & (study.arms["arm"] == row["arm"])
        ]
        assert row["gain"] == pytest.approx(arm["mean"].iloc[0] - own)


def test_random_architectures_of_equal_rules_are_shared(invent):
    study = pooled(invent, {"search": {**PROTOCOL["search"], "batch_size": 16}})
    random = study.arms[study.arms["arm"] == "random"]
    assert list(random["method"]) == [""] and list(random["n"]) == [6]


def test_what_was_run_lists_every_protocol(invent, tmp_path):
    told = facts(pooled(invent, LONGER | {"random_architectures": 3}), tmp_path)
    assert told["protocol"] == "one: tiny; two: longer"
    assert told["random architectures"] == "one: 6 per target; two: 3 per target"
    assert (
        told["final training"].startswith("one: 3 epochs")
        and "two: 5 epochs" in told["final training"]
    )


def test_what_all_experiments_share_is_said_once(invent, tmp_path):
    what = {"methods": ("darts",), "arms": ARMS}
    (study,) = load([invent("one", seeds=[0], **what), invent("two", seeds=[1], **what)])
    assert facts(study, tmp_path)["protocol"] == "tiny"


def test_what_any_of_them_declares_is_compared(invent):
    other = {"name": "other", "primary": [{"arm": "direct", "against": "random"}], "margin": 1.0}
    study = pooled(invent, LONGER | other)
    asked = {(one.question.arm, one.question.against) for one in study.comparisons}
    mine = {("direct", "transferred"), ("transferred", "random")}  # no arm continued was run
    assert asked == {*mine, ("direct", "random")}
    assert not any(one.against_margin for one in study.comparisons)
