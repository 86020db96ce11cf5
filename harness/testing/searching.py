"""Short searches on toy problems, recorded so that two of them can be compared step by step."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from harness.api import Method, SearchState
from harness.config.parameters import construct, resolve
from harness.testing.clauses import Excepted, find_difference, freeze
from harness.testing.toy_problem import STEPS, Toy


@dataclass
class Transcript:
    """What a search did.

    Attributes:
        toy: The problem at the end.
        method: The method at the end.
        steps: For each step what was asked, and the method's answer and insights after it.
        state: The method's state at the end.
    """

    toy: Toy
    method: Method
    steps: list[dict[str, Any]] = field(default_factory=list)
    state: Any = None

    def find_difference(self, other: Transcript) -> str | None:
        """Return where two searches part, or None."""
        pairs = enumerate(zip(self.steps, other.steps, strict=True), start=1)
        found = (find_difference(*both, f"step {step}") for step, both in pairs)
        return next((text for text in found if text), None) or find_difference(
            self.state, other.state, "state"
        )


def begin(method: type[Method], toy: Toy) -> Method:
    """Return the method on a toy problem, with the parameters it wants for contract checks.

    Raises:
        Excepted: If it says that it does not support the problem.
    """
    problem = toy.problem
    reason = method.unsupported(
        problem.space, has_images=toy.has_images, fidelities=problem.fidelities
    )
    if reason:
        raise Excepted(str(reason))
    given: Mapping[str, Any] = method.contract_params
    parameters = resolve("method", method.__name__, method, given)
    return method(problem, **construct(method, parameters))


def take_steps(instance: Method, count: int) -> None:
    """Step a method so often."""
    for _ in range(count):
        instance.step()


def search(
    method: type[Method],
    toy: Toy,
    *,
    resume_after: int | None = None,
    readings: int = 1,
    source: SearchState | None = None,
) -> Transcript:
    """Run a short search and record it.

    Args:
        method: Who searches.
        toy: On what.
        resume_after: Step after which the search is saved and taken up by a new object.
        readings: How often insights are read after each step.
        source: Where it begins from, if not from nothing.
    """
    transcript = Transcript(toy, _begin_from(method, toy, source))
    for step in range(STEPS):
        if step == resume_after:
            _resume(transcript, source)
        asked = len(transcript.toy.trace)
        transcript.method.step()
        row: dict[str, Any] = {
            "asked": transcript.toy.trace[asked:],
            "answer": transcript.method.incumbent(),
        }
        for _ in range(readings):
            row["insights"] = transcript.method.insights()
        transcript.steps.append(freeze(row))
    transcript.state = freeze(transcript.method.state_dict())
    return transcript


def read_back(state: dict[str, Any]) -> dict[str, Any]:
    """Return ``state`` as a resumed job would find it."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    buffer.seek(0)
    loaded: dict[str, Any] = torch.load(buffer, weights_only=True, map_location="cpu")
    return loaded


def _begin_from(method: type[Method], toy: Toy, source: SearchState | None) -> Method:
    instance = begin(method, toy)
    if source is not None:
        instance.warm_start(source)
    return instance


def _resume(transcript: Transcript, source: SearchState | None) -> None:
    """Replace toy and method by new ones in the order in which the harness resumes a job."""
    saved, place = read_back(transcript.method.state_dict()), transcript.toy.state_dict()
    toy = transcript.toy.again()
    method = _begin_from(type(transcript.method), toy, source)
    method.load_state_dict(saved)
    toy.load_state_dict(place)
    transcript.toy, transcript.method = toy, method
