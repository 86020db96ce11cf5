import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.api import CellGraph, ConfigError, format_genotype, parse_genotype
from harness.interfaces.graph import BlockChain
from harness.spaces.darts import Darts

CELL = "[('sep_conv_3x3', 0), ('none', 1), ('skip_connect', 2), ('noise', 0)]"
EDGES = (
    (0, 2, "sep_conv_3x3"),
    (0, 3, "noise"),
    (1, 2, "none"),
    (2, 3, "skip_connect"),
)
GRAPH = CellGraph(2, 2, EDGES, (2, 3))
CELLS = {"normal": GRAPH, "reduce": GRAPH}
TRIPLES = "[('noise', 3, 0), ('none', 2, 1), ('sep_conv_3x3', 2, 0), ('skip_connect', 3, 2)]"
NESTED = "[[('sep_conv_3x3', 0), ('none', 1)], [('skip_connect', 2), ('noise', 0)]]"
ARCHITECTURES = st.tuples(
    *(st.integers(0, len(decision.options) - 1) for decision in Darts().decisions)
)


def genotype(normal=CELL, normal_concat="range(2, 4)", reduce=CELL, reduce_concat="[2, 3]"):
    return (
        f"Genotype(normal={normal}, normal_concat={normal_concat}, "
        f"reduce={reduce}, reduce_concat={reduce_concat})"
    )


ANY_FAN_IN, TWO = st.integers(0, 4), st.just(2)
ANY_NAME = st.text(max_size=3) | st.just("none")


@st.composite
def graphs(draw, fan_in=ANY_FAN_IN, operation=ANY_NAME):
    """Cells of any shape whose last node has an edge or is an output."""
    last = draw(st.integers(2, 7))
    outputs = draw(st.sets(st.integers(2, last), min_size=1))
    edges = [
        (draw(st.integers(0, target - 1)), target, draw(operation))
        for target in range(2, last + 1)
        for _ in range(draw(fan_in))
    ]
    last = max([*outputs, *(target for _, target, _ in edges)])
    return CellGraph(2, last - 1, tuple(sorted(edges)), tuple(sorted(outputs)))


def pairs_of(graph):
    return [(op, source) for source, _, op in sorted(graph.edges, key=lambda edge: edge[1])]


def triples_of(graph):
    return [(op, target, source) for source, target, op in graph.edges]


def nested_of(graph):
    nodes = range(2, 2 + graph.nodes)
    return [[(op, s) for s, target, op in graph.edges if target == node] for node in nodes]


@given(graphs(), graphs())
def test_cells_survive_being_printed_and_read(normal, reduce):
    cells = {"normal": normal, "reduce": reduce}
    text = format_genotype(cells)
    assert parse_genotype(text) == cells
    assert text.isprintable()


@given(graphs(TWO, st.just("a")), graphs(ANY_FAN_IN, st.just("a")))
def test_printed_cells_are_of_one_dialect(regular, other):
    def lengths(*cells):
        text = format_genotype(dict(zip(("normal", "reduce"), cells, strict=True)))
        return {edge.count(",") + 1 for edge in re.findall(r"\('a'[^)]*\)", text)}

    assert lengths(regular, regular) == {2}
    is_regular = all(len(pairs) == 2 for pairs in nested_of(other))
    assert lengths(regular, other) == lengths(other, regular) == ({2} if is_regular else {3})


@given(graphs(TWO), graphs(), st.sampled_from([list, tuple]), st.randoms())
def test_all_dialects_say_the_same(regular, other, kind, random):
    def write(cell, dialect):
        edges = dialect(cell)
        if dialect is triples_of:
            random.shuffle(edges)
        return repr(kind(map(kind, edges)))

    for graph, dialects in ((regular, (pairs_of, nested_of, triples_of)), (other, (triples_of,))):
        for normal, reduce in itertools.product(dialects, repeat=2):
            concat = repr(kind(reversed(graph.outputs)))
            text = genotype(write(graph, normal), concat, write(graph, reduce), concat)
            assert parse_genotype(text) == {"normal": graph, "reduce": graph}


