"""Invented experiments on disk, written through the models that real ones are written through."""

import hashlib
import random
from itertools import product

from harness.config.experiment import Experiment
from harness.results.planned import (
    ExperimentFacts,
    MethodFacts,
    Plan,
    PlannedArm,
    PlannedJob,
    TaskFacts,
)
from harness.results.record import Bill, JobRecord, Status
from harness.results.spec import SearchSpec, TaskData, TrainSpec, digest
from harness.results.store import ExperimentFolder
from tests.analysis.ingredients import ENVIRONMENT, OPERATIONS, PROTOCOL, cells

LEVELS = {
    "source": 91.0,
    "transferred": 81.0,
    "continued": 83.0,
    "direct": 84.5,
    "direct_long": 85.0,
    "resumed": 84.6,
    "random": 78.0,
}
EDGES = ("normal_0_2", "reduce_0_2")
ARMS = ("source", "transferred", "continued", "direct", "random")
METHODS = ("darts", "random_search")
SUMMARIES = {
    "darts": "DARTS (Liu et al., ICLR 2019): a softmax over <all> operations.",
    "random_search": "Random search (Li & Talwalkar, UAI 2019): the best of what budget allows.",
}
CRASH = "Traceback (most recent call last):\n  File 'x.py', line 3\nValueError: loss | is nan"


