"""Latency tables: what a file must hold, what it is checked against, how well it predicts."""

import copy
import functools
import itertools
import json
import re

import numpy as np
import pytest
from pydantic import ValidationError
from torch import nn

from harness.api import Costs, OperationKey, Scale, TaskShape
from harness.cli import main
from harness.config.costs import CostRules
from harness.config.experiment import make_experiment
from harness.errors import ConfigError
from harness.hardware.latency import Stopwatch, compare, summarise
from harness.hardware.prices import multiply_adds, read_table
from harness.hardware.published import read_published
from harness.interfaces.costs import price
from harness.planning.pricing import add_fingerprint, open_costs, warn_about_target
from harness.planning.resolve import resolve_experiment
from harness.plugins import SPACES
from harness.search.fitness import Aim, Fitness
from harness.spaces.darts import Darts
from harness.spaces.mobile import Mobile
from harness.spaces.nb201 import Nb201
from harness.tools.latency import measure_table
from tests.integration.tiny import PROTOCOL, experiment

SPACE = Darts()
SHAPES = [TaskShape((1, 16, 16), classes) for classes in (10, 100)]
SCALE = Scale(4, 3)


@pytest.fixture(scope="module")
def document():
    table = measure_table("darts", SPACE, SHAPES, SCALE, Stopwatch(warm_up=1, repeats=3), 3)
    return json.loads(table.model_dump_json())


@pytest.fixture
def write(tmp_path, document):
    """Write the table after a change and return its path."""

    def write(change=lambda table: None):
        table = copy.deepcopy(document)
        change(table)
        path = tmp_path / "table.json"
        path.write_text(json.dumps(table))
        return path

    return write


def rules(path, **changes):
    given = {"currency": "milliseconds", "network": {"channels": 4, "cells": 3}, "table": str(path)}
    protocol = {**PROTOCOL, "costs": {**given, **changes}}
    pairs = [{"source": "d10", "target": "d100"}]
    return resolve_experiment(make_experiment(experiment(protocol=protocol, pairs=pairs)))


def test_a_table_prices_every_network_of_every_task_it_was_made_for(write):
    table, _ = read_table(write())
    for shape in SHAPES:
        for seed in range(5):
            architecture = SPACE.sample(np.random.default_rng(seed))
            assert all(table.price(key) >= 0 for key in SPACE.layers(architecture, shape, SCALE))


def test_a_table_says_where_and_how_it_was_measured(document):
    assert document["provenance"]["threads"] == 1
    assert document["provenance"]["repeats"] == 3
    assert document["check"]["networks"] == 3


def test_a_plan_names_the_tables_content_and_costs_are_its_sums(write):
    path = write()
    found = rules(path).protocol.costs
    assert found.fingerprint == read_table(path)[1]
    costs = open_costs(found, "darts", SPACE, SHAPES[0])
    architecture = SPACE.sample(np.random.default_rng(0))
    table, _ = read_table(path)
    expected = sum(map(table.price, SPACE.layers(architecture, SHAPES[0], SCALE)))
    assert costs.of(architecture) == pytest.approx(expected)
    gates = [weights.tolist() for weights in SPACE.gates_of(architecture).weights]
    assert costs.edges.of(gates) == pytest.approx(expected)


def without(table):
    del table["milliseconds"]["sep_conv_5x5 4x16x16 4x16x16"]


def negative(table):
    table["milliseconds"]["stem 1x16x16 12x16x16"]["median"] = -1


def not_a_number(table):
    table["milliseconds"]["stem 1x16x16 12x16x16"]["median"] = float("nan")


def of_another_space(table):
    table["space"] = "mobile"


def of_other_images(table):
    table["image"] = [3, 32, 32]


