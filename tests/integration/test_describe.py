"""What `describe` says of an architecture, and what it refuses in one line."""

import gzip
import io
import json

import pytest
import torch
from torch import nn

from harness import cli
from harness.api import BlockChain, Decision, SearchSpace
from harness.plugins import SPACES

V2 = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), "
    "('sep_conv_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), "
    "('dil_conv_3x3', 2)], normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), "
    "('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])"
)
SMALL = ["--task", "d10", "--channels", "4", "--cells", "3"]
BEGINNINGS = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF", ".PNG": b"\x89PNG"}


class Chain(SearchSpace):
    """Two blocks in a row; its networks have no auxiliary head."""

    decisions = (Decision("first", ("k3", "k5")), Decision("second", ("k3", "k5")))

    def build(self, architecture, shape, scale):
        layers = [
            nn.Conv2d(shape.inputs[0], scale.channels, 3, padding=1),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(scale.channels, shape.classes),
        ]
        return nn.Sequential(*layers)

    def graph(self, architecture):
        return {"network": BlockChain(("mbconv k3 e6", *["mbconv k5 e3"] * 2))}


@pytest.fixture
def chain(monkeypatch):
    monkeypatch.setattr(SPACES, "load", lambda name: Chain)


def describe(capsys, *arguments):
    """Return the JSON document that the command prints."""
    assert cli.main(["describe", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refusal(capsys, *arguments):
    """Return the line with which the command refuses its arguments."""
    assert cli.main(["describe", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ") and captured.err.count("\n") == 1
    return captured.err


def test_published_cell_has_the_official_size_on_c10(capsys):
    found = describe(capsys, V2)
    assert found["scale"] == {"channels": 36, "cells": 20}
    assert found["task"]["name"] == "c10" and found["space"]["name"] == "darts"
    assert found["parameters"] == 3_349_342
    assert found["parameters_with_auxiliary"] == 3_825_768
    assert found["why_no_auxiliary"] is None
    assert found["multiply_adds"] == 528_359_040
    assert found["drawing"] is None


def test_published_genotype_is_described_from_a_file(reference, tmp_path, capsys):
    with gzip.open(reference / "darts_space" / "genotypes.json.gz") as file:
        record = next(r for r in json.load(file) if r["id"] == "darts/DARTS_V2")
    fields = ("normal", "normal_concat", "reduce", "reduce_concat")
    file = tmp_path / "v2.txt"
    file.write_text(f"Genotype({', '.join(f'{field}={record[field]}' for field in fields)})\n")
    assert describe(capsys, f"@{file}", *SMALL) == describe(capsys, V2, *SMALL)


def test_architecture_is_read_from_standard_input(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(V2 + "\n"))
    assert describe(capsys, "-", *SMALL) == describe(capsys, V2, *SMALL)


def test_every_cell_is_measured_and_put_in_canonical_form(capsys):
    found = describe(capsys, V2, *SMALL)
    assert found["structure"] == {
        "normal": {
            "depth": 3,
            "width": 3.5,
            "skip_ratio": 0.25,
            "parameter_free_ratio": 0.25,
            "none_ratio": 0.0,
            "paths": 9,
            "distinct_paths": 5,
            "receptive_field": 9,
        },
        "reduce": {
            "depth": 3,
            "width": 2.5,
            "skip_ratio": 0.375,
            "parameter_free_ratio": 1.0,
            "none_ratio": 0.0,
            "paths": 11,
            "distinct_paths": 4,
            "receptive_field": 3,
        },
    }
    assert found["canonical"]["normal"] == {
        "kind": "cell",
        "inputs": 2,
        "nodes": 4,
        "edges": [
            [0, 2, "sep_conv_3x3"],
            [0, 3, "sep_conv_3x3"],
            [0, 4, "skip_connect"],
            [0, 5, "skip_connect"],
            [1, 2, "sep_conv_3x3"],
            [1, 3, "sep_conv_3x3"],
            [1, 4, "sep_conv_3x3"],
            [2, 5, "dil_conv_3x3"],
        ],
        "outputs": [2, 3, 4, 5],
    }


def test_inputs_of_a_reduction_cell_have_stride_2(capsys):
    twice = V2.replace("('skip_connect', 2)", "('max_pool_3x3', 2)")
    assert describe(capsys, twice, *SMALL)["structure"]["reduce"]["receptive_field"] == 7


def test_images_too_small_for_an_auxiliary_head_are_described_without_one(capsys):
    found = describe(capsys, V2, *SMALL)
    assert found["parameters_with_auxiliary"] is None
    assert "auxiliary head" in found["why_no_auxiliary"]
    assert cli.main(["describe", V2, *SMALL]) == 0
    assert found["why_no_auxiliary"] in capsys.readouterr().out


def test_person_reads_the_same_numbers(capsys):
    assert cli.main(["describe", V2]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "darts on c10 (3x32x32, 10 classes), 36 channels, 20 cells"
    assert "parameters                   3,349,342" in lines
    assert "  with auxiliary head        3,825,768" in lines
    assert "multiply-adds              528,359,040" in lines
    assert any(line.split() == ["depth", "3", "3"] for line in lines)
    assert any(line.split() == ["skips", "0.250", "0.375"] for line in lines)


def test_no_data_are_needed(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "nothing"))
    monkeypatch.setenv("HARNESS_DOWNLOAD", "0")
    assert describe(capsys, V2, "--channels", "4", "--cells", "3")["task"]["classes"] == 10


def test_torchs_random_numbers_do_not_matter(capsys):
    first = describe(capsys, V2, *SMALL)
    torch.rand(3)
    assert describe(capsys, V2, *SMALL) == first


@pytest.mark.parametrize("suffix", BEGINNINGS)
def test_cells_are_drawn_into_a_file(suffix, tmp_path, capsys):
    file = tmp_path / f"cells{suffix}"
    assert describe(capsys, V2, *SMALL, "--out", str(file))["drawing"] == str(file)
    assert file.read_bytes().startswith(BEGINNINGS[suffix])
    first = file.read_bytes()
    assert cli.main(["describe", V2, *SMALL, "--out", str(file)]) == 0
    assert f"drawn in {file}" in capsys.readouterr().out
    assert file.read_bytes() == first


@pytest.mark.usefixtures("chain")
def test_chain_of_blocks_is_described_by_its_blocks(tmp_path, capsys):
    arguments = ["0-1", "--task", "d10", "--channels", "4"]
    found = describe(capsys, *arguments)
    kinds = {"mbconv k3 e6": 1, "mbconv k5 e3": 2}
    assert found["structure"] == {"network": {"blocks": 3, "kinds": kinds}}
    assert found["canonical"]["network"]["kind"] == "chain"
    assert (found["parameters"], found["parameters_with_auxiliary"]) == (4 * 9 + 4 + 50, None)
    assert found["why_no_auxiliary"] == "The networks of the space darts have no auxiliary head."
    assert cli.main(["describe", *arguments]) == 0
    assert "network: 2 x mbconv k5 e3" in capsys.readouterr().out
    file = tmp_path / "x.svg"
    assert describe(capsys, *arguments, "--out", str(file))["drawing"] == str(file)
    assert file.read_text().count(">mbconv<") == 3


def test_what_is_no_architecture_is_refused_in_the_words_of_the_space(capsys):
    assert "'Genotype(nor'" in refusal(capsys, "Genotype(nor", *SMALL)
    bad = V2.replace("sep_conv_3x3", "sep_conv_9x9")
    assert "operation 'sep_conv_9x9'" in refusal(capsys, bad, *SMALL)


def test_sizes_that_the_network_cannot_take_are_refused(capsys):
    assert "at least 3 cells" in refusal(capsys, V2, *SMALL[:4], "--cells", "2")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--space", "dart"], "No space is called 'dart'. Did you mean darts?"),
        (["--task", "d1O"], "No task is called 'd1O'. Did you mean"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest_ones(arguments, text, capsys):
    assert text in refusal(capsys, V2, *arguments)


def test_file_that_cannot_be_read_is_refused(tmp_path, capsys):
    assert "No such file" in refusal(capsys, f"@{tmp_path / 'missing.txt'}")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    assert "it is no text" in refusal(capsys, f"@{tmp_path / 'bytes'}")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cells.jpg", "one that ends in .png, .svg, .pdf"),
        ("cells", "one that ends in .png, .svg, .pdf"),
        ("missing/cells.png", "make the folder"),
        ("folder.png", "it is a folder"),
    ],
)
def test_place_where_nothing_can_be_drawn_is_refused(name, text, tmp_path, capsys):
    (tmp_path / "folder.png").mkdir()
    assert text in refusal(capsys, V2, *SMALL, "--out", str(tmp_path / name))


@pytest.mark.parametrize("number", ["0", "-3", "x"])
def test_sizes_are_positive_whole_numbers(number, capsys):
    with pytest.raises(SystemExit) as exit_:
        cli.main(["describe", V2, f"--cells={number}"])
    assert exit_.value.code == 2
    assert "no positive whole number" in capsys.readouterr().err
