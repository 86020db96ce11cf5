"""Several methods on several pairs: a sentence for each pair and question names every method."""

from itertools import product

import pytest

from analysis.answers.comparisons.records import Verdict
from analysis.numbers import decimal
from analysis.report.sections.answer import sentences
from tests.analysis.ingredients import PROTOCOL
from tests.analysis.loading import load_study

METHODS = ("darts", "random_search", "proxylessnas", "eat_nas")
PAIRS = (("d10", "d100"), ("d10", "c100"))
RULES = {"primary": [{"arm": "transferred", "against": "random"}], "random_architectures": 40}
ARMS = ("transferred", "random")
BETTER, OPEN = "cells found on d10 did better than random cells with ", "no difference was shown"


def shift(job, value):
    """Make darts good, proxylessnas as good as random, whatever the target."""
    moved = {"darts": 6.0, "eat_nas": 6.0, "proxylessnas": -3.0, "random_search": -3.0}
    return value + next((by for name, by in moved.items() if name in job.name), 0.0)


@pytest.fixture
def study(invent):
    what = {"methods": METHODS, "pairs": PAIRS, "arms": ARMS, "seeds": 10, "accuracy": shift}
    return load_study([invent("several", **what, protocol=PROTOCOL | RULES)])


def test_each_pair_has_a_sentence_in_which_every_method_has_its_claim(study):
    told = list(sentences(study))
    verdicts = {(one.question.method, one.question.target): one for one in study.comparisons}
    assert set(verdicts) == set(product(METHODS, ("d100", "c100")))
    for target in ("d100", "c100"):
        (sentence,) = (text for text in told if text.startswith("d10") and f"→ {target}" in text)
        better, _, rest = sentence.partition("; ")
        assert BETTER in better and rest.startswith(OPEN)
        for method in METHODS:
            one = verdicts[method, target]
            is_better = one.verdict is Verdict.SUPERIOR
            low, high = one.effect.low, one.effect.high
            size = decimal(one.effect.difference, 2 if high - low < 1 else 1, signed=True)
            assert (f"{method} ({size}" in better) is is_better
            assert (f"{method} ({size}" in rest) is not is_better
        assert "(points between means, 95 % intervals" in sentence
        assert sentence.endswith("; 10 and 40 runs).")
    assert {one.verdict for one in study.comparisons} == {Verdict.SUPERIOR, Verdict.INCONCLUSIVE}


def test_few_methods_have_a_sentence_each(invent):
    what = {"methods": METHODS[:2], "pairs": PAIRS, "arms": ARMS}
    told = list(sentences(load_study([invent("few", **what, protocol=PROTOCOL | RULES)])))
    assert len(told) == 4 and all(text.startswith(METHODS[:2]) for text in told)
