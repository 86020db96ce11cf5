import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.api import ConfigError, parse_genotype
from harness.spaces.darts import Darts

CELL = "[('sep_conv_3x3', 0), ('none', 1), ('skip_connect', 2), ('noise', 0)]"
TRIPLES = "[('none', 2, 1), ('none', 4, 0)]"


def genotype(normal=CELL, normal_concat="range(2, 4)", reduce=CELL, reduce_concat="[2, 3]"):
    return (
        f"Genotype(normal={normal}, normal_concat={normal_concat}, "
        f"reduce={reduce}, reduce_concat={reduce_concat})"
    )


def refusal_of(text):
    with pytest.raises(ConfigError) as refusal:
        parse_genotype(text)
    message = str(refusal.value)
    assert "\n" not in message
    assert len(message) < 500
    assert message.endswith(".")
    return message


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n ",
        "# nothing",
        "sep_conv_3x3",
        "__import__('os').getcwd()",
        f"Cell(normal={CELL})",
        "import os",
        "Genotype",
        "Genotype = 3",
        "Genotype(" * 5000,
        "-" * 100_000 + "1",
        "a" + ".a" * 3000,
        "1" * 5000,
        "0x" + "f" * 5000,
        "\0",
        "\ud800",
        "'\\d'",
        '"""',
        f"{genotype()}, {genotype()}",
        f"{genotype()}\n{genotype()}",
        f"{genotype()}; print(1)",
    ],
    ids=range(21),
)
def test_what_is_no_genotype_is_refused(text):
    assert "Genotype(normal=[(operation, predecessor), ...], normal_concat" in refusal_of(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Genotype()", "normal and normal_concat and reduce and reduce_concat missing"),
        (f"Genotype({CELL}, [2])", "column 1: reduce and reduce_concat missing"),
        (f"Genotype(normal={CELL})", "expected normal, normal_concat, reduce, reduce_concat."),
        ("Genotype(**{})", "at line 1, column 10: no field of a genotype"),
        (genotype().replace("reduce_c", "c"), "no field of a genotype; expected normal, normal_c"),
        ("Genotype([], [2], [], [2], 3)", "'3' in the genotype at line 1, column 28: a value too"),
        (genotype().replace("reduce=", "normal="), "the field normal is given twice"),
        ("Genotype([], normal=[])", "column 14: the field normal is given twice"),
        (genotype(normal="print"), "'print' in the genotype at line 1, column 17: expected a list"),
        (genotype(normal="'none'"), "expected a list of edges"),
        (genotype(normal="['none']"), "expected an (operation, predecessor) pair, an (operation, "),
        (genotype(normal="[('a', 2, 0, 1)]"), "expected an (operation, predecessor) pair, an "),
        (genotype(normal="[*print]"), "expected an (operation, predecessor) pair, an "),
        (genotype(normal="[(none, 1)] * 2"), "expected a list of edges"),
    ],
)
def test_wrong_fields_and_edges_are_refused(text, complaint):
    assert complaint in refusal_of(text)


@pytest.mark.parametrize(
    ("cell", "complaint"),
    [
        (CELL[:-14] + "]", "expected two pairs for each node in turn, not 3"),
        (CELL.replace("'none'", "none"), "expected an (operation, predecessor) pair of node 2"),
        (CELL.replace("'none'", "b'none'"), "expected an (operation, predecessor) pair of node 2"),
        (TRIPLES.replace("'none'", "none"), "expected an (operation, node, predecessor) triple"),
        (
            CELL.replace(", 2)", ", 2, 2)"),
            "an (operation, node, predecessor) triple in a list that",
        ),
        (
            CELL.replace(", 2)", ", 2), []"),
            "a list of a node's pairs in a list that begins with an",
        ),
        (f"[{CELL}, ('none', 0)]", "pair in a list that begins with a list of a node's pairs"),
        (f"[[('none', 0)], {TRIPLES}]", "expected an (operation, predecessor) pair of node 3"),
    ],
)
def test_mixed_and_broken_dialects_are_refused(cell, complaint):
    assert complaint in refusal_of(genotype(normal=cell))
    assert complaint in refusal_of(genotype(reduce=cell))


NUMBER = "expected a predecessor of node 3, an integer from 0 to 2"


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("3", "node 3 is fed by itself; expected a predecessor from 0 to 2"),
        ("4", "node 3 is fed by node 4, which comes later; expected a predecessor from 0 to 2"),
        ("9", "node 3 is fed by node 9, but the last node is 4"),
        ("1000", NUMBER),
        ("-1", NUMBER),
        ("True", NUMBER),
        ("False", NUMBER),
        ("1.0", NUMBER),
        ("1 + 1", NUMBER),
        ("'1'", NUMBER),
        ("None", NUMBER),
        ("1" * 4000, NUMBER),
    ],
)
def test_predecessor_that_is_no_earlier_state_is_refused(source, complaint):
    pairs = f"[('a', 0), ('a', 1), ('a', 2), ('a', {source}), ('a', 0), ('a', 1)]"
    nested = f"[[], [('a', {source})], []]"
    triples = f"[('a', 3, {source}), ('a', 4, 0)]"
    for cell in (pairs, nested, triples):
        assert complaint in refusal_of(genotype(normal=cell))


@pytest.mark.parametrize("node", ["1", "-2", "True", "1000", "'2'"])
def test_triple_of_no_node_is_refused(node):
    text = genotype(normal=f"[('a', {node}, 0)]")
    assert "expected a node, an integer from 2" in refusal_of(text)


