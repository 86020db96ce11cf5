"""Whatever becomes of an experiment file, it is planned or refused in one line."""

import copy
import random

import pytest
import yaml

from harness.cli import main
from tests.integration.tiny import experiment

VALUES = [
    None, True, -1, 0, 3, 0.5, 1e300, 10**4000, "", "darts", "a/../b", "x" * 5000, "\u0000", "é漢",
    [], [[]], {}, {"": 1}, {1: 2}, {"name": "darts", "nme": 1}, ["darts"] * 2, {"a": {"b": [1]}},
]  # fmt: skip
MUTATIONS = 300


def places(node):
    """Yield every container of a document with each of its keys."""
    for key in node if isinstance(node, dict) else range(len(node)):
        yield node, key
        if isinstance(node[key], dict | list):
            yield from places(node[key])


def mutate(document, rng):
    """Return a document with one place changed, taken out or misspelt, as bytes; or broken text."""
    document = copy.deepcopy(document)
    node, key = rng.choice(list(places(document)))
    match rng.randrange(4):
        case 0:
            del node[key]
        case 1 if isinstance(node, dict):
            node[key[:-1]] = node.pop(key)
        case 2:
            content = bytearray(yaml.safe_dump(document).encode())
            content[rng.randrange(len(content))] = rng.randrange(256)
            return bytes(content)
        case _:
            node[key] = rng.choice(VALUES)
    return yaml.safe_dump(document).encode()


@pytest.mark.parametrize("seed", range(3))
def test_a_mutated_file_is_planned_or_refused_in_one_line(tmp_path, capsys, seed):
    rng = random.Random(seed)
    whole = experiment(seeds=[0])
    statuses = set()
    for _ in range(MUTATIONS // 3):
        file = tmp_path / "mutated.yaml"
        file.write_bytes(content := mutate(whole, rng))
        status = main(["run", str(file), "--dry-run", "--results", str(tmp_path / "results")])
        told = capsys.readouterr().err
        statuses.add(status)
        assert status in (0, 2), content
        errors = [line for line in told.splitlines() if not line.startswith("warning: ")]
        if status == 2:
            assert len(errors) == 1 and errors[0].startswith("error: "), (content, told)
            assert len(errors[0]) < 1000, (content, told)
    assert statuses == {0, 2}
