"""An experiment from the options of a command or a call, without torch as far as that goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ConfigError

if TYPE_CHECKING:
    from harness.config.experiment import Experiment

SPACE, SEEDS, ARMS = "darts", 5, "source,transferred,continued,direct,random"

Names = str | Sequence[str]


def read_experiment(
    file: Path | None,
    method: Names | None,
    source: str | None,
    target: str | None,
    options: Mapping[str, Any],
    changes: Sequence[str],
) -> Experiment:
    """Return the experiment that is asked for, checked as far as that needs no torch.

    Args:
        file: That describes it; then ``method``, ``source`` and ``target`` are not given.
        method: Names.
        source: Name.
        target: Name.
        options: What may be said besides, by key, and over what a file says; None says nothing.
        changes: ``key.path=value``, applied last.

    Raises:
        HarnessError: If anything in it is wrong, in one line.
    """
    from harness.config.experiment import load_experiment, make_experiment
    from harness.planning.names import check_experiment_names, check_names

    said = _spell_out(options)
    if file is not None:
        if method or source or target:
            raise ConfigError(
                "Give an experiment file or --method, --source and --target, not both; "
                "--set changes what a file says."
            )
        experiment = load_experiment(file, changes, said)
        check_experiment_names(experiment)
        return experiment
    if not (method and source and target):
        given = {"--method": method, "--source": source, "--target": target}
        missing = ", ".join(key for key, value in given.items() if not value)
        raise ConfigError(f"{missing} missing; give an experiment file or all three.")
    space, methods = options.get("space") or SPACE, _split(method)
    check_names(methods, [space], [source, target])
    if not (rules := said.get("protocol")):
        from harness.planning.protocol_sizes import choose_protocol  # imports torch

        rules = choose_protocol([source, target])
    document = {
        "name": f"{source}-{target}-{space}-{Path(rules).stem}",
        "space": {"name": space},
        "methods": [{"name": name} for name in methods],
        "pairs": [{"source": {"name": source}, "target": {"name": target}}],
        "seeds": SEEDS,
        "arms": _split(ARMS),
        "protocol": rules,
        **said,
    }
    return make_experiment(document, changes)


def _spell_out(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was said, as an experiment file says it."""
    said = {key: value for key, value in options.items() if value is not None}
    if "space" in said:
        said["space"] = {"name": said["space"]}
    if "arms" in said:
        said["arms"] = _split(said["arms"])
    if "protocol" in said:
        said["protocol"] = _locate(said["protocol"])
    return said


def _split(names: Names) -> list[str]:
    return names.split(",") if isinstance(names, str) else list(names)


def _locate(protocol: str) -> str:
    """Return a protocol's name, or its path from wherever it is read."""
    is_path = protocol.endswith((".yaml", ".yml"))
    return str(Path(protocol).absolute()) if is_path else protocol
