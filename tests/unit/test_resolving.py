"""Plugins are looked up once in a process, and opened once for the plan and once for each job."""

from collections import Counter

from harness.planning import resolve_plugins
from harness.plugins import EVALUATORS, METHODS, SPACES, TASKS
from harness.registry import Registry
from tests.integration.tiny import records, run, write


def test_a_run_opens_each_plugin_once_for_the_plan_and_once_a_job(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.report.write_report", lambda folders, out: out)
    opened, looked_up, find = Counter(), Counter(), Registry._look_up
    real = resolve_plugins.construct
    monkeypatch.setattr(
        resolve_plugins, "construct", lambda p, params: opened.update([p]) or real(p, params)
    )
    monkeypatch.setattr(
        Registry, "_look_up", lambda self, name: looked_up.update([name]) or find(self, name)
    )
    for registry in (METHODS, SPACES, TASKS, EVALUATORS):
        monkeypatch.setattr(registry, "_loaded", {})
    file = write(tmp_path, methods=["random_search"], arms=["direct", "random"])
    assert run(tmp_path, file) == 0
    jobs = len(records(tmp_path))
    assert jobs == 3
    counts = {plugin.__name__: count for plugin, count in opened.items()}
    assert counts == {"Darts": 1 + jobs, "D10": 1 + jobs, "Training": 1 + jobs, "RandomSearch": 2}
    assert looked_up == dict.fromkeys(("darts", "d10", "training", "random_search"), 1)
