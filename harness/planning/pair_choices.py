"""What the pairs of an experiment name: tasks in full, proxies of them, and controls."""

from __future__ import annotations

from collections.abc import Iterator

from harness.config.experiment import Experiment
from harness.config.parameters import defaults
from harness.config.protocol import Arm, Plugin
from harness.errors import ConfigError
from harness.planning.controls import part_controls
from harness.planning.resolve_plugins import resolve_task
from harness.plugins import TASKS


def list_choices(experiment: Experiment) -> Iterator[tuple[Plugin, Plugin, Plugin]]:
    """Yield what each pair searches, its source and its target, parameters written out.

    Raises:
        ConfigError: If a target is a proxy or a control, or a task has two settings.
    """
    settings: dict[str, Plugin] = {}
    for pair in experiment.pairs:
        searched, target = resolve_task(pair.source), resolve_task(pair.target)
        if proxy := name_proxy(target):
            kind = "control" if part_controls(target)[1] else "proxy"
            raise ConfigError(
                f"the target {target.name} was given {proxy}, but a {kind} is for the source "
                "search only; leave the target's parameters out."
            )
        for full in (_in_full(searched), target):
            if settings.setdefault(full.name, full) != full:
                raise ConfigError(
                    f"task {full.name} is in the experiment with different parameters; "
                    "use one setting of a task in an experiment."
                )
        # Without a source arm the source in full is not used, so no report should list it.
        yield searched, _in_full(searched) if Arm.SOURCE in experiment.arms else searched, target


def name_proxy(choice: Plugin) -> str:
    """Return what makes ``choice`` no task in full, e.g. ``images=0.1``; or nothing."""
    plain, controls = part_controls(choice)
    plugin = TASKS.load(plain.name)
    usual = defaults(plugin)
    changed = {
        name: plain.params[name]
        for name in plugin.proxies
        if name in plain.params and plain.params[name] != usual[name]
    }
    return "-".join(f"{name}={value}" for name, value in {**changed, **controls}.items())


def _in_full(choice: Plugin) -> Plugin:
    """Return the task that ``choice`` may be a proxy or a control of."""
    plain, _ = part_controls(choice)
    plugin = TASKS.load(plain.name)
    usual = defaults(plugin)
    params = {**plain.params, **{name: usual[name] for name in plugin.proxies}}
    return Plugin(name=plain.name, params=params)