@given(graphs())
def test_nested_lists_may_end_in_nodes_without_edges(graph):
    longer = CellGraph(2, graph.nodes + 1, graph.edges, graph.outputs)
    concat = repr(graph.outputs)
    text = genotype(repr(nested_of(longer)), concat, repr(nested_of(longer)), concat)
    assert parse_genotype(text) == {"normal": longer, "reduce": longer}
    with pytest.raises(ConfigError, match=r"its last node . has no edge and is no output"):
        format_genotype({"normal": graph, "reduce": longer})


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


def test_edges_are_printed_by_node_and_then_by_predecessor():
    pairs = "[('sep_conv_3x3', 0), ('none', 1), ('noise', 0), ('skip_connect', 2)]"
    assert format_genotype(CELLS) == genotype(pairs, "range(2, 4)", pairs, "range(2, 4)")
    uneven = CellGraph(2, 3, ((0, 2, "b"), (0, 2, "c"), (0, 4, "a"), (1, 2, "a")), (2, 4))
    triples = "[('b', 2, 0), ('c', 2, 0), ('a', 2, 1), ('a', 4, 0)]"
    assert format_genotype({"normal": uneven, "reduce": uneven}) == genotype(
        triples, "[2, 4]", triples, "[2, 4]"
    )


def test_pairs_of_a_node_may_come_in_any_order():
    space = Darts()
    text = space.to_text((0,) * 22)
    first, second = "('max_pool_3x3', 0)", "('sep_conv_3x3', 1)"
    mixed = text.replace("('max_pool_3x3', 1)", second)
    swapped = mixed.replace(f"{first}, {second}", f"{second}, {first}")
    assert swapped != mixed
    assert space.from_text(swapped) == space.from_text(mixed)


@pytest.mark.parametrize("cell", [CELL, NESTED, TRIPLES, CELL.replace("(", "[").replace(")", "]")])
@pytest.mark.parametrize(
    "concat",
    ["[2, 3]", "(3, 2)", "range(2, 4)", "list(range(2, 4))", "tuple(range(2, 4))", "list((2, 3))"],
)
def test_every_dialect_goes_with_every_form_of_concat(cell, concat):
    assert parse_genotype(genotype(normal=cell, reduce_concat=concat)) == CELLS
    assert parse_genotype(genotype(reduce=f"({cell[1:-1]})", normal_concat=concat)) == CELLS


@pytest.mark.parametrize(
    "text",
    [
        f"DARTS_V2 = {genotype()}",
        f"  {genotype()}  # as found",
        f"\n\n# as found\n  \nPC_DARTS = \\\n {genotype()}\n",
        genotype().replace(", ", ",\n  ").replace("Genotype(", "Genotype(\n") + "\n",
        genotype().replace(", ", ",\r\n"),
        genotype().replace(")", ",)").replace("4,)", "4)"),
        f"Genotype({CELL}, [2, 3], {CELL}, range(2, 4))",
        f"Genotype({CELL}, reduce_concat=(2, 3), normal_concat=range(2, 4), reduce={TRIPLES})",
    ],
)
def test_genotype_is_read_as_pasted(text):
    assert parse_genotype(text) == CELLS


def test_nodes_without_edges_come_from_the_concat():
    cells = parse_genotype(
        genotype("[('a', 2, 0), ('b', 4, 1)]", "range(2, 7)", reduce="[]", reduce_concat="[3]")
    )
    assert cells["normal"] == CellGraph(2, 5, ((0, 2, "a"), (1, 4, "b")), (2, 3, 4, 5, 6))
    assert cells["reduce"] == CellGraph(2, 2, (), (3,))


def test_one_state_may_feed_a_node_twice():
    cells = parse_genotype(genotype("[('a', 0), ('a', 0)]", "[2]"))
    assert cells["normal"] == CellGraph(2, 1, ((0, 2, "a"), (0, 2, "a")), (2,))
    assert parse_genotype(format_genotype(cells)) == cells