@pytest.mark.parametrize(
    ("concat", "complaint"),
    [
        ("range(2, 10**9)", "expected a node, an integer from 2"),
        ("range(2, 1000000000)", "expected a node, an integer from 2"),
        ("range(2, 5)", "node 4 does not exist; expected nodes from 2 to 3"),
        ("range(1, 4)", "node 1 is an input of the cell; expected nodes from 2 to 3"),
        ("range(3, 3)", "expected at least one node"),
        ("range(4)", "expected a list of nodes or range(a, b)"),
        ("range(2, 4, 1)", "expected a list of nodes or range(a, b)"),
        ("[]", "expected at least one node"),
        ("[2, 2]", "node 2 is listed twice; expected each node once"),
        ("[0, 2]", "node 0 is an input of the cell; expected nodes from 2 to 3"),
        ("[2, 7]", "node 7 does not exist; expected nodes from 2 to 3"),
        ("[2, -3]", "expected a node, an integer from 2"),
        ("[2, True]", "expected a node, an integer from 2"),
        ("4", "expected a list of nodes or range(a, b)"),
        ("set([2, 3])", "expected a list of nodes or range(a, b)"),
        ("list([2], [3])", "expected a list of nodes or range(a, b)"),
    ],
)
def test_concat_of_no_nodes_is_refused(concat, complaint):
    assert complaint in refusal_of(genotype(normal_concat=concat))
    assert complaint in refusal_of(genotype(reduce_concat=concat))
    nested = "[[('a', 0)], [('a', 1)]]"
    assert complaint in refusal_of(genotype(normal=nested, normal_concat=concat))


@pytest.mark.parametrize("before", ["", "  ", "\n\n", "\t \r\n  ", "\u2003", "# é\n", "É = "])
@pytest.mark.parametrize("operation", ["none", "méthode", "\N{SNOWFLAKE}"])
def test_complaint_says_where_the_mistake_is(before, operation):
    text = before + genotype(
        normal=CELL.replace("'none'", f"'{operation}'").replace(", 2)", ", 3)")
    )
    lines = text[: text.index("3), ('noise")].replace("\r\n", "\n").split("\n")
    place = f"line {len(lines)}, column {len(lines[-1]) + 1}"
    assert refusal_of(text) == (
        f"'3' in the genotype at {place}: node 3 is fed by itself; expected a predecessor from "
        "0 to 2."
    )


@pytest.mark.parametrize("before", ["", "  ", "\n \n   ", "# é\n", "É = "])
def test_complaint_says_where_the_text_breaks_off(before):
    text = before + genotype().replace("('noise', 0)", "('é' 'noise' 0)")
    lines = text[: text.index("'é'")].split("\n")
    assert f" at line {len(lines)}, column {len(lines[-1]) + 1}: invalid syntax" in refusal_of(text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    refusal_of(text)


@given(st.text("(),=[] \n\r\f\\#'é20", max_size=12), st.integers(0, 200), st.integers(0, 3))
def test_any_change_of_a_genotype_is_read_or_refused(patch, start, length):
    text = genotype()
    try:
        parse_genotype(text[:start] + patch + text[start + length :])
    except ConfigError as refusal:
        assert "\n" not in str(refusal)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            "('max_pool_3x3', 1)",
            "('sep_conv_3x3', 0)",
            "Node 2 of the normal cell is fed by state 0 twice; a DARTS node takes two different",
        ),
        (
            "max_pool_3x3",
            "sep_conv_7x7",
            "Node 2 of the normal cell has the operation 'sep_conv_7x7'; DARTS chooses from "
            "max_pool_3x3, avg_pool_3x3, skip_connect, sep_conv_3x3, sep_conv_5x5, dil_conv_3x3, "
            "dil_conv_5x5.",
        ),
        ("max_pool_3x3", "none", "'none', which takes part in the search only, as a chosen edge"),
        ("max_pool_3x3", "noise", "'noise', which only the space S4 of RobustDARTS has"),
        (
            "range(2, 6)",
            "[4, 5]",
            "The normal cell puts out the nodes (4, 5); a DARTS cell puts out all of its nodes, "
            "(2, 3, 4, 5).",
        ),
        (
            "[('max_pool_3x3', 0), ('max_pool_3x3', 1), ",
            "[",
            "The normal cell has 3 nodes; a DARTS cell has 4 nodes.",
        ),
    ],
)
def test_what_is_no_point_of_the_space_is_refused(old, new, complaint):
    text = Darts().to_text((0,) * 22).replace(old, new, 1)
    if "3 nodes" in complaint:
        text = text.replace("range(2, 6)", "range(2, 5)", 1)
    with pytest.raises(ConfigError) as refusal:
        Darts().from_text(text)
    assert complaint in str(refusal.value)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_node_of_other_than_two_edges_is_no_point_of_the_space(count):
    regular = [("skip_connect", node, source) for node in (2, 3, 4, 5) for source in (0, 1)]
    odd = [edge for edge in regular if edge[1] != 4]
    odd += [("skip_connect", 4, source) for source in range(count)]
    text = genotype(regular, "range(2, 6)", odd, "range(2, 6)")
    with pytest.raises(ConfigError, match=f"Node 4 of the reduce cell has {count} edges; a DARTS"):
        Darts().from_text(text)
