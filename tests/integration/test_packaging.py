"""What a wheel holds, and what happens where somebody else's `analysis` comes first."""

import os
import subprocess
import sys
import zipfile

import pytest


def harness(*arguments, cwd, python_path=None):
    environment = {**os.environ, **({"PYTHONPATH": str(python_path)} if python_path else {})}
    command = [sys.executable, "-m", "harness", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


@pytest.mark.slow
def test_a_wheel_holds_three_packages_and_the_protocols(tmp_path, root):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(root), str(clone)], check=True)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path]
    subprocess.run(command, cwd=clone, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.startswith("nas_comparison")} == {
        "analysis",
        "harness",
        "methods",
    }
    assert any(name.endswith("share/nas-harness/protocols/quick.yaml") for name in names)
    figures = "analysis/answers/reference/darts_space/figures.csv"
    assert {"harness/config/published.yaml", figures} <= set(names)
    assert any(name.startswith("analysis/report/templates/") for name in names)
    assert {"harness/py.typed", "harness/notation/reference/nb201_tables.npz"} <= set(names)


def test_a_foreign_analysis_on_the_path_is_noticed_at_once(tmp_path, root):
    (tmp_path / "analysis").mkdir()
    (tmp_path / "analysis" / "__init__.py").write_text("")
    done = harness("list", cwd=tmp_path, python_path=root)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "Expected the package 'analysis'" in done.stderr


def test_it_runs_from_anywhere_else(tmp_path, root):
    done = harness("list", "methods", cwd=tmp_path, python_path=root)
    assert done.returncode == 0 and "darts" in done.stdout
