"""How far long work is, and how long it will still take."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from harness.execution.display import Display
from harness.planning.resolve_plugins import looks_up
from harness.results.planned import PlannedJob
from harness.results.record import Status
from harness.results.spec import SearchSpec

# Between two lines where the output is no terminal and no job ends.
HEARTBEAT_SECONDS = 15.0
REDRAW_SECONDS = 0.5
# What a job is taken to last that looks results up, before one of its class has ended.
LOOK_UP_SECONDS = 0.03
LOOKED_UP = " (looked up)"


class Progress:
    """Prints a line as each job ends, and in between how far the running ones are.

    The time left rests on what jobs of the same class took (same method, or training on the same
    task, and looked up or not), and before any has ended on how far the running ones got.

    Args:
        jobs: What is to be done.
        workers: How many run at once.
        display: Where lines go.
        outcome: Returns what a job that is done came to, in a few words.
    """

    def __init__(
        self,
        jobs: Iterable[PlannedJob],
        workers: int,
        display: Display | None = None,
        outcome: Callable[[PlannedJob], str] = lambda job: "",
    ) -> None:
        self._waiting = {job.job: job for job in jobs}
        self._running: dict[str, tuple[PlannedJob, float, float]] = {}
        self._took: dict[str, list[float]] = {}
        self._workers = workers
        self._display = display or Display()
        self._outcome = outcome
        self._total = len(self._waiting)
        self._ended = 0
        self._began = time.monotonic()
        self._drawn = self._short_since = self._began

    def start(self, job: PlannedJob) -> None:
        """Note that a job begins."""
        self._waiting.pop(job.job, None)
        self._running[job.job] = (job, time.monotonic(), 0.0)

    def advance(self, job: PlannedJob, share: float) -> None:
        """Note that ``share`` (0 to 1) of a running job is done; redraw now and then."""
        if job.job in self._running:
            _, since, _ = self._running[job.job]
            self._running[job.job] = (job, since, share)
        self.draw()

    def end(self, job: PlannedJob, status: Status, reason: str | None) -> None:
        """Note that a job ended, and print a line."""
        _, since, _ = self._running.pop(job.job)
        took = time.monotonic() - since
        self._ended += 1
        if status is Status.DONE:
            self._took.setdefault(kind_of(job), []).append(took)
        outcome = self._outcome(job) if status is Status.DONE else ""
        what = f"{status} {job.name}{outcome and f': {outcome}'}{_why(reason)} ({_clock(took)})"
        left = "" if self._display.is_live else f" - {self._left()}"  # is drawn below
        self.say(f"[{self._ended}/{self._total}] {what}{left}")

    def end_short(self, job: PlannedJob, status: Status, reason: str | None) -> None:
        """Note that one of very many short jobs ended; one without a result gets a line."""
        self._waiting.pop(job.job, None)
        self._ended += 1
        now = time.monotonic()  # several end at a time, so they took as long as the last pause
        self._took.setdefault(kind_of(job), []).append(self._workers * (now - self._short_since))
        self._short_since = now
        if status in {Status.FAILED, Status.DIVERGED}:
            self.say(f"[{self._ended}/{self._total}] {status} {job.name}{_why(reason)}")
        self.draw()

    def lose(self, jobs: Sequence[PlannedJob], reason: str, *, again: bool) -> None:
        """Note that the machine ended an attempt at jobs, whether or not they are tried again."""
        for job in jobs:
            self._running.pop(job.job, None)
            if again:
                self._waiting[job.job] = job
        what = jobs[0].name if len(jobs) == 1 else f"{len(jobs)} jobs"
        self.say(f"no result of {what}: {reason} {'Trying again.' if again else ''}".rstrip())

    def say(self, line: str) -> None:
        """Print a line that the user should read."""
        self._drawn = time.monotonic()
        self._display.say(line)

    def close(self) -> None:
        """Leave an empty line to whoever prints next."""
        self._display.clear()

    def draw(self) -> None:
        """Say how far the running jobs are, if it is time to."""
        now, is_live = time.monotonic(), self._display.is_live
        if now - self._drawn < (REDRAW_SECONDS if is_live else HEARTBEAT_SECONDS):
            return
        running = ", ".join(f"{job.name} {share:.0%}" for job, _, share in self._running.values())
        # What matters most comes first: a narrow terminal cuts the end off.
        line = f"[{self._ended}/{self._total}] {self._left()} - {running or 'short jobs'}"
        if is_live:
            self._drawn = now
            self._display.draw(line)
        else:
            self.say(line)

    def seconds_left(self) -> float | None:
        """Return the expected time until the last job ends, None if nothing is known yet."""
        now = time.monotonic()
        known = {kind: sum(times) / len(times) for kind, times in self._took.items()}
        for job, since, share in self._running.values():
            if kind_of(job) not in known and share > 0:
                known[kind_of(job)] = (now - since) / share
        waiting = [_expect(kind_of(job), known) for job in self._waiting.values()]
        running = [
            (1 - share) * max(_expect(kind_of(job), known), now - since)
            for job, since, share in self._running.values()
        ]
        work = sum(waiting) + sum(running)
        # The last jobs do not get faster by workers that have nothing to do.
        return None if math.isnan(work) else max(work / self._workers, *running, 0.0)

    def _left(self) -> str:
        elapsed = _clock(time.monotonic() - self._began)
        left = self.seconds_left()
        return f"{elapsed} so far, " + (
            "time left unknown yet" if left is None else f"about {_clock(left)} left"
        )


def _why(reason: str | None) -> str:
    return f": {reason.strip().splitlines()[-1]}" if reason else ""


class Countdown:
    """Prints now and then how many of a known number of equal things are done, on standard error.

    Args:
        what: They are, in the plural.
        total: How many there are.
    """

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total = what, total
        self._display = Display()
        self._began = self._told = time.monotonic()

    def tell(self, done: int) -> None:
        """Note that so many are done."""
        now = time.monotonic()
        is_live, is_over = self._display.is_live, done == self._total
        if now - self._told < (REDRAW_SECONDS if is_live else HEARTBEAT_SECONDS) and not is_over:
            return
        self._told = now
        left = (now - self._began) * (self._total - done) / done
        line = f"{done} of {self._total} {self._what}, about {_clock(left)} left"
        if is_live and not is_over:
            self._display.draw(line)
        else:
            self._display.say(line)


def kind_of(job: PlannedJob) -> str:
    """Return what jobs of about the same length have in common."""
    spec = job.spec
    kind = f"search/{spec.method.name}" if isinstance(spec, SearchSpec) else "train"
    return f"{kind}/{spec.task.name}{LOOKED_UP if looks_up(spec.rules.evaluator) else ''}"


def _expect(kind: str, known: Mapping[str, float]) -> float:
    """Return the seconds of a job: what its class took, or else what those like it did.

    Args:
        kind: Its class.
        known: Mean seconds by class.

    Returns:
        NaN if nothing is known that would be like it.
    """
    if kind in known:
        return known[kind]
    if kind.endswith(LOOKED_UP):
        return LOOK_UP_SECONDS
    long = {name: took for name, took in known.items() if not name.endswith(LOOKED_UP)}
    sort = kind.partition("/")[0]
    alike = [took for name, took in long.items() if name.partition("/")[0] == sort]
    alike = alike or list(long.values())
    return sum(alike) / len(alike) if alike else math.nan


def _clock(seconds: float) -> str:
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
