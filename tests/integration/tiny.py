"""A protocol so small that a whole experiment takes seconds, for tests of the machinery."""

import json
from pathlib import Path

from harness.cli import main

RECIPE = {
    "channels": 4,
    "cells": 3,
    "epochs": 1,
    "batch_size": 64,
    "epoch_examples": 128,
    "learning_rate": 0.1,
    "final_learning_rate": 0,
    "momentum": 0.9,
    "nesterov": False,
    "weight_decay": 3e-4,
    "gradient_clip": 5,
    "label_smoothing": 0,
    "auxiliary_weight": 0,
    "drop_path": 0,
    "augmentation": {"crop_padding": 1, "flip": True},
}

PROTOCOL = {
    "name": "tiny",
    "splits": {"train": 0.5, "validation": 0.5, "selection": 0},
    "search": {
        "supernet": {"channels": 4, "cells": 3},
        "batch_size": 4,
        "augmentation": {"crop_padding": 1, "flip": False},
        "budget": {"examples": 24},
        "ticks_per_epoch": 200,
        "evaluator": "training",
        "fidelities": [0, 1],
        "candidate": RECIPE,
    },
    "train": {"evaluator": "training", "recipe": RECIPE},
    "random_architectures": 1,
    "method_params": {"darts": {"order": 1, "choices": {"learning_rate": 0.01}}},
    "primary": [{"arm": "transferred", "against": "direct"}],
}

# The command line as a script, without the report.
UNREPORTED = """
import sys, types
from harness.cli import main
if __name__ == "__main__":
    report = types.SimpleNamespace(write_report=lambda folders, out: out)
    sys.modules["analysis.report"] = report
    sys.exit(main())
"""


def experiment(**changes):
    document = {
        "name": "tiny",
        "space": "darts",
        "methods": ["darts"],
        "pairs": [{"source": "d10", "target": "d10"}],
        "seeds": [0],
        "arms": ["direct"],
        "protocol": PROTOCOL,
    }
    return {**document, **changes}


def write(folder: Path, **changes) -> Path:
    """Write an experiment file; JSON is YAML."""
    file = folder / "tiny.yaml"
    file.write_text(json.dumps(experiment(**changes)))
    return file


def run(folder: Path, file: Path, *extra: str) -> int:
    return main(["run", str(file), "--results", str(folder), "--device", "cpu", *extra])


def trajectories(folder: Path) -> dict[str, list[str]]:
    """Return each job's trajectory, without the columns that are a clock's."""
    found = {}
    for file in sorted(folder.glob("tiny/jobs/*/trajectory.jsonl")):
        rows = [json.loads(line) for line in file.read_text().splitlines()]
        for row in rows:
            del row["seconds"], row["overhead_seconds"]
        found[file.parent.name] = [json.dumps(row) for row in rows]
    return found


def records(folder: Path) -> dict[str, dict]:
    files = sorted(folder.glob("tiny/jobs/*/record.json"))
    return {file.parent.name: json.loads(file.read_text()) for file in files}
