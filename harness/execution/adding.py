"""What a later command adds to an experiment that is planned already: methods, pairs, seeds, arms.

A plan only grows. What would make its jobs incomparable is refused, so that no command takes
another one's jobs, or its report, away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from harness.config.experiment import Experiment
from harness.config.protocol import Arm
from harness.errors import ConfigError, DamagedFileError
from harness.results.files import REMEDY, readable
from harness.results.record import ExperimentFacts, Plan, PlannedArm
from harness.results.store import ExperimentFolder

Value = TypeVar("Value")


def add(
    folder: ExperimentFolder, facts: ExperimentFacts, plan: Plan
) -> tuple[ExperimentFacts, Plan]:
    """Return what a folder holds once a command's experiment is added to what is planned there.

    Args:
        folder: Of the experiment; perhaps empty.
        facts: Of the command's experiment.
        plan: Of its jobs.

    Raises:
        ConfigError: If something that both have differs, so that they are not one experiment.
        HarnessError: If what is planned cannot be read.
    """
    if not (folder.path / "plan.json").is_file():
        return facts, plan
    earlier, known = folder.facts(), folder.plan()
    with readable(folder.path / "experiment.json", "an experiment", REMEDY):
        _read(earlier)
    differing = next(_differences(earlier, facts), None) or _other_jobs(known, plan)
    if differing:
        raise ConfigError(_refusal(folder, differing))
    jobs = {job.job: job for job in (*known.jobs, *plan.jobs)}
    arms = {_place(arm): arm for arm in (*known.arms, *plan.arms)}
    merged = Plan(jobs=tuple(jobs.values()), arms=tuple(arms.values()))
    return _with_all(earlier, facts, _added(folder, earlier, facts, known)), merged


def _refusal(folder: ExperimentFolder, differing: str) -> str:
    return (
        f"{folder.path} holds an experiment with {differing}, so this one cannot be added to it: "
        "give it another --name, ask for the same, or say --replace to plan only what this command "
        "says (finished jobs stay in the folder)."
    )


def _differences(earlier: ExperimentFacts, later: ExperimentFacts) -> Iterator[str]:
    """Yield what would make the jobs of two experiments incomparable, in words."""
    one, other = earlier.experiment, later.experiment
    if one["space"] != other["space"]:
        yield f"another space ({one['space']['name']}, or other parameters of it)"
        return
    if one["protocol"] != other["protocol"]:
        yield f"other rules (protocol {one['protocol']['name']})"
    names = [
        {_title(m): m["name"] for m in facts.experiment["methods"]} for facts in (earlier, later)
    ]
    for title in earlier.methods.keys() & later.methods.keys():
        before, after = earlier.methods[title], later.methods[title]
        if names[0][title] != names[1][title] or before.params != after.params:
            yield f"other hyper-parameters of {title}"
        if before.budget and before.budget != after.budget:
            yield f"another budget of {title}"
    for title in earlier.tasks.keys() & later.tasks.keys():
        if earlier.tasks[title].fingerprint != later.tasks[title].fingerprint:
            yield f"other data of {title}"


def _other_jobs(known: Plan, plan: Plan) -> str | None:
    """Say which arm consists of other jobs than the plan has, or return None."""
    planned = {_place(arm): arm for arm in known.arms}
    for arm in plan.arms:
        same = planned.get(_place(arm))
        if same is not None and same != arm:
            who = f"{arm.method} " if arm.method else ""
            return f"other jobs for {who}{arm.arm} on {arm.target} (an input of them has changed)"
    return None


def _place(arm: PlannedArm) -> tuple[str, str, str, str, int, int]:
    return arm.arm, arm.method, arm.source, arm.target, arm.seed, arm.repeat


def _with_all(
    earlier: ExperimentFacts, later: ExperimentFacts, added: Sequence[str]
) -> ExperimentFacts:
    """Return the inputs of both."""
    experiments = [_read(facts) for facts in (earlier, later)]
    arms = tuple(arm for arm in Arm if any(arm in one.arms for one in experiments))
    methods = {method.title: method for one in experiments for method in one.methods}
    own = {title: _arms_of(title, experiments) for title in methods}
    document = {
        **later.experiment,
        "pairs": _union(facts.experiment["pairs"] for facts in (earlier, later)),
        "seeds": sorted({seed for one in experiments for seed in one.seeds}),
        "train_seeds": max(one.train_seeds for one in experiments),
        "arms": [str(arm) for arm in arms],
        "methods": [
            {**method.model_dump(mode="json"), "arms": _unless_all(own[title], arms)}
            for title, method in methods.items()
        ],
    }
    return later.model_copy(
        update={
            "experiment": document,
            "pairs": tuple(_union((earlier.pairs, later.pairs))),
            "methods": {**earlier.methods, **later.methods},
            "tasks": {**earlier.tasks, **later.tasks},
            "notices": tuple(_union((earlier.notices, later.notices, added))),
        }
    )


def _added(
    folder: ExperimentFolder, earlier: ExperimentFacts, later: ExperimentFacts, known: Plan
) -> list[str]:
    """Say what a plan grows by although results are known, which no test can make up for."""
    one, other = _read(earlier), _read(later)
    grown = {
        "methods": [m.title for m in other.methods if m.title not in earlier.methods],
        "seeds": [str(seed) for seed in other.seeds if seed not in one.seeds],
        "arms": [str(arm) for arm in other.arms if arm not in one.arms],
        "pairs": [" to ".join(pair) for pair in later.pairs if pair not in earlier.pairs],
    }
    what = "; ".join(f"{kind} {', '.join(new)}" for kind, new in grown.items() if new)
    ended = sum(_has_ended(folder, job) for job in known.jobs)
    if not what or not ended:
        return []
    day = datetime.now(UTC).date().isoformat()
    return [f"On {day}, when {ended} of its jobs had ended, the experiment grew by {what}."]


def _has_ended(folder: ExperimentFolder, job: Any) -> bool:
    try:
        return folder.job(job).record() is not None
    except DamagedFileError:
        return False


def _read(facts: ExperimentFacts) -> Experiment:
    return Experiment.model_validate(facts.experiment)


def _arms_of(title: str, experiments: Iterable[Experiment]) -> set[Arm]:
    """Return the arms that a method takes part in, in any of some experiments."""
    return {
        arm
        for one in experiments
        if any(method.title == title for method in one.methods)
        for arm in one.method_arms(title)
    }


def _unless_all(own: set[Arm], arms: Sequence[Arm]) -> list[str] | None:
    """Return a method's arms if they are some of the experiment's only."""
    if not own or own == {arm for arm in arms if arm is not Arm.RANDOM}:
        return None
    return [str(arm) for arm in arms if arm in own]


def _union(lists: Iterable[Iterable[Value]]) -> list[Value]:
    """Return every value once, in the order of their first places."""
    found: list[Value] = []
    for values in lists:
        found += [value for value in values if value not in found]
    return found


def _title(method: dict[str, Any]) -> str:
    return str(method.get("label") or method["name"])
