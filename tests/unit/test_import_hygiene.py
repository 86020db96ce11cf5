"""Cheap commands stay cheap: nothing slow is imported before it is needed."""

import os
import subprocess
import sys

import pytest

from harness.cli import COMMANDS

SHOW = "\nimport sys; print('loaded:', *sys.modules)"


def loaded(root, code):
    """Return the top-level modules that a fresh interpreter has loaded after ``code``."""
    run = subprocess.run(
        [sys.executable, "-c", code + SHOW],
        cwd=root,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(run.stdout.rpartition("loaded:")[2].split())


@pytest.mark.parametrize(
    ("module", "banned"),
    [
        ("harness", {"torch", "numpy", "pandas", "pydantic", "methods", "analysis"}),
        ("harness.cli", {"torch", "pandas", "pydantic", "matplotlib", "methods", "analysis"}),
        ("harness.plugins", {"torch", "pandas", "pydantic", "numpy", "methods"}),
        ("harness.results.store", {"torch", "pandas", "matplotlib", "methods"}),
        ("harness.config.experiment", {"torch", "pandas", "matplotlib", "methods"}),
        ("harness.api", {"torch", "pandas", "matplotlib", "methods"}),
        ("analysis.loading.load", {"torch", "matplotlib", "methods"}),
        ("analysis.architectures.structure", {"torch", "pandas", "matplotlib", "methods"}),
    ],
)
def test_module_is_imported_without(root, module, banned):
    assert not banned & loaded(root, f"import {module}")


@pytest.mark.parametrize("arguments", [["list"], ["list", "--long"], ["list", "--json"]])
def test_listing_names_loads_no_torch(root, arguments):
    modules = loaded(root, f"from harness.cli import main; assert main({arguments}) == 0")
    assert not {"torch", "pandas", "matplotlib", "methods.darts", "nni"} & modules


def test_help_loads_no_torch(root):
    code = "from harness.cli import build_parser; build_parser().format_help()"
    assert not {"torch", "pandas", "pydantic", "matplotlib"} & loaded(root, code)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_loads_no_torch(root, command):
    code = f"""
import contextlib
from harness.cli import main
with contextlib.suppress(SystemExit):
    main(["{command}", "--help"])"""
    assert not {"torch", "pandas", "pydantic", "matplotlib"} & loaded(root, code)


def test_refusing_an_architecture_file_loads_no_figures(root):
    code = "from harness.cli import main; assert main(['describe', '@no/such/file']) == 2"
    assert not {"pandas", "matplotlib"} & loaded(root, code)


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--method", "darts,drats", "Did you mean darts?"),
        ("--source", "d11", "Did you mean d10"),
        ("--target", "d11", "Did you mean d10"),
        ("--space", "dartz", "Did you mean darts?"),
        ("--protocol", "quik", "Did you mean quick?"),
        ("--set", "protocol.serch=1", "Did you mean search?"),
    ],
)
def test_a_typo_is_told_before_torch_is_loaded(root, option, value, told):
    words = {"--method": "darts", "--source": "d10", "--target": "d100", "--protocol": "smoke"}
    arguments = [word for pair in {**words, option: value}.items() for word in pair]
    code = f"""
import contextlib, io
from harness.cli import main
with contextlib.redirect_stderr(io.StringIO()) as told:
    assert main(["run", *{arguments}]) == 2
assert {told!r} in told.getvalue(), told.getvalue()"""
    assert "torch" not in loaded(root, code)


def test_a_typo_in_a_file_is_told_before_torch_is_loaded(root, tmp_path):
    file = tmp_path / "one.yaml"
    file.write_text(
        "{name: one, space: darts, methods: [drats], pairs: [{source: d10, target: d100}], "
        "seeds: 1, arms: [direct], protocol: smoke}"
    )
    code = f"from harness.cli import main; assert main(['run', {str(file)!r}]) == 2"
    assert "torch" not in loaded(root, code)


def test_without_its_environment_the_harness_says_what_to_do(root):
    """``-S`` leaves installed packages out, as a Python outside of the environment does."""
    run = subprocess.run(
        [sys.executable, "-S", "-m", "harness", "list"],
        cwd=root,
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2 and run.stderr.count("\n") == 1
    assert "is not installed" in run.stderr and "activate the environment" in run.stderr
