import gzip
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.api import ConfigError
from harness.interfaces.genotype import parse_genotype
from harness.spaces.darts import Darts

CELL = "[('sep_conv_3x3', 0), ('none', 1), ('skip_connect', 2), ('noise', 0)]"
ARCHITECTURES = st.tuples(
    *(st.integers(0, len(decision.options) - 1) for decision in Darts().decisions)
)


def genotype(normal=CELL, normal_concat="range(2, 4)", reduce=CELL, reduce_concat="[2, 3]"):
    return (
        f"Genotype(normal={normal}, normal_concat={normal_concat}, "
        f"reduce={reduce}, reduce_concat={reduce_concat})"
    )


@pytest.fixture(scope="session")
def published(root):
    folder = Path(os.environ.get("HARNESS_REFERENCE", root.parent / "shared" / "data"))
    path = folder / "darts_space" / "genotypes.json.gz"
    if not path.exists():
        pytest.skip(f"no published genotypes at {path}; set HARNESS_REFERENCE")
    with gzip.open(path) as file:
        return [record for record in json.load(file) if record["format"] == "flat"]


def text_of(record):
    fields = ("normal", "normal_concat", "reduce", "reduce_concat")
    return f"Genotype({', '.join(f'{field}={record[field]!r}' for field in fields)})"


@settings(deadline=None)
@given(ARCHITECTURES)
def test_every_architecture_survives_being_written_and_read(architecture):
    space = Darts()
    assert space.from_text(space.to_text(architecture)) == architecture


@settings(deadline=None)
@given(ARCHITECTURES)
def test_genotype_holds_the_cells_of_the_architecture(architecture):
    space = Darts()
    assert parse_genotype(space.to_text(architecture)) == space.graph(architecture)


def test_genotype_is_printed_as_the_field_prints_it():
    node = "('max_pool_3x3', 0), ('max_pool_3x3', 1)"
    cell = f"[{', '.join([node] * 4)}]"
    assert Darts().to_text((0,) * 22) == (
        f"Genotype(normal={cell}, normal_concat=range(2, 6), "
        f"reduce={cell}, reduce_concat=range(2, 6))"
    )


def test_pairs_of_a_node_may_come_in_any_order():
    space = Darts()
    text = space.to_text((0,) * 22)
    first, second = "('max_pool_3x3', 0)", "('sep_conv_3x3', 1)"
    mixed = text.replace("('max_pool_3x3', 1)", second)
    swapped = mixed.replace(f"{first}, {second}", f"{second}, {first}")
    assert swapped != mixed
    assert space.from_text(swapped) == space.from_text(mixed)


def test_lists_tuples_ranges_and_line_breaks_are_all_read():
    nodes = parse_genotype(genotype())
    spread = genotype(
        normal=CELL.replace("(", "[").replace(")", "]"),
        normal_concat="(3, 2)",
        reduce=f"({CELL[1:-1]})",
    )
    assert parse_genotype(spread.replace(", ", ",\n  ") + "\n") == nodes
    assert nodes["normal"].outputs == (2, 3)
    assert nodes["normal"].edges == (
        (0, 2, "sep_conv_3x3"),
        (0, 3, "noise"),
        (1, 2, "none"),
        (2, 3, "skip_connect"),
    )


def test_every_published_genotype_is_read(published):
    for record in published:
        cells = parse_genotype(text_of(record))
        if "raw" in record:
            assert parse_genotype(record["raw"]) == cells
        for name in ("normal", "reduce"):
            assert cells[name].nodes == len(record[name]) // 2
            assert cells[name].outputs == tuple(record[f"{name}_concat"])


def test_cells_of_five_nodes_are_read_but_are_no_point_of_the_space(published):
    five = [record for record in published if len(record["normal"]) == 10]
    assert {"NASNet", "AmoebaNet"} <= {record["name"] for record in five}
    for record in five:
        with pytest.raises(ConfigError, match="4 nodes"):
            Darts().from_text(text_of(record))


