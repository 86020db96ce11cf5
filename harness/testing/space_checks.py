"""The contract of a search space, one function per clause; each docstring is the clause.

Every check is a pure function of a space and a seed: tests drive them with many seeds, ``python -m
harness check NAME`` with a handful. What concerns super-networks is in ``supernet_checks``.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from harness.api import (
    Architecture,
    BlockChain,
    CellGraph,
    ConfigError,
    Scale,
    SearchSpace,
    TaskShape,
    Unsupported,
)
from harness.interfaces.graph import graph_from_json
from harness.testing.clauses import Check, describe, is_sentence, no_error, require_architecture

BATCH = 4
CLASSES = 3
INPUTS = ((3, 8, 8), (3, 16, 16), (1, 16, 16), (3, 32, 32))
CELLS = (1, 2, 3, 4, 5, 6, 8, 12, 20)
AWKWARD = (
    ((1, 7, 7), Scale(8, 3)),
    ((2, 6, 10), Scale(8, 5)),
    ((3, 4, 4), Scale(2, 6)),
    ((3, 16, 8), Scale(6, 1)),
    ((3, 12, 12), Scale(8, 3, auxiliary=True)),
)
CHANNELS = (8, 16, 4)  # eight can be shared out by four and still be halved


def find_tiny(space: SearchSpace, *, auxiliary: bool = False) -> tuple[TaskShape, Scale]:
    """Return the smallest task shape and scale of a few that ``space`` supports."""
    for inputs, cells, channels in itertools.product(INPUTS, CELLS, CHANNELS):
        shape, scale = TaskShape(inputs, CLASSES), Scale(channels, cells, auxiliary)
        if space.unsupported(shape, scale) is None:
            return shape, scale
    raise AssertionError("it supports none of the tiny image shapes and scales of the checks")


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


def check_network_returns_logits(space: SearchSpace, seed: int) -> None:
    """Every architecture builds a network that returns one logit for each image and class."""
    architecture = space.sample(np.random.default_rng(seed))
    shape, scale = find_tiny(space)
    network = _build(space, architecture, shape, scale, seed)
    for mode in (True, False):
        with no_error(f"the network in {'training' if mode else 'evaluation'} mode"):
            logits = network.train(mode)(_images(shape))
        _require_logits(logits, shape)


def check_network_learns(space: SearchSpace, seed: int) -> None:
    """A step down the gradient changes what the network returns."""
    architecture = space.sample(np.random.default_rng(seed))
    shape, scale = find_tiny(space)
    network = _build(space, architecture, shape, scale, seed)
    before = network(_images(shape))
    before[:, 0].sum().backward()
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.grad is not None:
                parameter.sub_(0.01 * parameter.grad)
    assert not torch.equal(network(_images(shape)), before), "no parameter has a gradient"


def check_network_has_a_classifier(space: SearchSpace, seed: int) -> None:
    """The network's last linear layer is its attribute ``classifier``."""
    architecture = space.sample(np.random.default_rng(seed))
    shape, scale = find_tiny(space)
    require_classifier(_build(space, architecture, shape, scale, seed), shape)


def check_auxiliary_head_is_for_training(space: SearchSpace, seed: int) -> None:
    """If there can be an auxiliary head, it returns logits of its own in training mode only."""
    try:
        shape, scale = find_tiny(space, auxiliary=True)
    except AssertionError:
        return
    assert space.has_auxiliary_head, "has_auxiliary_head is false, but there can be one"
    network = _build(space, space.sample(np.random.default_rng(seed)), shape, scale, seed)
    outputs = network.train()(_images(shape))
    assert isinstance(outputs, tuple) and len(outputs) == 2, "there is no pair of logits"
    for logits in outputs:
        _require_logits(logits, shape)
    _require_logits(network.eval()(_images(shape)), shape)


