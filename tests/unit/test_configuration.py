"""What an experiment file may say, and how it is refused."""

import pytest
from pydantic import BaseModel, ValidationError

from harness.config.documents import apply_overrides, explain, merge, parse_yaml, read_yaml
from harness.config.experiment import make_experiment
from harness.config.parameters import construct, defaults, resolve
from harness.config.protocol import Budget
from harness.errors import ConfigError, PluginError
from methods.darts import Darts
from tests.integration.tiny import experiment


def test_a_repeated_key_is_refused_with_its_line():
    with pytest.raises(ConfigError, match=r"line 2: the key 'a' is given twice"):
        parse_yaml("a: 1\na: 2\n")


def test_broken_yaml_is_one_line():
    with pytest.raises(ConfigError, match=r"^line \d+: not YAML: [^\n]*$"):
        parse_yaml("a: [1, 2\nb: 3\n")


def test_python_objects_are_no_yaml():
    with pytest.raises(ConfigError):
        parse_yaml("!!python/object/apply:os.system ['true']")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.yaml cannot be read"):
        read_yaml(tmp_path / "nowhere.yaml")


def test_overrides_reach_into_lists_and_make_missing_mappings():
    document = {"methods": [{"name": "darts"}]}
    changed = apply_overrides(document, ["methods.0.params.carry=alpha", "seeds=[1, 2]"])
    assert changed == {
        "methods": [{"name": "darts", "params": {"carry": "alpha"}}],
        "seeds": [1, 2],
    }
    assert document == {"methods": [{"name": "darts"}]}


@pytest.mark.parametrize("text", ["seeds", "=3", "methods.5.name=x", "methods.first=x"])
def test_an_override_without_a_place_is_refused(text):
    with pytest.raises(ConfigError, match="--set"):
        apply_overrides({"methods": [{"name": "darts"}]}, [text])


def test_merging_keeps_what_is_not_changed():
    assert merge({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}}) == {"a": {"b": 1, "c": 3}}


def test_parameters_are_written_out_in_full():
    resolved = resolve("method", "darts", Darts, {"choices": {"learning_rate": 0.01}})
    assert resolved["choices"]["learning_rate"] == 0.01
    assert resolved["choices"]["betas"] == [0.5, 0.999]
    assert resolved["weights"] == defaults(Darts)["weights"]
    assert resolve("method", "darts", Darts, resolved) == resolved


def test_resolved_parameters_come_back_typed():
    arguments = construct(Darts, resolve("method", "darts", Darts, {"carry": "alpha"}))
    assert arguments["carry"] == "alpha"
    assert arguments["weights"].momentum == 0.9
    assert arguments["choices"].betas == (0.5, 0.999)


def test_numbers_that_yaml_takes_for_texts_are_numbers():
    given = parse_yaml("choices: {learning_rate: 1e-3}")
    assert resolve("method", "darts", Darts, given)["choices"]["learning_rate"] == 0.001


def test_a_parameter_without_default_is_the_plugin_authors_fault():
    class Careless:
        def __init__(self, *, rate: float) -> None: ...

    with pytest.raises(PluginError, match="'rate' has no default"):
        defaults(Careless)


def test_a_budget_without_limit_is_refused():
    with pytest.raises(ValidationError, match="limits evaluations, examples, epochs or seconds"):
        Budget()


def test_a_doubled_budget_doubles_every_limit():
    assert Budget(examples=3, evaluations=2).times(2) == Budget(examples=6, evaluations=4)


def test_a_missing_key_is_named():
    class Model(BaseModel):
        inner: Budget

    with pytest.raises(ValidationError) as caught:
        Model.model_validate({})
    assert explain(caught.value, Model) == "inner is missing; it has to be stated."


def test_a_number_of_seeds_is_short_for_the_first_ones():
    seeds = make_experiment(experiment(seeds=4)).seeds
    assert seeds == make_experiment(experiment(seeds=[0, 1, 2, 3])).seeds == (0, 1, 2, 3)
