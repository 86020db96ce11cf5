"""Triton's kernels, in its interpreter: that is chosen before Triton is first imported."""

import os
import subprocess
import sys

import pytest


def test_kernels_compute_what_pytorch_does(root):
    pytest.importorskip("triton")
    checks = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", root / "tests" / "unit" / "kernel_checks.py"],
        env={**os.environ, "TRITON_INTERPRET": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checks.returncode == 0, checks.stdout
    assert "17 passed" in checks.stdout


def test_a_processor_does_without_kernels():
    code = """
import sys, torch
from harness.networks.fused.wide_layers import has_kernels
assert not has_kernels(torch.ones(1, 1, 2, 2))
assert not {m for m in sys.modules if m.startswith("harness.networks.fused.") and "kernels" in m}
"""
    subprocess.run([sys.executable, "-c", code], check=True)