def check_refuses_what_it_cannot_build(space: SearchSpace, seed: int) -> None:
    """``unsupported`` returns None or a sentence, and what it supports can be built and run."""
    architecture = space.sample(np.random.default_rng(seed))
    for inputs, scale in AWKWARD:
        shape = TaskShape(inputs, CLASSES)
        reason = space.unsupported(shape, scale)
        if reason is not None:
            assert is_sentence(reason), f"unsupported() should give a sentence, not {reason!r}"
            continue
        with no_error(f"a network for {shape} at {scale}, which it says it supports,"):
            _build(space, architecture, shape, scale, seed)(_images(shape))


def check_twin_inherits_everything(space: SearchSpace, seed: int) -> None:
    """A child equal to its parent computes the same once it has inherited the weights."""
    architecture = space.sample(np.random.default_rng(seed))
    shape, scale = find_tiny(space)
    parent = _build(space, architecture, shape, scale, seed)
    child = _build(space, architecture, shape, scale, seed + 1)
    parent(_images(shape))  # so that running statistics are worth inheriting
    space.inherit(architecture, child, architecture, parent.state_dict())
    images = _images(shape)
    assert torch.equal(parent.eval()(images), child.eval()(images)), (
        "a twin computes something else than the network it inherited from"
    )


def check_child_inherits_what_fits(space: SearchSpace, seed: int) -> None:
    """A mutated child inherits without harm: it computes, and its parent's weights stay."""
    rng = np.random.default_rng(seed)
    parent = space.sample(rng)
    child = space.mutate(parent, rng)
    shape, scale = find_tiny(space)
    network = _build(space, child, shape, scale, seed)
    weights = _build(space, parent, shape, scale, seed + 1).state_dict()
    kept = {name: tensor.clone() for name, tensor in weights.items()}
    with no_error("inherit()"):
        space.inherit(child, network, parent, weights)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(1)
    assert all(torch.equal(weights[name], kept[name]) for name in kept), (
        "the child shares memory with its parent's weights"
    )
    _require_logits(network(_images(shape)), shape)


def check_lists_every_operation(space: SearchSpace, seed: int) -> None:
    """Where a network's layers have names, a latency table of the space's operations has them."""
    shape, scale = find_tiny(space)
    try:
        layers = space.layers(space.sample(np.random.default_rng(seed)), shape, scale)
    except Unsupported:
        return  # it cannot be priced
    with no_error("operations()"):
        listed = set(space.operations(shape, scale))
    missing = sorted(set(layers) - listed)
    assert not missing, f"a network has {missing[0].to_text()!r}, which operations() does not list"


def require_classifier(network: nn.Module, shape: TaskShape) -> None:
    """Fail unless the last linear layer is called ``classifier`` and fits the task."""
    classifier = getattr(network, "classifier", None)
    assert isinstance(classifier, nn.Linear), "there is no linear layer called 'classifier'"
    assert classifier.out_features == shape.classes, (
        f"the classifier has {classifier.out_features} outputs for {shape.classes} classes"
    )


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


def _build(
    space: SearchSpace, architecture: Architecture, shape: TaskShape, scale: Scale, seed: int
) -> nn.Module:
    torch.manual_seed(seed)
    return space.build(architecture, shape, scale)


def _images(shape: TaskShape) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(BATCH, *shape.inputs, generator=generator)


def _require_logits(logits: object, shape: TaskShape) -> None:
    assert isinstance(logits, Tensor), f"the network returns a {type(logits).__name__}"
    expected = (BATCH, shape.classes)
    assert logits.shape == expected, f"logits of shape {tuple(logits.shape)}, not {expected}"
    assert bool(logits.isfinite().all()), "logits of a fresh network are not finite"


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
NETWORK_CHECKS: Sequence[Check] = (
    check_network_returns_logits,
    check_network_learns,
    check_network_has_a_classifier,
    check_auxiliary_head_is_for_training,
    check_refuses_what_it_cannot_build,
    check_twin_inherits_everything,
    check_child_inherits_what_fits,
    check_lists_every_operation,
)
