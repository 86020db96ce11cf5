"""What a later command adds to an experiment: methods, architectures, pairs, seeds, arms.

A plan only grows. What would make its jobs incomparable is refused, so that no command takes
another one's jobs, or its report, away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from harness.config.experiment import Experiment
from harness.config.protocol import Arm
from harness.errors import ConfigError
from harness.execution.pending import find_unfinished
from harness.results.files import REMEDY, readable
from harness.results.planned import ExperimentFacts, Plan, PlannedArm
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
        one = Experiment.model_validate(earlier.experiment)
    other = Experiment.model_validate(facts.experiment)
    differing = next(_differences(one, other, earlier, facts), None) or _other_jobs(known, plan)
    if differing:
        raise ConfigError(_refusal(folder, differing))
    jobs = {job.job: job for job in (*known.jobs, *plan.jobs)}
    arms = {_place(arm): arm for arm in (*known.arms, *plan.arms)}
    merged = Plan(jobs=tuple(jobs.values()), arms=tuple(arms.values()))
    notices = _union((earlier.notices, facts.notices, _tell_growth(folder, one, other, known)))
    both = facts.model_copy(
        update={
            "experiment": _with_both(one, other).model_dump(mode="json"),
            "pairs": tuple(_union((earlier.pairs, facts.pairs))),
            "methods": {**earlier.methods, **facts.methods},
            "tasks": {**earlier.tasks, **facts.tasks},
            "notices": tuple(notices),
        }
    )
    return both, merged


def _refusal(folder: ExperimentFolder, differing: str) -> str:
    return (
        f"{folder.path} holds an experiment with {differing}, so this one cannot be added to it: "
        "give it another --name, ask for the same, or say --replace to plan only what this command "
        "says (finished jobs stay in the folder)."
    )


def _differences(
    one: Experiment, other: Experiment, earlier: ExperimentFacts, later: ExperimentFacts
) -> Iterator[str]:
    """Yield what would make the jobs of two experiments incomparable, in words."""
    if one.space != other.space:
        yield f"another space ({one.space.name}, or other parameters of it)"
        return
    if one.protocol != other.protocol:
        yield f"other rules (protocol {one.protocol.name})"
    names = [{method.title: method.name for method in it.methods} for it in (one, other)]
    for title in names[0].keys() & names[1].keys():
        before, after = earlier.methods[title], later.methods[title]
        if names[0][title] != names[1][title] or before.params != after.params:
            yield f"other hyper-parameters of {title}"
        if before.budget and before.budget != after.budget:
            yield f"another budget of {title}"
    yield from _other_architectures(one, other)
    for title in earlier.tasks.keys() & later.tasks.keys():
        if earlier.tasks[title].fingerprint != later.tasks[title].fingerprint:
            yield f"other data of {title}"


def _other_architectures(one: Experiment, other: Experiment) -> Iterator[str]:
    known = {given.name: given.text for given in one.architectures}
    for given in other.architectures:
        if known.get(given.name, given.text) != given.text:
            yield f"another architecture called {given.name}"


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


def _with_both(one: Experiment, other: Experiment) -> Experiment:
    """Return an experiment with the methods, architectures, pairs, seeds and arms of two."""
    both = (one, other)
    arms = tuple(arm for arm in Arm if arm in one.arms or arm in other.arms)
    methods = {method.title: method for it in both for method in it.methods}
    architectures = {given.name: given for it in both for given in it.architectures}
    return other.model_copy(
        update={
            "pairs": tuple(_union((one.pairs, other.pairs))),
            "seeds": tuple(sorted({*one.seeds, *other.seeds})),
            "train_seeds": max(one.train_seeds, other.train_seeds),
            "arms": arms,
            "methods": tuple(
                method.model_copy(
                    update={
                        "arms": _unless_all(_arms_of(title, both), arms),
                        "sources": _sources_of(title, both),
                    }
                )
                for title, method in methods.items()
            ),
            "architectures": tuple(architectures.values()),
        }
    )


def _tell_growth(
    folder: ExperimentFolder, one: Experiment, other: Experiment, known: Plan
) -> Iterator[str]:
    """Yield a line if a plan grows after results are known, which no test can make up for."""
    titles = [method.title for method in one.methods]
    names = [given.name for given in one.architectures]
    grown = {
        "methods": [m.title for m in other.methods if m.title not in titles],
        "architectures": [a.name for a in other.architectures if a.name not in names],
        "seeds": [str(seed) for seed in other.seeds if seed not in one.seeds],
        "arms": [str(arm) for arm in other.arms if arm not in one.arms],
        "pairs": [f"{p.source.name} to {p.target.name}" for p in other.pairs if p not in one.pairs],
    }
    what = "; ".join(f"{kind} {', '.join(new)}" for kind, new in grown.items() if new)
    if not what:
        return
    ended = len(known.jobs) - len(find_unfinished(known, folder))
    if ended:
        day = datetime.now(UTC).date().isoformat()
        yield f"On {day}, when {ended} of its jobs had ended, the experiment grew by {what}."


def _arms_of(title: str, experiments: Iterable[Experiment]) -> set[Arm]:
    """Return the arms that a method takes part in, in any of some experiments."""
    return {
        arm
        for one in experiments
        if any(method.title == title for method in one.methods)
        for arm in one.method_arms(title)
    }


def _sources_of(title: str, experiments: Iterable[Experiment]) -> tuple[str, ...] | None:
    """Return the sources that a method searches in any of some experiments; None for all."""
    own = [m.sources for it in experiments for m in it.methods if m.title == title]
    if None in own:
        return None
    return tuple(_union(sources for sources in own if sources))


def _unless_all(own: set[Arm], arms: Sequence[Arm]) -> tuple[Arm, ...] | None:
    """Return a method's arms if they are some of the experiment's only."""
    if not own or own == {arm for arm in arms if arm.is_searched}:
        return None
    return tuple(arm for arm in arms if arm in own)


def _union(lists: Iterable[Iterable[Value]]) -> list[Value]:
    """Return every value once, in the order of their first places."""
    found: list[Value] = []
    for values in lists:
        found += [value for value in values if value not in found]
    return found
