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
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from harness.api import Tunable, Unsupported
from harness.config.parameters import nest
from harness.config.tuning import Tuning, TuningBill
from harness.errors import ConfigError, HarnessError
from harness.execution.executor import Settings, run_jobs
from harness.planning.evaluators import prepare_evaluator
from harness.planning.resolve_plugins import open_space, open_task
from harness.planning.seeding import derive_seed
from harness.results.files import readable
from harness.results.planned import PlannedJob
from harness.results.record import JobRecord, Status
from harness.results.spec import SearchSpec, digest
from harness.results.store import ExperimentFolder, write_atomically
from harness.tools.tuning_plan import TuningPlan

if TYPE_CHECKING:
    from optuna import Study, Trial

JOURNAL, RESULT = "study.journal", "tuning.json"


def tune(
    plan: TuningPlan, folder: ExperimentFolder, trials: int, settings: Settings
) -> Tuning | None:
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


def _open_study(plan: TuningPlan, folder: ExperimentFolder) -> Study:
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


def _run_trial(
    plan: TuningPlan, study: Study, folder: ExperimentFolder, settings: Settings
) -> bool:
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


def _open_trial(plan: TuningPlan, study: Study) -> Trial:
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

    It is evaluated again, for a method's own best score is that of its luckiest candidate, and some
    evaluate none.

    Args:
        record: Of the search.
        device: Where it is evaluated.
        folder: Where its weights lie meanwhile.
    """
    spec = record.spec
    assert isinstance(spec, SearchSpec) and record.architecture is not None
    space, task = open_space(spec.space), open_task(spec.task)
    evaluator, _ = prepare_evaluator(spec, space, task, device, folder)
    evaluation = evaluator.evaluate(
        space.from_text(record.architecture),
        spec.rules.candidate,
        fidelity=spec.rules.fidelities[-1],
        seed=derive_seed(spec.seed, "tuning", "verdict"),
        key="verdict",
    )
    evaluator.release("verdict")
    bill = TuningBill(
        trials=1,
        seconds=record.bill.seconds + evaluation.seconds,
        examples=record.bill.examples + evaluation.examples,
        evaluations=record.bill.evaluations + 1,
    )
    return evaluation.score, bill


def _summarise(plan: TuningPlan, study: Study) -> Tuning:
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
        params=nest(best.params),
    )
