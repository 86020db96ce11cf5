"""Tune a method's hyper-parameters: an Optuna study whose trials are searches on one task.

A trial is one search, a job like any other, and the validation score of what it finds; the test
split is never read, and no other task is opened. The study is in a journal beside the jobs, so a
killed study goes on with the trial that it was in, from that search's checkpoint, and Optuna's own
tools can open it. Trial 0 has the protocol's values.

::

    results/<name>/study.journal    Optuna's JournalStorage; the study is called after the folder
    results/<name>/jobs/            one search per trial
    results/<name>/tuning.json      best values, digest and bill, written last (config/tuning.py)
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from harness.api import Bench, Split, Tunable, Unsupported
from harness.config.documents import merged
from harness.config.experiment import make_experiment
from harness.config.parameters import nested, ranges
from harness.config.tuning import MethodSetting, Tuning, TuningBill
from harness.errors import ConfigError, HarnessError
from harness.execution.executor import Settings, run_jobs
from harness.planning.partition import partition
from harness.planning.resolve import Resolved, resolve_experiment
from harness.planning.resolve_plugins import (
    open_evaluator,
    open_space,
    open_task,
    resolve_method,
)
from harness.planning.seeding import derive_seed
from harness.plugins import METHODS
from harness.results.files import readable
from harness.results.planned import PlannedJob
from harness.results.record import JobRecord, Status
from harness.results.spec import SearchSpec, digest
from harness.results.store import ExperimentFolder, write_atomically

if TYPE_CHECKING:
    from optuna import Study, Trial

JOURNAL, RESULT = "study.journal", "tuning.json"


@dataclass(frozen=True)
class Plan:
    """What is tuned, where, and under which rules.

    Attributes:
        method: With the protocol's values.
        ranges: Of what is tuned, by dotted name.
        resolved: An experiment that searches the task with the method.
        seed: Root of everything random; no search of an experiment has it.
    """

    method: MethodSetting
    ranges: Mapping[str, Tunable]
    resolved: Resolved
    seed: int

    def spec(self, values: Mapping[str, Any], number: int) -> SearchSpec:
        """Return the search of one trial; each has a seed, and so a split, of its own."""
        name, protocol = self.method.name, self.resolved.protocol
        params = merged(self.method.params, nested(values))
        return SearchSpec(
            method=resolve_method(MethodSetting(name=name, params=params)).setting,
            space=self.resolved.space_choice,
            task=self.resolved.pairs[0].searched,
            splits=protocol.splits,
            rules=self.resolved.rules[name],
            seed=derive_seed(self.seed, "tuning", name, str(number)),
            costs=protocol.costs,
        )

    def inputs(self) -> dict[str, Any]:
        """Return all that determines the study, as plain containers."""
        listed = {name: [r.low, r.high, r.log] for name, r in self.ranges.items()}
        return {"first": self.spec({}, 0).model_dump(mode="json"), "ranges": listed}


def make_plan(
    method: str,
    source: str,
    space: str,
    protocol: str,
    *,
    wanted: Mapping[str, tuple[float, float] | None],
    seed: int = 0,
    name: str = "tuning",
) -> Plan:
    """Check everything and say what would be tuned.

    Args:
        method: Whose hyper-parameters.
        source: The task that is searched, the only one that is opened.
        space: What is searched.
        protocol: A shipped name or a file.
        wanted: Names of what is tuned, with other bounds or None; empty tunes all that is declared.
        seed: Of the study.
        name: Of its folder.

    Raises:
        HarnessError: If anything is wrong, in one line.
    """
    document = {
        "name": name,
        "space": {"name": space},
        "methods": [{"name": method}],
        "pairs": [{"source": {"name": source}, "target": {"name": source}}],
        "seeds": [0],
        "arms": ["source"],
        "protocol": protocol,
    }
    found = resolve_experiment(make_experiment(document))
    if not found.protocol.search.fidelities:
        raise ConfigError(
            f"protocol {found.protocol.name} offers no fidelity at which a trial's architecture "
            "could be judged; state one in search.fidelities."
        )
    chosen = _choose(method, ranges(METHODS.load(method)), wanted)
    return Plan(found.methods[method], chosen, found, seed)


def _choose(
    method: str,
    declared: Mapping[str, Tunable],
    wanted: Mapping[str, tuple[float, float] | None],
) -> dict[str, Tunable]:
    """Return the ranges that are tuned."""
    listed = ", ".join(declared) or "none"
    if not declared:
        raise ConfigError(f"The method {method} declares no ranges; there is nothing to tune.")
    for name in wanted:
        if name not in declared:
            raise ConfigError(
                f"The method {method} declares no range for {name!r}; it declares {listed}."
            )
    chosen = {}
    for name in wanted or declared:
        usual, bounds = declared[name], wanted.get(name)
        try:
            chosen[name] = usual if bounds is None else _narrow(usual, bounds)
        except ValueError as error:
            raise ConfigError(f"--range {name}: {error}.") from error
    return chosen


def _narrow(usual: Tunable, bounds: tuple[float, float]) -> Tunable:
    low, high = map(round, bounds) if usual.is_whole else bounds
    return replace(usual, low=low, high=high)


def tune(plan: Plan, folder: ExperimentFolder, trials: int, settings: Settings) -> Tuning | None:
    """Carry the study on until it has ``trials`` finished trials; write and return what it found.

    Returns:
        None if it was stopped before; the same call goes on.

    Raises:
        ConfigError: If the folder holds a study of something else.
        HarnessError: If no trial succeeded, or the method cannot search here.
    """
    deadline = math.inf if settings.stop_after is None else monotonic() + settings.stop_after
    study = _open_study(plan, folder)
    while sum(trial.state.is_finished() for trial in study.get_trials(deepcopy=False)) < trials:
        left = deadline - monotonic()
        limit = None if math.isinf(left) else max(left, 0.0)
        if not _run_trial(plan, study, folder, replace(settings, stop_after=limit)):
            return None
    tuning = _summarise(plan, study)
    write_atomically(folder.path / RESULT, tuning.model_dump_json(indent=2) + "\n")
    return tuning


def _open_study(plan: Plan, folder: ExperimentFolder) -> Study:
    """Return the folder's study, old or new."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    journal = folder.path / JOURNAL
    with readable(journal, "a study", "move it away, and searches that have ended are found again"):
        storage = JournalStorage(JournalFileBackend(str(journal)))
        study = optuna.create_study(
            study_name=folder.path.name, storage=storage, direction="maximize", load_if_exists=True
        )
    inputs = json.dumps(plan.inputs(), sort_keys=True)
    if study.user_attrs.setdefault("inputs", inputs) != inputs:
        raise ConfigError(
            f"{folder.path} holds a study of other inputs (ranges, rules, data or seed); choose "
            "another folder with --name."
        )
    if not study.get_trials(deepcopy=False):
        study.set_user_attr("inputs", inputs)
        usual = _flat(plan.method.params)
        inside = {n: usual[n] for n, r in plan.ranges.items() if r.low <= usual[n] <= r.high}
        if len(inside) == len(plan.ranges):
            study.enqueue_trial(inside)
    return study


