"""What networks of a space cannot do is left out of a recipe, and said in one line each."""

import pytest

from harness.config.experiment import make_experiment
from harness.planning.plan import make_plan
from harness.planning.resolve import resolve_experiment
from harness.results.spec import TrainSpec
from tests.integration.tiny import PROTOCOL, RECIPE, experiment

FULL = {**RECIPE, "drop_path": 0.2, "auxiliary_weight": 0.4}
TRAIN = {**PROTOCOL["train"], "recipe": FULL}
SEARCH = {**PROTOCOL["search"], "candidate": {**RECIPE, "drop_path": 0.1}}


def resolve(space, **rules):
    document = experiment(space=space, protocol={**PROTOCOL, **rules})
    return resolve_experiment(make_experiment(document))


@pytest.mark.parametrize("space", ["mobile", "mbconv_chain", "nb201"])
def test_drop_path_and_auxiliary_head_are_left_out_where_networks_have_none(space):
    found = resolve(space, train=TRAIN, search=SEARCH)
    said = [
        f"Networks of the space {space} drop no paths, so search.candidate.drop_path 0.1 is left "
        "out.",
        f"Networks of the space {space} drop no paths, so train.recipe.drop_path 0.2 is left out.",
        f"Networks of the space {space} have no auxiliary head, so train.recipe.auxiliary_weight "
        "0.4 is left out.",
    ]
    assert list(found.warnings) == said
    assert list(found.facts.notices) == said
    (recipe,) = {
        job.spec.rules.recipe for job in make_plan(found).jobs if isinstance(job.spec, TrainSpec)
    }
    assert (recipe.drop_path, recipe.auxiliary_weight) == (0, 0)
    written = found.facts.experiment["protocol"]["train"]["recipe"]
    assert (written["drop_path"], written["auxiliary_weight"]) == (0, 0)


def test_nothing_is_left_out_or_said_where_networks_can_do_it():
    recipe = {**RECIPE, "drop_path": 0.2}
    found = resolve("darts", train={**PROTOCOL["train"], "recipe": recipe})
    assert found.warnings == ()
    assert found.protocol.train.recipe.drop_path == 0.2
    assert resolve("mobile").warnings == ()
