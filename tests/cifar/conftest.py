"""Folders of CIFAR files; nothing is downloaded into them."""

import pytest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty data folder; nothing may be downloaded into it."""
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HARNESS_DOWNLOAD", "0")
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def real(reference, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(reference / "cifar"))
    monkeypatch.setenv("HARNESS_DOWNLOAD", "0")
