"""Faulty spaces, each caught by the clause that names its fault."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from harness.api import Decision, Gates, Scale, TaskShape, Unsupported
from harness.spaces.darts import Darts
from harness.spaces.mobile import Mobile
from harness.testing.check import run_check
from harness.testing.clauses import title
from harness.testing.network_checks import NETWORK_CHECKS, find_tiny
from harness.testing.plugin_checks import PLUGIN_CHECKS
from harness.testing.space_checks import SPACE_CHECKS
from harness.testing.supernet_checks import SUPERNET_CHECKS
from harness.testing.toy_space import EDGES, OPERATIONS, PlainToyCell, ToyCell

CHECKS = (*SPACE_CHECKS, *NETWORK_CHECKS, *SUPERNET_CHECKS)
SEEDS = range(3)


def failure(check, space):
    verdicts = (run_check("toy", check, space, seed) for seed in SEEDS)
    return next((verdict.message for verdict in verdicts if verdict.status == "failed"), None)


def broken_clauses(space, checks=CHECKS):
    found = {title(check): failure(check, space) for check in checks}
    return {name: message for name, message in found.items() if message}


class OneOption(ToyCell):
    def __init__(self):
        super().__init__()
        self.decisions = (Decision("edge_0_1", ("none", "none", "conv_3x3")), *self.decisions[1:])


class SamplesFromItsOwnDice(ToyCell):
    def sample(self, rng):
        return super().sample(np.random.default_rng())


class LeapingMutation(ToyCell):
    def mutate(self, parent, rng):
        return tuple((choice + 1) % len(OPERATIONS) for choice in parent)


class InventiveCrossover(ToyCell):
    def crossover(self, first, second, rng):
        return tuple(
            3 - a - b if a != b else (a + 1) % 3 for a, b in zip(first, second, strict=True)
        )


class FewNeighbours(ToyCell):
    def neighbours(self, architecture):
        return super().neighbours(architecture)[:1]


class ForgetfulText(ToyCell):
    def to_text(self, architecture):
        return super().to_text((0, *architecture[1:]))


class TrustingText(ToyCell):
    def from_text(self, text):
        names = [name for name in text.split("|") if name in OPERATIONS]
        return tuple(OPERATIONS.index(name) for name in [*names, *["none"] * 6][:6])


class CrashingText(ToyCell):
    def from_text(self, text):
        return tuple(OPERATIONS.index(name) for name in text.split("|"))


class BackwardGraph(ToyCell):
    def graph(self, architecture):
        cell = super().graph(architecture)["cell"]
        return {"cell": dataclasses.replace(cell, edges=((3, 1, "conv_3x3"), *cell.edges[3:]))}


class RestlessGraph(ToyCell):
    calls = 0

    def graph(self, architecture):
        self.calls += 1
        return super().graph(architecture[self.calls % 2 :] + architecture[: self.calls % 2])


class WrongClasses(ToyCell):
    def build(self, architecture, shape, scale):
        return super().build(architecture, dataclasses.replace(shape, classes=7), scale)


class FrozenNetwork(ToyCell):
    def build(self, architecture, shape, scale):
        network = super().build(architecture, shape, scale)
        network.register_forward_hook(
            lambda _, __, logits: logits.detach() + torch.zeros(1).requires_grad_()
        )
        return network


class NamelessClassifier(ToyCell):
    def build(self, architecture, shape, scale):
        network = super().build(architecture, shape, scale)
        network.classifier = nn.Sequential(network.classifier)
        return network


class DeniedAuxiliaryHead(ToyCell):
    def unsupported(self, shape, scale):
        return None


class LostAuxiliaryHead(ToyCell):
    has_auxiliary_head = True

    def unsupported(self, shape, scale):
        return None


class BlindToSmallImages(ToyCell):
    def build(self, architecture, shape, scale):
        if min(shape.inputs[1:]) < 8:
            raise ValueError("cannot be")
        return super().build(architecture, shape, scale)


class Curt(ToyCell):
    def unsupported(self, shape, scale):
        return "no" if shape.inputs[1] != 8 else None


class Disinherited(ToyCell):
    def inherit(self, child, network, parent, weights):
        return


class SharedMemory(ToyCell):
    def inherit(self, child, network, parent, weights):
        own = network.state_dict()
        fitting = {n: w for n, w in weights.items() if n in own and own[n].shape == w.shape}
        network.load_state_dict(fitting, strict=False, assign=True)


class LostEdge(ToyCell):
    def __init__(self):
        super().__init__()
        self.fan_in = self.fan_in[:-1]


class DerivesNothing(ToyCell):
    def derive(self, probabilities):
        return tuple(int(np.nanargmax(p)) for p in probabilities)


class DerivesBackwards(ToyCell):
    def derive(self, probabilities):
        return super().derive(probabilities[::-1])


class TwoHot(ToyCell):
    def gates_of(self, architecture):
        gates = super().gates_of(architecture)
        return Gates([weights + 1 for weights in gates.weights], gates.active)


class SilentGates(ToyCell):
    def gates_of(self, architecture):
        return Gates(super().gates_of(architecture).weights)


class UnheldPath(ToyCell):
    def gates_of(self, architecture):
        raise Unsupported("The super-network does not hold it.")


class Wrapped(ToyCell):
    """Its super-network changes the gates before it uses them."""

    def supernet(self, shape, scale, *, channel_share=1):
        supernet = super().supernet(shape, scale, channel_share=channel_share)
        supernet.register_forward_pre_hook(lambda _, given: (given[0], self.changed(given[1])))
        return supernet


class ComputesEverything(Wrapped):
    def changed(self, gates):
        return Gates(gates.weights)


class IgnoresWeightsOfPaths(Wrapped):
    def changed(self, gates):
        if gates.active is None:
            return gates
        return dataclasses.replace(gates, weights=[w.sign() for w in gates.weights])


class IgnoresProbes(Wrapped):
    def changed(self, gates):
        return Gates(gates.weights, gates.active)


class LosesAGate(Wrapped):
    def changed(self, gates):
        return dataclasses.replace(gates, weights=[gates.weights[0].detach(), *gates.weights[1:]])


class BreaksOnShares(ToyCell):
    def supernet(self, shape, scale, *, channel_share=1):
        if channel_share > 1:
            raise Unsupported
        return super().supernet(shape, scale)


class IncompleteList(Mobile):
    """Lists what its super-network holds, which has base widths only."""

    def operations(self, shape, scale):
        return self.inventory(shape, scale).operations()


FAULTS = [
    (OneOption, "decisions_are_choices", "'edge_0_1' has the options"),
    (SamplesFromItsOwnDice, "samples_are_valid", "one seed gives two samples"),
    (LeapingMutation, "mutation_changes_one_decision", "changes 6 decisions"),
    (InventiveCrossover, "crossover_mixes_its_parents", "neither parent has"),
    (FewNeighbours, "neighbours_are_all_at_distance_one", "missing from the neighbours"),
    (ForgetfulText, "text_reads_back", "is written as"),
    (TrustingText, "foreign_text_is_refused", "'' was read as"),
    (CrashingText, "foreign_text_is_refused", "no ConfigError"),
    (BackwardGraph, "graph_is_well_formed", "edge 3 -> 1"),
    (RestlessGraph, "graph_belongs_to_the_architecture", "differ"),
    (WrongClasses, "network_returns_logits", "(4, 7), not (4, 3)"),
    (FrozenNetwork, "network_learns", "no parameter has a gradient"),
    (NamelessClassifier, "network_has_a_classifier", "no linear layer"),
    (DeniedAuxiliaryHead, "auxiliary_head_is_for_training", "has_auxiliary_head is false, but"),
    (LostAuxiliaryHead, "auxiliary_head_is_for_training", "no pair of logits"),
    (BlindToSmallImages, "refuses_what_it_cannot_build", "which it says it supports"),
    (Curt, "refuses_what_it_cannot_build", "should give a sentence, not 'no'"),
    (Disinherited, "twin_inherits_everything", "something else"),
    (SharedMemory, "child_inherits_what_fits", "shares memory"),
    (IncompleteList, "lists_every_operation", "which operations() does not list"),
    (LostEdge, "edges_are_choices", "fan_in"),
    (DerivesNothing, "any_probabilities_derive", "NaN probabilities raised"),
    (DerivesBackwards, "path_is_derived_from_its_gates", "derive"),
    (TwoHot, "path_has_one_hot_gates", "not one-hot"),
    (SilentGates, "path_has_one_hot_gates", "everything would be computed"),
    (UnheldPath, "path_has_one_hot_gates", "a sampled path, raised Unsupported"),
    (ComputesEverything, "inactive_operations_are_not_computed", "a path costs"),
    (IgnoresWeightsOfPaths, "active_path_is_the_sum_of_its_operations", "differs from the sum"),
    (IgnoresProbes, "probed_operations_have_exact_gradients", "probing forward is off"),
    (LosesAGate, "supernet_returns_logits", "['edge_0_1'] play no part"),
    (BreaksOnShares, "channels_are_shared_or_refused", "should say why"),
]


@pytest.mark.parametrize(("space", "caught_by", "message"), FAULTS)
def test_faulty_space_is_caught_by_the_clause_that_names_its_fault(space, caught_by, message):
    check = next(check for check in CHECKS if title(check) == caught_by)
    assert message in (failure(check, space()) or "nothing was caught")


def test_every_clause_catches_some_faulty_space():
    assert {caught_by for _, caught_by, _ in FAULTS} == {title(check) for check in CHECKS}


def test_healthy_space_keeps_every_clause():
    assert not broken_clauses(ToyCell())
    for check in PLUGIN_CHECKS:
        check(ToyCell)


def test_healthy_space_without_supernet_keeps_every_clause():
    assert not broken_clauses(PlainToyCell(), (*SPACE_CHECKS, *NETWORK_CHECKS))


def test_smallest_supported_scale_is_found():
    assert find_tiny(ToyCell()) == (TaskShape((3, 8, 8), 3), Scale(8, 1))
    assert find_tiny(Darts())[1] == Scale(8, 3)
    assert find_tiny(Darts(), auxiliary=True)[0].inputs == (3, 32, 32)


def test_space_that_supports_nothing_tiny_is_told_so():
    class Giant(ToyCell):
        def unsupported(self, shape, scale):
            return "Too small."

    with pytest.raises(AssertionError, match="supports none of the tiny"):
        find_tiny(Giant())


def test_toy_supernet_computes_the_stand_alone_network():
    space, shape, scale = ToyCell(), TaskShape((3, 8, 8), 3), Scale(4, 1)
    architecture = space.sample(np.random.default_rng(0))
    network, supernet = space.build(architecture, shape, scale), space.supernet(shape, scale)
    network.stem, network.classifier = supernet.stem, supernet.classifier
    for index, (source, target) in enumerate(EDGES):
        name = OPERATIONS[architecture[index]]
        if name != "none":
            operation = supernet.edges[index].operations[architecture[index]]
            network.operations[f"{source}_{target}_{name}"] = operation
    images = torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(network(images), supernet(images, space.gates_of(architecture)))