def of_another_size(table):
    table["network"]["channels"] = 16


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (without, "no 'sep_conv_5x5 4x16x16 4x16x16'; it was measured for the space darts"),
        (negative, "stem 1x16x16 12x16x16 / median"),
        (not_a_number, "it holds NaN"),
        (of_another_space, "made for the space mobile, not darts"),
        (of_other_images, "made for images of 3x32x32, not 1x16x16"),
        (of_another_size, "made for initial channels: 16, not 4"),
        (lambda table: table.pop("milliseconds"), "milliseconds"),
        (lambda table: table.update(version=2), "version"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_at_planning(write, change, complaint):
    with pytest.raises(ConfigError) as caught:
        rules(write(change))
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[1, 2]", "{"])
def test_a_file_that_is_no_table_is_refused(tmp_path, text):
    path = tmp_path / "table.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match="is no latency table"):
        rules(path)


def test_a_missing_table_and_needless_tables_are_refused(write):
    with pytest.raises(ConfigError, match="cannot be read"):
        rules("nowhere.json")
    with pytest.raises(ConfigError, match="milliseconds need a latency table"):
        rules(write(), currency="multiply-adds")


def test_a_table_that_changed_after_planning_is_refused(write):
    planned = rules(write()).protocol.costs
    write(lambda table: table["milliseconds"]["stem 1x16x16 12x16x16"].update(median=9.0))
    with pytest.raises(ConfigError, match="has changed since the experiment was planned"):
        open_costs(planned, "darts", SPACE, SHAPES[0])


def test_a_target_that_nothing_reaches_is_warned_of_with_the_range(write, capsys):
    found = rules(write(), target=1e-6).warnings
    assert [line.partition(":")[0] for line in found] == ["d10", "d100"]
    line = r"d10: no network reaches the target of 1e-06 milliseconds: they cost [\d.]+ to [\d.]+"
    assert re.fullmatch(line, found[0])
    assert capsys.readouterr().err == ""  # planning prints nothing; the command does
    costs = open_costs(rules(write()).protocol.costs, "darts", SPACE, SHAPES[0])
    assert warn_about_target(costs, SPACE) is None  # no target, nothing to miss


def test_the_range_in_a_warning_is_that_of_all_networks_not_of_random_ones():
    space, shape, prices = Mobile(blocks=1), SHAPES[0], multiply_adds(Mobile())

    @functools.cache
    def cost(architecture):
        return sum(map(prices, space.layers(architecture, shape, SCALE)))

    every = [cost(one) for one in itertools.product(range(3), range(3), range(2), *[range(4)] * 2)]
    for target in (min(every), max(every)):
        assert warn_about_target(Costs("multiply-adds", target, cost, None), space) is None
    for target in (0.99 * min(every), 1.01 * max(every)):
        found = warn_about_target(Costs("multiply-adds", target, cost, None), space)
        assert found.endswith(f"they cost {min(every):.4g} to {max(every):.4g}.")


def test_a_table_that_lacks_any_operation_is_refused_at_planning(document, write):
    for name in sorted(document["milliseconds"])[::10]:
        path = write(lambda table, name=name: table["milliseconds"].pop(name))
        with pytest.raises(ConfigError, match=re.escape(f"The latency table has no {name!r}")):
            rules(path)


@pytest.mark.parametrize("number", ["-1", "1e999", "NaN", "Infinity"])
def test_a_time_that_is_no_number_of_milliseconds_is_refused(write, number):
    path = write(lambda table: table["milliseconds"]["stem 1x16x16 12x16x16"].update(median=777))
    path.write_text(path.read_text().replace("777", number))
    with pytest.raises(ConfigError, match=r"^[^\n]*table\.json is no latency table[^\n]*$"):
        read_table(path)


@pytest.mark.parametrize("target", [-1, 0, float("nan"), float("inf")])
def test_a_target_that_is_no_cost_is_refused(target):
    costs = {"currency": "multiply-adds", "network": {"channels": 4, "cells": 3}, "target": target}
    with pytest.raises(ConfigError, match=r"^experiment: protocol\.costs\.target [^\n]*$"):
        make_experiment(experiment(protocol={**PROTOCOL, "costs": costs}))


def test_multiply_adds_need_no_table():
    pairs = [{"source": "d10", "target": "d100"}]
    priced = {"currency": "multiply-adds", "network": {"channels": 4, "cells": 3}, "target": 1e6}
    document = experiment(protocol={**PROTOCOL, "costs": priced}, pairs=pairs)
    assert resolve_experiment(make_experiment(document)).protocol.costs.target == 1e6


def test_prediction_errors_are_those_of_their_definitions():
    found = compare([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])
    assert found["root_mean_square_error"] == pytest.approx(np.sqrt(14 / 3))
    assert found["mean_relative_error"] == pytest.approx(0.5)
    assert found["factor"] == pytest.approx(2)
    assert found["mean_relative_error_after_factor"] == pytest.approx(0)
    assert found["rank_correlation"] == pytest.approx(1)


def test_a_timing_is_median_and_quartiles():
    timing = summarise([5.0, 1.0, 2.0, 3.0, 4.0])
    assert (timing.low, timing.median, timing.high) == (2, 3, 4)


def test_a_stopwatch_counts_its_repeats_and_not_its_warm_up():
    calls = []

    class Counted(nn.Identity):
        def forward(self, inputs):
            calls.append(inputs.shape)
            return inputs

    times = Stopwatch(batch_size=2, warm_up=3, repeats=4).time(Counted(), (1, 5, 5))
    assert len(times) == 4 and all(time > 0 for time in times)
    assert calls == [(2, 1, 5, 5)] * 7


def test_a_key_is_one_text():
    key = OperationKey("sep_conv_3x3", (4, 8, 8), (4, 4, 4))
    assert key.to_text() == "sep_conv_3x3 4x8x8 4x4x4"


def test_the_published_table_prices_the_default_chain_at_uniform_shares(reference):
    table = read_published(reference / "proxylessnas" / "mobile_latency_lut.yaml")
    chain = SPACES.load("mbconv_chain")()
    inventory = chain.inventory(TaskShape((3, 224, 224), 1000), Scale(32, 21))
    costs = price(inventory, table.price)
    uniform = [[1 / len(edge.options)] * len(edge.options) for edge in chain.edges]
    assert costs.of(uniform) == pytest.approx(113.988, abs=5e-4)


@pytest.mark.parametrize(
    "text",
    ["nothing: {mean: 1, var: 0}", "Conv-input:1x1x3-output:1x1x8: {mean: -1, var: 0}", "[]"],
)
def test_a_file_that_is_no_published_table_is_refused(tmp_path, text):
    path = tmp_path / "table.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"table\.yaml"):
        read_published(path)


def test_the_command_writes_a_table_that_loads(tmp_path, capsys):
    out = tmp_path / "table.json"
    size = ["--channels", "4", "--cells", "3", "--repeats", "2", "--networks", "2"]
    assert main(["latency", "--task", "d10,d100", *size, "--out", str(out), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    table, _ = read_table(out)
    assert printed["operations"] == len(table.milliseconds) == 43


def test_a_table_of_mobile_prices_every_width(tmp_path):
    space, shape = Mobile(), TaskShape((1, 16, 16), 100)
    found = measure_table("mobile", space, [shape], SCALE, Stopwatch(warm_up=0, repeats=1), 2)
    path = tmp_path / "table.json"
    path.write_text(found.model_dump_json())
    given = {"currency": "milliseconds", "network": {"channels": 4, "cells": 3}}
    costs = open_costs(CostRules(**given, table=str(path)), "mobile", space, shape)
    rng = np.random.default_rng(0)
    assert all(costs.of(space.sample(rng)) > 0 for _ in range(50))


def test_tasks_of_different_size_need_a_table_each(capsys):
    assert main(["latency", "--task", "d10,c10", "--out", "x.json"]) == 2
    assert "their images differ in size" in capsys.readouterr().err


def column(device, **changes):
    rules = {"currency": "milliseconds", "table": f"nb201:{device}", "target": 10.0, **changes}
    return CostRules.model_validate(rules)


def test_a_column_of_the_benchmark_prices_whole_cells(reference, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(reference))
    space = Nb201()
    costs = open_costs(column("pixel3"), "nb201", space, SHAPES[0])
    with np.load(reference / "nasbench201" / "nb201_device_latency.npz") as file:
        wanted = file["latency"][:, file["devices"].astype(str).tolist().index("pixel3")]
    with np.load(reference / "nasbench201" / "nb201_tables.npz") as file:
        cells = file["ops"]
    for row in (0, 777, 15_624):
        assert costs.of(tuple(int(choice) for choice in cells[row])) == pytest.approx(wanted[row])
    assert costs.edges is None and add_fingerprint(column("pixel3")).fingerprint


@pytest.mark.parametrize(
    ("space", "device", "line"),
    [("darts", "pixel3", "not of the space darts"), ("nb201", "pixl3", "Did you mean pixel3")],
)
def test_a_column_is_refused_in_one_line(reference, monkeypatch, space, device, line):
    monkeypatch.setenv("HARNESS_DATA", str(reference))
    with pytest.raises(ConfigError, match=line):
        open_costs(column(device), space, Nb201(), SHAPES[0])


def test_a_column_has_networks_of_its_own_and_anything_else_needs_their_size():
    with pytest.raises(ValidationError, match="leave network out"):
        column("pixel3", network={"channels": 8, "cells": 3})
    with pytest.raises(ValidationError, match="size of the networks that are priced is missing"):
        CostRules.model_validate({"currency": "multiply-adds"})


def test_a_cell_that_takes_no_time_is_far_from_any_target():
    costs = Costs("milliseconds", 10.0, lambda architecture: 0.0, None)
    assert 0 <= Fitness(costs, Aim())((0,), 90.0) < 1e-9
