"""The contract of a search space, one function per clause; each docstring is the clause.

Every check is a pure function of a space and a seed: tests drive them with many seeds, ``python -m
harness check NAME`` with a handful. What concerns
networks is in ``network_checks`` and ``supernet_checks``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from harness.api import (
    Architecture,
    BlockChain,
    CellGraph,
    ConfigError,
    SearchSpace,
)
from harness.interfaces.graph import graph_from_json
from harness.testing.clauses import Check, describe, no_error, require_architecture


def check_decisions_are_choices(space: SearchSpace, seed: int) -> None:
    """Its decisions have names of their own and at least two distinct options each."""
    labels = [decision.name for decision in space.decisions]
    assert labels, "there is nothing to decide"
    assert len(set(labels)) == len(labels), "two decisions have one name"
    for decision in space.decisions:
        assert len(set(decision.options)) == len(decision.options) >= 2, (
            f"the decision {decision.name!r} has the options {decision.options}"
        )


def check_samples_are_valid(space: SearchSpace, seed: int) -> None:
    """A sample is valid and depends on the given generator alone."""
    sample = space.sample(np.random.default_rng(seed))
    require_architecture("the sample", sample, space)
    assert space.sample(np.random.default_rng(seed)) == sample, "one seed gives two samples"


def check_mutation_changes_one_decision(space: SearchSpace, seed: int) -> None:
    """A mutation is valid and differs from its parent in exactly one decision."""
    rng = np.random.default_rng(seed)
    parent = space.sample(rng)
    child = space.mutate(parent, rng)
    require_architecture("the mutation", child, space)
    changed = _count_changes(parent, child)
    assert changed == 1, f"the mutation changes {changed} decisions"


def check_crossover_mixes_its_parents(space: SearchSpace, seed: int) -> None:
    """A child is valid and takes every decision from one of its parents."""
    rng = np.random.default_rng(seed)
    first, second = space.sample(rng), space.sample(rng)
    child = space.crossover(first, second, rng)
    require_architecture("the child", child, space)
    assert all(own in both for own, *both in zip(child, first, second, strict=True)), (
        "the child has an option that neither parent has"
    )


def check_neighbours_are_all_at_distance_one(space: SearchSpace, seed: int) -> None:
    """Neighbours are valid, distinct and differ in one decision; a mutation is one of them."""
    rng = np.random.default_rng(seed)
    centre = space.sample(rng)
    neighbours = space.neighbours(centre)
    assert len(set(neighbours)) == len(neighbours), "a neighbour is listed twice"
    for neighbour in neighbours:
        require_architecture("the neighbour", neighbour, space)
        assert _count_changes(centre, neighbour) == 1, f"{neighbour} is no neighbour of {centre}"
    assert space.mutate(centre, rng) in neighbours, "a mutation is missing from the neighbours"


def check_text_reads_back(space: SearchSpace, seed: int) -> None:
    """An architecture's text is one line and reads back as the same architecture."""
    architecture = space.sample(np.random.default_rng(seed))
    text = space.to_text(architecture)
    assert text and text.isprintable(), f"the text {text!r} is not one printable line"
    with no_error(f"from_text({text!r})"):
        read = space.from_text(text)
    assert space.to_text(read) == text, "the text changes when it is read and written again"
    assert read == architecture, f"{architecture} is written as {text} and read as {read}"


def check_foreign_text_is_refused(space: SearchSpace, seed: int) -> None:
    """A text that is no architecture of the space raises ConfigError."""
    text = space.to_text(space.sample(np.random.default_rng(seed)))
    for strange in ("", "no architecture", text[: len(text) // 2], text + text):
        try:
            read = space.from_text(strange)
        except ConfigError:
            continue
        except Exception as error:
            raise AssertionError(
                f"from_text({strange!r}) raised {describe(error)}, no ConfigError"
            ) from error
        raise AssertionError(f"{strange!r} was read as {read}")


def check_graph_is_well_formed(space: SearchSpace, seed: int) -> None:
    """Its graphs are numbered in topological order, sorted, and survive JSON."""
    architecture = space.sample(np.random.default_rng(seed))
    graphs = space.graph(architecture)
    assert graphs, "there is no graph"
    for name, graph in graphs.items():
        if isinstance(graph, CellGraph):
            _require_sound_cell(name, graph)
        else:
            assert isinstance(graph, BlockChain) and graph.blocks, f"{name!r} is no graph"
        written = json.loads(json.dumps(graph.to_json()))
        assert graph_from_json(written) == graph, f"the graph {name!r} changes in JSON"


def check_graph_belongs_to_the_architecture(space: SearchSpace, seed: int) -> None:
    """The same architecture has the same graphs and canonical forms, however it came about."""
    rng = np.random.default_rng(seed)
    architecture = space.sample(rng)
    graphs = space.graph(architecture)
    again = space.graph(space.from_text(space.to_text(architecture)))
    assert graphs == again, "written, read and drawn again, the graphs differ"
    forms = {name: graph.canonical() for name, graph in graphs.items()}
    for name, form in forms.items():
        assert form == again[name].canonical(), f"the canonical form of {name!r} differs"
        assert form.canonical() == form, f"the canonical form of {name!r} is not its own"


def _count_changes(first: Architecture, second: Architecture) -> int:
    return sum(a != b for a, b in zip(first, second, strict=True))


def _require_sound_cell(name: str, graph: CellGraph) -> None:
    last = graph.inputs + graph.nodes - 1
    assert graph.inputs > 0 and graph.nodes > 0, f"the graph {name!r} has no nodes"
    assert list(graph.edges) == sorted(graph.edges), f"the edges of {name!r} are not sorted"
    for source, target, _ in graph.edges:
        assert 0 <= source < target <= last and target >= graph.inputs, (
            f"the edge {source} -> {target} of {name!r} leads nowhere or backwards"
        )
    assert graph.outputs, f"the graph {name!r} has no output"
    assert list(graph.outputs) == sorted(set(graph.outputs)), f"the outputs of {name!r} are muddled"
    assert graph.outputs[0] >= 0 and graph.outputs[-1] <= last, f"{name!r} outputs a missing node"


SPACE_CHECKS: Sequence[Check] = (
    check_decisions_are_choices,
    check_samples_are_valid,
    check_mutation_changes_one_decision,
    check_crossover_mixes_its_parents,
    check_neighbours_are_all_at_distance_one,
    check_text_reads_back,
    check_foreign_text_is_refused,
    check_graph_is_well_formed,
    check_graph_belongs_to_the_architecture,
)
