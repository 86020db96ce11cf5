"""What invented experiments are made of: rules, an environment, cells."""

import hashlib
import json

from harness.interfaces.graph import CellGraph
from harness.results.record import Environment

OPERATIONS = [
    "none",
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
]
AUGMENTATION = {"crop_padding": 1, "flip": False}
RECIPE = {
    "channels": 8,
    "cells": 5,
    "epochs": 3,
    "batch_size": 64,
    "learning_rate": 0.05,
    "final_learning_rate": 0.0,
    "momentum": 0.9,
    "nesterov": False,
    "weight_decay": 3e-4,
    "gradient_clip": 5.0,
    "label_smoothing": 0.0,
    "auxiliary_weight": 0.0,
    "drop_path": 0.0,
    "augmentation": AUGMENTATION,
}
PROTOCOL = {
    "name": "tiny",
    "splits": {"train": 0.5, "validation": 0.5, "selection": 0.0},
    "search": {
        "supernet": {"channels": 4, "cells": 3},
        "batch_size": 32,
        "augmentation": AUGMENTATION,
        "budget": {"examples": 4000},
        "ticks_per_epoch": 1,
        "evaluator": "training",
        "fidelities": [1],
        "candidate": RECIPE,
    },
    "train": {"evaluator": "training", "recipe": RECIPE},
    "random_architectures": 6,
    "method_params": {},
    "primary": [
        {"arm": "direct", "against": "transferred"},
        {"arm": "continued", "against": "transferred"},
        {"arm": "transferred", "against": "random"},
    ],
}

ENVIRONMENT = Environment(
    commit="0123456789abcdef",
    dirty=False,
    code="c0de",
    hardware="an abacus",
    device="cpu",
    threads=1,
    versions={"python": "3.11.0", "torch": "2.11.0"},
    platform="Linux",
)


def cells(rng, near=None):
    """Return a record's fields for a random DARTS architecture, or for one like ``near``'s."""
    graphs = {}
    for name in ("normal", "reduce"):
        graph = _cell(near or rng)
        edges = list(graph.edges)
        if near:
            for place in rng.sample(range(len(edges)), 2):
                edges[place] = (*edges[place][:2], rng.choice(OPERATIONS[1:]))
        graphs[name] = CellGraph(2, 4, tuple(sorted(edges)), (2, 3, 4, 5))
    canonical = {name: graph.canonical().to_json() for name, graph in graphs.items()}
    return {
        "architecture": f"Genotype({hashlib.md5(repr(graphs).encode()).hexdigest()})",
        "graphs": {name: graph.to_json() for name, graph in graphs.items()},
        "canonical": json.dumps(canonical, sort_keys=True),
    }


def _cell(rng):
    edges = [
        (source, node, rng.choice(OPERATIONS[1:]))
        for node in range(2, 6)
        for source in rng.sample(range(node), 2)
    ]
    return CellGraph(2, 4, tuple(sorted(edges)), (2, 3, 4, 5))
