"""The matrix of improvements marks what was declared and decided."""

from analysis.figures.improvement import FLOOR, collect
from tests.analysis.loading import load_study


def test_what_holm_lets_be_is_marked(invent):
    study = load_study([invent(seeds=6)])
    table = collect(study)
    marked = set(
        zip(*(table[table["is_significant"]][name] for name in ("method", "arm")), strict=True)
    )
    decided = {
        (one.question.method, one.question.arm)
        for one in study.comparisons
        if one.is_decided and one.question.against == "random"
    }
    assert marked == decided and decided
    assert not table[table["method"] == FLOOR]["gain"].any()