def with_(**changes):
    fields = {"inputs": 2, "nodes": 2, "edges": EDGES, "outputs": (2, 3), **changes}
    return CellGraph(**fields)


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (BlockChain(("mbconv k3 e6",)), "it is a chain of blocks"),
        (with_(inputs=1), "it has 1 inputs, not 2"),
        (with_(nodes=2000), "its last node 2001 is not below 999"),
        (with_(outputs=()), "its outputs () are not nodes from 2 to 3 in order"),
        (with_(outputs=(1, 2)), "its outputs (1, 2) are not nodes from 2 to 3 in order"),
        (with_(outputs=(3, 2)), "its outputs (3, 2) are not nodes from 2 to 3 in order"),
        (with_(outputs=(2, 2)), "its outputs (2, 2) are not nodes from 2 to 3 in order"),
        (with_(outputs=(4,)), "its outputs (4,) are not nodes from 2 to 3 in order"),
        (with_(edges=EDGES[::-1]), "its edges are not sorted"),
        (with_(edges=((3, 2, "none"),)), "its edge from 3 to 2 leads to no later node"),
        (with_(edges=((0, 1, "none"),)), "its edge from 0 to 1 leads to no later node"),
        (with_(edges=((-1, 2, "none"),)), "its edge from -1 to 2 leads to no later node"),
        (with_(edges=((0, 4, "none"),)), "its edge from 0 to 4 leads to no later node"),
        (with_(edges=EDGES[:1], outputs=(2,)), "its last node 3 has no edge and is no output"),
        (with_(nodes=0, edges=(), outputs=()), "its outputs () are not nodes"),
    ],
)
def test_what_the_notation_cannot_express_is_refused_with_a_reason(graph, reason):
    with pytest.raises(ConfigError) as refusal:
        format_genotype({"normal": GRAPH, "reduce": graph})
    assert f"The reduce cell cannot be printed as a genotype: {reason}" in str(refusal.value)


@pytest.mark.parametrize("names", [(), ("normal",), ("normal", "reduce", "third")])
def test_other_cells_than_two_are_no_genotype(names):
    given = ", ".join(names) or "none"
    with pytest.raises(ConfigError, match=f"cells normal and reduce, not {given}"):
        format_genotype(dict.fromkeys(names, GRAPH))


@pytest.mark.parametrize(
    "cover",
    [
        "2018-06-01 12:00:00,123 genotype = {}",
        "06/01 12:00:00 PM genotype = {}\n",
        "epoch 3\nINFO: best so far: {}.",
        "'{}'",
        '"{}"',
        "gt.{}",
        "a = b = {}",
        "genotypes.cells.{}",
        "print({})",
    ],
)
def test_what_is_around_a_genotype_is_passed_over(cover):
    plain = genotype(normal_concat="range(2, 4)")
    assert parse_genotype(cover.format(plain)) == parse_genotype(plain)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("', 0)", "', np.int64(0))"),
        ("', 1)", "', int64(1))"),
        ("[2, 3])", "[2, 3], connectN=None, connects=None)"),
    ],
)
def test_what_numpy_and_autodl_print_is_read(old, new):
    assert parse_genotype(new.join(genotype().rsplit(old, 1))) == parse_genotype(genotype())


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("log " + genotype() + " and " + genotype(), "expected Genotype("),
        ("genotype = Genotype(", "never closed"),
        ("log: " + genotype().replace("', 0)", "', 7)", 1), "node 2 is fed by"),
        (genotype()[:-1] + ", connectN=3)", "connectN is more than this notation can say"),
        ("x" * 12_000, "Genotype("),
    ],
)
def test_what_is_wrong_inside_is_still_told_with_its_place(text, what):
    with pytest.raises(ConfigError) as caught:
        parse_genotype(text)
    assert what in str(caught.value) and len(str(caught.value)) < 400