def _flat(params: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return parameters by dotted name."""
    found: dict[str, Any] = {}
    for name, value in params.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value
    return found


def _run_trial(plan: Plan, study: Study, folder: ExperimentFolder, settings: Settings) -> bool:
    """Carry out the trial that was interrupted, or a new one; return whether it ended."""
    from optuna.trial import TrialState

    trial = _open_trial(plan, study)
    spec = plan.spec({n: _suggest(trial, n, r) for n, r in plan.ranges.items()}, trial.number)
    job = PlannedJob(job=digest(spec), name=f"trial{trial.number}", spec=spec)
    ending = run_jobs([job], folder, settings)
    if ending.is_stopped:
        return False
    for name, reason in ending.lost.items():
        raise HarnessError(f"The search {name} has no result: {reason} The same command goes on.")
    record = folder.job(job).record()
    assert record is not None
    if record.status is Status.SKIPPED:
        raise Unsupported(record.reason or "")
    trial.set_user_attr("job", job.folder)
    score = math.nan
    if record.status is Status.DONE:
        score, bill = _judge(record, settings.devices[0], folder.job(job).candidates)
        trial.set_user_attr("architecture", record.architecture)
        trial.set_user_attr("bill", bill.model_dump())
    if math.isfinite(score):
        study.tell(trial, score)
    else:
        study.tell(trial, state=TrialState.FAIL)
    return True


def _open_trial(plan: Plan, study: Study) -> Trial:
    """Return the trial that a killed process left, or a new one.

    Its sampler knows nothing but the study and how many trials came before, so a study that was
    interrupted proposes what it would have proposed anyway.
    """
    from optuna import Trial
    from optuna.samplers import TPESampler
    from optuna.trial import TrialState

    trials = study.get_trials(deepcopy=False)
    finished = sum(trial.state.is_finished() for trial in trials)
    study.sampler = TPESampler(seed=derive_seed(plan.seed, "sampler", str(finished)))
    running = [trial for trial in trials if trial.state is TrialState.RUNNING]
    return Trial(study, running[0]._trial_id) if running else study.ask()


def _suggest(trial: Trial, name: str, over: Tunable) -> float:
    """Return the trial's value of a parameter."""
    if over.is_whole:
        return trial.suggest_int(name, int(over.low), int(over.high), log=over.log)
    return trial.suggest_float(name, over.low, over.high, log=over.log)


def _judge(record: JobRecord, device: str, folder: Path) -> tuple[float, TuningBill]:
    """Return the validation accuracy of what a search found, at full effort, and what all cost.

    It is judged again, for a method's own best score is that of its luckiest candidate, and some
    judge none.

    Args:
        record: Of the search.
        device: Where it is judged.
        folder: Where its weights lie meanwhile.
    """
    spec = record.spec
    assert isinstance(spec, SearchSpec) and record.architecture is not None
    space, task = open_space(spec.space), open_task(spec.task)
    rows = partition(task, spec.task.title, spec.splits, spec.seed).rows
    seen = {split: rows[split] for split in (Split.TRAIN, Split.VALIDATION)}
    evaluator = open_evaluator(spec.rules.evaluator, Bench(space, task, seen, device, folder))
    verdict = evaluator.evaluate(
        space.from_text(record.architecture),
        spec.rules.candidate,
        fidelity=spec.rules.fidelities[-1],
        seed=derive_seed(spec.seed, "tuning", "verdict"),
        key="verdict",
    )
    evaluator.release("verdict")
    bill = TuningBill(
        trials=1,
        seconds=record.bill.seconds + verdict.seconds,
        examples=record.bill.examples + verdict.examples,
        evaluations=record.bill.evaluations + 1,
    )
    return verdict.score, bill


def _summarise(plan: Plan, study: Study) -> Tuning:
    """Return the best values, and the digest of the whole study."""
    trials = [trial for trial in study.get_trials(deepcopy=False) if trial.state.is_finished()]
    outcomes = [[trial.params, trial.values] for trial in trials]
    if not any(values for _, values in outcomes):
        raise HarnessError(
            "No trial succeeded; the reasons are in the log of each job. Ranges may be too wide."
        )
    canonical = json.dumps([plan.inputs(), outcomes], sort_keys=True, separators=(",", ":"))
    bills = [trial.user_attrs["bill"] for trial in trials if "bill" in trial.user_attrs]
    best, task = study.best_trial, plan.resolved.pairs[0].searched
    assert best.value is not None
    return Tuning(
        method=plan.method.name,
        task=task.title,
        fingerprint=task.fingerprint,
        space=plan.resolved.space_choice.name,
        protocol=plan.resolved.protocol.name,
        study=hashlib.sha256(canonical.encode()).hexdigest()[:16],
        score=best.value,
        bill=TuningBill(
            **{key: sum(bill[key] for bill in bills) for key in TuningBill.model_fields}
        ),
        params=nested(best.params),
    )