class Invention:
    """An experiment that was never run, with every number under control.

    Args:
        path: Where it lies.
        seeds: Of the searches.
        fate: Says how a job ends: (status, reason), or None for a job that did not run.
        levels: Mean accuracy by arm.
        signal: What all seeds of a gradient search find in common, beside what each finds alone.
        carries: Whether a continued search begins from its source's cell.
        latency: Of a trained network, by the table.
        accuracy: Returns what a training is said to have reached, given what it would have.
        environment: Where a job ran.
        ticks: Logged by each search after its start.
        edges: That have architecture parameters, by name.
    """

    def __init__(self, path, *, seeds=5, methods=METHODS, arms=ARMS, pairs=(("d10", "d100"),),
                 train_seeds=1, fate=lambda job: (Status.DONE, None), levels=LEVELS, spread=0.8,
                 protocol=None, moved=0.6, signal=0.0, carries=lambda job: True,
                 latency=lambda job: None, accuracy=lambda job, value: value,
                 environment=lambda job: ENVIRONMENT, ticks=4, edges=EDGES):  # fmt: skip
        self.path, self.fate, self.levels, self.moved = path, fate, levels, moved
        self.signal = signal
        self.spread, self.carries, self.latency = spread, carries, latency
        self.accuracy, self.environment = accuracy, environment
        self.ticks, self.edges = ticks, edges
        self.jobs, self.arms_of, self.planned_arms = {}, {}, []
        self.experiment = Experiment.model_validate(
            {
                "name": path.name,
                "space": {"name": "darts"},
                "methods": list(methods),
                "pairs": [{"source": source, "target": target} for source, target in pairs],
                "seeds": list(range(seeds)) if isinstance(seeds, int) else list(seeds),
                "train_seeds": train_seeds,
                "arms": list(arms),
                "protocol": {**PROTOCOL, **(protocol or {})},
            }
        )
        self.protocol = self.experiment.protocol
        self._plan()

    def write(self):
        """Write plan, facts, records and trajectories; return the folder."""
        folder = ExperimentFolder(self.path)
        plan = Plan(jobs=tuple(self.jobs.values()), arms=tuple(self.planned_arms))
        folder.write(self._facts(), plan, {"name": "darts", "size": "1", "graphs": []})
        for job in self.jobs.values():
            if (end := self.fate(job)) is not None:
                self._finish(folder, job, *end)
        return self.path

    def _facts(self):
        methods = {
            title: MethodFacts(
                summary=SUMMARIES.get(title, ""),
                params={"choices": {"learning_rate": 0.01}, "order": 1},
                defaults={"choices": {"learning_rate": 3e-4}, "order": 1},
            )
            for title in (method.title for method in self.experiment.methods)
        }
        names = sorted({task for pair in self.experiment.pairs for task in _names(pair)})
        tasks = {
            name: TaskFacts(
                label=f"{name} (invented subset)",
                notice="d100's labels are products of d10's." if name == "d100" else "",
                inputs=(1, 16, 16),
                classes=100 if name == "d100" else 10,
                fingerprint=_task(name).fingerprint,
            )
            for name in names
        }
        dump = self.experiment.model_dump(mode="json")
        return ExperimentFacts(experiment=dump, methods=methods, tasks=tasks)

    def _plan(self):
        experiment = self.experiment
        for seed, pair, method in product(experiment.seeds, experiment.pairs, experiment.methods):
            for arm in experiment.arms if method.arms is None else method.arms:
                if arm != "random":
                    self._arm(str(arm), method.title, *_names(pair), seed)
        if "random" in experiment.arms:
            for target in sorted({pair.target.name for pair in experiment.pairs}):
                for number in range(self.protocol.random_architectures):
                    text = f"random {target} {number}"
                    job = self._train(target, number, 0, architecture=text)
                    self._add_arm(
                        "random", "", ("", target), number, repeat=0, train=job, searches=()
                    )

    def _arm(self, arm, method, source, target, seed):
        start = target if arm in {"direct", "direct_long", "resumed"} else source
        chain = [self._search(method, start, seed, times=2 if arm == "direct_long" else 1)]
        if arm in {"continued", "resumed"}:
            chain.append(self._search(method, target, seed, after=chain[0]))
        place = source if arm == "source" else target
        for repeat in range(self.experiment.train_seeds):
            job = self._train(place, seed, repeat, search=chain[-1])
            self._add_arm(
                arm, method, (source, target), seed, repeat=repeat, train=job, searches=tuple(chain)
            )

    def _add_arm(self, arm, method, pair, seed, **jobs):
        self.arms_of.setdefault(jobs["train"], arm)
        source, target = pair
        self.planned_arms.append(
            PlannedArm(arm=arm, method=method, source=source, target=target, seed=seed, **jobs)
        )

    def _search(self, method, task, seed, *, after=None, times=1):
        rules = self.protocol.search
        spec = SearchSpec(
            method={"name": method},
            space={"name": "darts"},
            task=_task(task),
            splits=self.protocol.splits,
            rules=rules.model_copy(update={"budget": rules.budget.times(times)}),
            seed=seed,
            warm_start=after,
        )
        way = f"{self.jobs[after].spec.task.name}-{task}" if after else task
        return self._add(f"search-{method}-{way}-s{seed}", spec)

    def _train(self, task, seed, repeat, **of):
        spec = TrainSpec(
            **of,
            space={"name": "darts"},
            task=_task(task),
            splits=self.protocol.splits,
            rules=self.protocol.train,
            seed=seed,
            repeat=repeat,
        )
        what = self.jobs[of["search"]].name[7:] if "search" in of else f"random{seed}"
        return self._add(f"train-{task}-{what}", spec)

    def _add(self, name, spec):
        job = PlannedJob(job=digest(spec), name=name, spec=spec)
        self.jobs.setdefault(job.job, job)
        return job.job

    def _finish(self, folder, job, status, reason):
        files = folder.job(job)
        files.start(job)
        rng = random.Random(job.job)
        fields = {}
        if status is Status.DONE:
            is_search = isinstance(job.spec, SearchSpec)
            fields = self._searched(files, job, rng) if is_search else self._trained(job, rng)
        files.finish(
            JobRecord(job=job.job, name=job.name, status=status, reason=reason, spec=job.spec,
                      environment=self.environment(job), **fields)
        )  # fmt: skip

    def _searched(self, files, job, rng):
        files.append(self._start(job))
        rows = [self._tick(job, rng, tick) for tick in range(1, self.ticks + 1)]
        for row in rows:
            files.append(row)
        gradient = job.spec.method.name == "darts"
        extra = {"edges": [[edge, OPERATIONS] for edge in self.edges]}
        return {
            **cells(random.Random(job.job), near=self._ancestor(job)),
            "bill": Bill(seconds=20.0 if gradient else 10.0, overhead_seconds=1.0,
                         examples=job.spec.rules.budget.examples,
                         evaluations=0 if gradient else 8),
            "insights": {**rows[-1]["insights"], **(extra if gradient else {}), "steps": 125,
                         "best_validation": rows[-1]["best_validation"]},
            "split_sizes": {"train": 450, "validation": 450},
            "split_ids": {"train": "aa", "validation": "bb"},
        }  # fmt: skip

    def _start(self, job):
        """Return the first row: what a search would derive before its first step."""
        is_carried = job.spec.warm_start is not None and self.carries(job)
        origin = random.Random(job.spec.warm_start if is_carried else f"start {job.job}")
        row = self._tick(job, random.Random(f"tick {job.job}"), 0)
        return {**row, "best_validation": None, "graphs": cells(origin)["graphs"]}

    def _ancestor(self, job):
        if job.spec.warm_start is None:
            return None
        return random.Random(job.spec.warm_start)

    def _tick(self, job, rng, tick):
        quality = 60 + 8 * tick**0.5 + rng.gauss(0, 1)
        gradient = job.spec.method.name == "darts"
        moved = self.moved * tick / self.ticks
        common = random.Random("what every seed finds")
        insights = {} if not gradient else {
            "alphas": [
                [moved * (rng.gauss(0, 1) + self.signal * common.gauss(0, 1)) for _ in OPERATIONS]
                for _ in self.edges
            ],
            "entropy": 1 - 0.16 * tick / self.ticks, "margin": (0.01 + 0.05 * self.signal) * tick,
            "mean_change": moved,
            "last_change_step": 31 * min(tick, 3), "validation_accuracy": quality - 20,
        }  # fmt: skip
        return {
            "tick": tick, "step": 31 * tick, "epoch": float(tick), "seconds": 5.0 * tick,
            "overhead_seconds": 0.0, "examples": 1000 * tick, "validation_examples": 0,
            "evaluations": 0 if gradient else 2 * tick, "incumbent": f"text {tick}",
            "best_validation": None if gradient else quality, "insights": insights,
        }  # fmt: skip

    def _trained(self, job, rng):
        arm = self.arms_of[job.job]
        seed = job.spec.search and self.jobs[job.spec.search].spec.seed
        common = random.Random(f"{seed}").gauss(0, 0.5 * self.spread) if seed is not None else 0.0
        accuracy = self.levels[arm] + common + rng.gauss(0, self.spread)
        return {
            **cells(rng),
            "bill": Bill(seconds=30.0, overhead_seconds=2.0, examples=2700),
            "test_accuracy": self.accuracy(job, round(accuracy, 2)),
            "selection_rule": "last epoch",
            "parameters": 40_000 + rng.randrange(20_000),
            "multiply_adds": 2_000_000 + rng.randrange(500_000),
            "latency_ms": self.latency(job),
            "split_sizes": {"train": 450, "validation": 450, "test": 447},
            "split_ids": {"train": "aa", "validation": "bb"},
        }


def _task(name):
    return TaskData(name=name, fingerprint=hashlib.sha256(name.encode()).hexdigest()[:16])


def _names(pair):
    return pair.source.name, pair.target.name
