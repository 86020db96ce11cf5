"""An experiment from the options of a command or a call, without torch as far as that goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ConfigError

if TYPE_CHECKING:
    from harness.config.experiment import Experiment

SPACE, SEEDS, ARMS = "darts", 5, "source,transferred,continued,direct,random"
ARMS_OF_GIVEN = "given,random"

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
    from harness.planning.given import find_space
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
    given = said.get("architectures")
    asked = {
        "--method": method or given,
        "--source": source or (given and not method),
        "--target": target,
    }
    if missing := ", ".join(key for key, value in asked.items() if not value):
        raise ConfigError(
            f"{missing} missing; give an experiment file, all of --method, --source and --target, "
            "or --architectures and --target."
        )
    assert target
    methods = _split(method or ())
    tasks = [name for name in (source, target) if name]
    space = options.get("space") or (find_space(given) if given else SPACE)
    check_names(methods, [space], tasks)
    if not (rules := said.get("protocol")):
        from harness.planning.protocol_sizes import choose_protocol  # imports torch

        rules = choose_protocol(tasks)
    document = {
        "name": "-".join((*tasks, space, Path(rules).stem)),
        "space": {"name": space},
        "methods": [{"name": name} for name in methods],
        "pairs": [{"source": {"name": source or target}, "target": {"name": target}}],
        "seeds": SEEDS,
        "arms": _list_arms(methods, given),
        "protocol": rules,
        **said,
    }
    return make_experiment(document, changes)


def _list_arms(methods: Sequence[str], given: Any) -> list[str]:
    """Return the usual arms of methods, of given architectures, or of both."""
    arms = [*_split(ARMS if methods else ()), *_split(ARMS_OF_GIVEN if given else ())]
    return list(dict.fromkeys(arms))


def _spell_out(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was said, as an experiment file says it."""
    said = {key: value for key, value in options.items() if value is not None}
    if "architectures" in said:
        said["architectures"] = _read_architectures(said["architectures"])
    if "space" in said:
        said["space"] = {"name": said["space"]}
    if "arms" in said:
        said["arms"] = _split(said["arms"])
    if "protocol" in said:
        said["protocol"] = _locate(said["protocol"])
    return said


def _split(names: Names) -> list[str]:
    return names.split(",") if isinstance(names, str) else list(names)


def _read_architectures(given: Any) -> Any:
    from harness.config.architectures import read_architectures

    return read_architectures(str(given) if isinstance(given, Path) else given, Path())


def _locate(protocol: str) -> str:
    """Return a protocol's name, or its path from wherever it is read."""
    is_path = protocol.endswith((".yaml", ".yml"))
    return str(Path(protocol).absolute()) if is_path else protocol
