"""What the integration tests share."""

import pytest


@pytest.fixture(autouse=True)
def _quick_report(request, monkeypatch):
    """Leave the report's figures to the tests of the report, but for one run from end to end."""
    if "real_report" not in request.keywords:
        monkeypatch.setattr("analysis.report.write_report", lambda folders, out: out)


@pytest.fixture(autouse=True)
def _few_graphs(monkeypatch):
    """Draw few random graphs for chance baselines: a run draws them before its first job."""
    monkeypatch.setattr("harness.planning.space_graphs.SPACE_GRAPHS", 50)
