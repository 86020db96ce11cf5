"""Architecture parameters as logs print them lead to the cell that the search would derive."""

import json

import numpy as np
import pytest
import torch

from harness.cli import main
from harness.errors import ConfigError, Unsupported
from harness.execution.alphas import read_alphas
from harness.plugins import SPACES
from harness.testing.toy_space import PlainToyCell

DARTS, NB201 = (SPACES.load(name)() for name in ("darts", "nb201"))


def draw(space):
    rng = np.random.default_rng(0)
    return [rng.normal(size=len(edge.options)) for edge in space.edges]


def shares_of(rows):
    return [np.exp(row) / np.exp(row).sum() for row in rows]


FORMS = {
    "torch": lambda rows: str(torch.tensor(np.array(rows), requires_grad=True)),
    "torch, cuda": lambda rows: f"tensor({[list(map(float, r)) for r in rows]}, device='cuda:0')",
    "grad_fn": lambda rows: f"tensor({[list(map(float, r)) for r in rows]}, grad_fn=<SoftmaxBack>)",
    "numpy": lambda rows: repr(np.array(rows)),
    "JSON": lambda rows: json.dumps([row.tolist() for row in rows]),
    "table": lambda rows: "\n".join(",".join(map(str, row)) for row in rows),
    "shares": lambda rows: json.dumps([row.tolist() for row in shares_of(rows)]),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("space", [DARTS, NB201], ids=["darts", "nb201"])
def test_what_is_printed_is_read(space, form):
    rows = draw(space)
    assert read_alphas(FORMS[form](rows), space) == space.derive(shares_of(rows))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("1 2 3", "There are 3 alphas; expected 30: the options of 6 edges, 5 each"),
        ("", "There are 0 alphas"),
        ("1\n2\nthe third", "Line 3 of the alphas holds words"),
        ("1e999 " * 30, "not finite"),
    ],
)
def test_what_holds_no_alphas_is_refused_in_one_line(text, what):
    with pytest.raises(ConfigError, match=what) as caught:
        read_alphas(text, NB201)
    assert "\n" not in str(caught.value)


def test_a_space_without_a_super_network_has_no_alphas():
    with pytest.raises(Unsupported, match="no super-network"):
        read_alphas("1", PlainToyCell())


def test_the_command_describes_the_cell_of_a_file(tmp_path, capsys):
    file = tmp_path / "alphas.txt"
    file.write_text(FORMS["torch"](draw(NB201)))
    size = ["--space", "nb201", "--channels", "16", "--cells", "1", "--json"]
    assert main(["describe", "--alphas", str(file), *size]) == 0
    found = json.loads(capsys.readouterr().out)["architecture"]
    assert NB201.from_text(found) == NB201.derive(shares_of(draw(NB201)))
    assert main(["describe", *size]) == main(["describe", "330034", "--alphas", "x", *size]) == 2
    assert "one of them" in capsys.readouterr().err


def test_a_cell_is_named_by_digits_or_by_its_number(reference, capsys):
    size = ["--space", "nb201", "--channels", "16", "--cells", "5", "--data", str(reference)]
    with np.load(reference / "nasbench201" / "nb201_tables.npz") as table:
        ops, test = table["ops"], table["cifar100_e200_test"]
    found = []
    for name in ("11472", "".join(map(str, ops[11_472]))):
        assert main(["describe", name, *size, "--recorded", "--json"]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[0] == found[1]
    assert (found[0]["parameters"], found[0]["multiply_adds"]) == (559_386, 78_561_920)
    told = found[0]["recorded"]["accuracies"]["cifar100"]["x-test after 200 epochs"]
    assert told == pytest.approx(float(test[11_472]))
    assert main(["describe", "15625", *size]) == 2
    assert "from 0 to 15,624" in capsys.readouterr().err


def test_recorded_results_exist_for_cells_of_the_benchmark_only(capsys):
    genotype = DARTS.to_text(DARTS.sample(np.random.default_rng(0)))
    assert main(["describe", genotype, "--channels", "4", "--cells", "3", "--recorded"]) == 2
    assert "only cells of the space nb201" in capsys.readouterr().err