def test_every_published_genotype_of_the_space_builds(published):
    from harness.api import Scale, TaskShape

    space, built = Darts(), 0
    for record in published:
        operations = {operation for operation, _ in record["normal"] + record["reduce"]}
        if len(record["normal"]) != 8 or operations & {"none", "noise"}:
            with pytest.raises(ConfigError):
                space.from_text(text_of(record))
            continue
        architecture = space.from_text(text_of(record))
        assert parse_genotype(text_of(record)) == space.graph(architecture)
        space.build(architecture, TaskShape((3, 32, 32), 10), Scale(2, 3))
        built += 1
    assert built > 200


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "expected Genotype"),
        ("Genotype(", "line 1, column"),
        ("sep_conv_3x3", "line 1, column 1: expected Genotype"),
        ("__import__('os').getcwd()", "expected Genotype"),
        (f"Cell(normal={CELL})", "expected Genotype"),
        (f"Genotype({CELL})", "expected Genotype"),
        (f"Genotype(normal={CELL})", "expected fields normal, normal_concat"),
        ("Genotype(**{})", "expected fields normal"),
        (genotype().replace("reduce_concat", "extra"), "expected fields"),
        (genotype(normal="print"), "expected a list of .operation, predecessor. pairs"),
        (genotype(normal="[]"), "two pairs for each node of normal, not 0"),
        (genotype(normal=CELL[:-14] + "]"), "two pairs for each node of normal, not 3"),
        (genotype(normal=CELL.replace("'none'", "none")), "pair of node 2"),
        (genotype(normal=CELL.replace(", 2)", ", 3)")), "an integer from 0 to 2"),
        (genotype(normal=CELL.replace(", 2)", ", True)")), "an integer from 0 to 2"),
        (genotype(normal=CELL.replace(", 2)", ", -1)")), "an integer from 0 to 2"),
        (genotype(normal=CELL.replace(", 2)", ", 1 + 1)")), "an integer from 0 to 2"),
        (genotype(normal=CELL.replace(", 2)", ", 2, 2)")), "pair of node 3"),
        (genotype(normal_concat="range(2, 10**9)"), "an integer from 2 to 4"),
        (genotype(normal_concat="range(2, 1000000000)"), "an integer from 2 to 4"),
        (genotype(normal_concat="range(3, 3)"), "at least one node"),
        (genotype(normal_concat="[2, 2]"), "none of them twice"),
        (genotype(normal_concat="[0, 2]"), "an integer from 2 to 3"),
        (genotype(normal_concat="4"), "a list of nodes or range"),
        ("Genotype(" * 5000, "expected Genotype"),
        ("-" * 100_000 + "1", "expected Genotype"),
        ("a" + ".a" * 3000, "expected Genotype"),
        ("1" * 5000, "expected Genotype"),
        ("\0", "expected Genotype"),
        ("'\\d'", "expected Genotype"),
    ],
    ids=range(30),
)
def test_what_is_no_genotype_is_refused_in_one_line(text, complaint):
    with pytest.raises(ConfigError, match=complaint) as refusal:
        parse_genotype(text)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 500


def test_complaint_says_where_the_mistake_is():
    text = genotype(normal=CELL.replace(", 2)", ", 3)"))
    with pytest.raises(ConfigError) as refusal:
        parse_genotype(text)
    column = text.index("3), ('noise") + 1
    assert f"'3' in the genotype at line 1, column {column}" in str(refusal.value)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    with pytest.raises(ConfigError):
        parse_genotype(text)


def test_node_with_a_repeated_predecessor_is_no_point_of_the_space():
    text = Darts().to_text((0,) * 22).replace("('max_pool_3x3', 1)", "('sep_conv_3x3', 0)", 1)
    with pytest.raises(ConfigError, match="Node 2 of the normal cell takes state 0 twice"):
        Darts().from_text(text)


def test_unknown_operation_is_no_point_of_the_space():
    text = Darts().to_text((0,) * 22).replace("max_pool_3x3", "sep_conv_7x7", 1)
    with pytest.raises(ConfigError, match="'sep_conv_7x7'; DARTS chooses from max_pool_3x3"):
        Darts().from_text(text)


def test_concatenation_of_some_nodes_is_no_point_of_the_space():
    text = Darts().to_text((0,) * 22).replace("range(2, 6)", "[4, 5]", 1)
    with pytest.raises(ConfigError, match=r"The normal cell has 4 nodes and outputs \(4, 5\)"):
        Darts().from_text(text)
