"""Every published genotype of the reference data is read, printed and, where it is ours, built."""

import gzip
import json
from collections import Counter

import pytest
import torch

from harness.api import CellGraph, ConfigError, Scale, TaskShape, format_genotype, parse_genotype
from harness.networks.cells.cell_network import CellNetwork
from harness.spaces.darts import OPERATIONS, Darts

CIFAR = TaskShape((3, 32, 32), 10)
CELLS = ("normal", "reduce")


@pytest.fixture(scope="session")
def published(reference):
    with gzip.open(reference / "darts_space" / "genotypes.json.gz") as file:
        return json.load(file)


def triples_of(record, name):
    """Return (operation, node, predecessor) of each edge of a cell."""
    if record["format"] == "triple":
        return [tuple(edge) for edge in record[name]]
    return [(op, 2 + index // 2, source) for index, (op, source) in enumerate(record[name])]


def graph_of(record, name):
    triples = triples_of(record, name)
    last = max(*record[f"{name}_concat"], *(node for _, node, _ in triples))
    edges = tuple(sorted((source, node, op) for op, node, source in triples))
    return CellGraph(2, last - 1, edges, tuple(record[f"{name}_concat"]))


def nested_of(record, name):
    triples = triples_of(record, name)
    nodes = range(2, 2 + graph_of(record, name).nodes)
    return [[(op, source) for op, node, source in triples if node == wanted] for wanted in nodes]


def flat_of(record, name):
    return [pair for pairs in nested_of(record, name) for pair in pairs]


def text_of(record, write, *, concat=list, kind=tuple):
    def fields():
        for name in CELLS:
            nodes = record[f"{name}_concat"]
            is_range = concat is range and nodes == list(range(nodes[0], nodes[-1] + 1))
            yield f"{name}={[kind(edge) for edge in write(record, name)]}"
            yield f"{name}_concat={range(nodes[0], nodes[-1] + 1) if is_range else nodes}"

    body = ",\n  ".join(fields())
    return f"{record.get('name', 'FOUND')} = Genotype(\n  {body})\n"


def is_regular(record):
    return all(len(pairs) == 2 for name in CELLS for pairs in nested_of(record, name))


def belongs_to_the_space(record):
    """Decide from the bare lists, not by what is tested here, whether DARTS has such cells."""
    for name in CELLS:
        triples = triples_of(record, name)
        fan_in = Counter(node for _, node, _ in triples)
        if record[f"{name}_concat"] != [2, 3, 4, 5] or fan_in != {2: 2, 3: 2, 4: 2, 5: 2}:
            return False
        if len({(node, source) for _, node, source in triples}) < 8:
            return False
        if not {op for op, _, _ in triples} <= set(OPERATIONS) - {"none"}:
            return False
    return True


def test_all_dialects_of_every_published_genotype_read_as_its_cells(published):
    assert len(published) == 316
    assert Counter(record["format"] for record in published) == {"flat": 307, "triple": 9}
    for record in published:
        cells = {name: graph_of(record, name) for name in CELLS}
        texts = [
            text_of(record, write, concat=concat, kind=kind)
            for write in (nested_of, triples_of, *([flat_of] if is_regular(record) else []))
            for concat in (list, range)
            for kind in (list, tuple)
        ]
        texts += [record["raw"]] if "raw" in record else []
        assert all(parse_genotype(text) == cells for text in texts)
        assert parse_genotype(format_genotype(cells)) == cells
    assert sum("raw" in record for record in published) == 256
    assert sum(map(is_regular, published)) == 308


def test_every_published_genotype_of_the_space_survives_the_round_trip_and_builds(published):
    space, images = Darts(), torch.randn(2, 3, 32, 32)
    built = set()
    ours = [record for record in published if belongs_to_the_space(record)]
    assert len(ours) == 292
    for record in ours:
        cells = {name: graph_of(record, name) for name in CELLS}
        architecture = space.from_text(text_of(record, flat_of))
        assert architecture == space.from_text(text_of(record, triples_of, concat=range))
        assert space.graph(architecture) == cells
        assert space.to_text(architecture) == format_genotype(cells)
        assert space.from_text(space.to_text(architecture)) == architecture
        if architecture not in built:
            network = space.build(architecture, CIFAR, Scale(4, 3))
            assert network(images).shape == (2, 10)
            built.add(architecture)
    assert len(built) == 223


def test_published_genotypes_outside_the_space_are_refused_with_a_sentence(published):
    reasons = Counter()
    for record in published:
        if not belongs_to_the_space(record):
            with pytest.raises(ConfigError) as refusal:
                Darts().from_text(text_of(record, triples_of))
            message = str(refusal.value)
            assert message[0].isupper() and message.endswith(".") and "\n" not in message
            causes = ("5 nodes", "edges; a DARTS", "'noise', which", "'none', which")
            reasons.update(cause for cause in causes if cause in message)
    assert reasons == {
        "5 nodes": 3,
        "edges; a DARTS": 8,
        "'noise', which": 10,
        "'none', which": 3,
    }


@pytest.mark.parametrize("name", ["NASNet", "AmoebaNet"])
def test_foreign_cells_build_as_a_network(published, name):
    (record,) = (record for record in published if record.get("name") == name)
    cells = parse_genotype(text_of(record, flat_of))
    network = CellNetwork(cells, CIFAR, Scale(8, 5, auxiliary=True))
    for cell in network.cells:
        assert len(cell.operations) == 10
    logits, auxiliary = network(torch.randn(2, 3, 32, 32))
    (logits + auxiliary).sum().backward()
    assert logits.shape == auxiliary.shape == (2, 10)
    width = len(record["normal_concat"]) * 8 * 4
    assert network.classifier.in_features == width
    assert all(parameter.grad is not None for parameter in network.cells[-1].parameters())


def test_cells_with_uneven_nodes_build_as_a_network(published):
    uneven = [record for record in published if not is_regular(record)]
    assert len(uneven) == 8
    for record in uneven:
        network = CellNetwork({name: graph_of(record, name) for name in CELLS}, CIFAR, Scale(4, 3))
        assert network(torch.randn(2, 3, 32, 32)).shape == (2, 10)
