"""``plan.json``: jobs and arms, with what many jobs have in common written once.

    {"schema_version": 1,
     "shared": [{...}, ...],              values of specs: a method, a task, rules, ...
     "jobs": [{"job", "name", "spec"}],   in a spec a number n under a shared key is ``shared[n]``
     "arms": [{...}]}

Files from before have every spec in full and no ``shared``; they are read as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter
from pydantic_core import to_jsonable_python

from harness.results.files import REMEDY, parse_object, readable
from harness.results.planned import Plan, PlannedArm, PlannedJob
from harness.results.spec import SearchSpec, TrainSpec

KINDS: dict[str, type[SearchSpec | TrainSpec]] = {"search": SearchSpec, "train": TrainSpec}


def write_plan(plan: Plan) -> str:
    """Return a plan as a file holds it."""
    shared: list[Any] = []
    places: dict[str, int] = {}
    known: dict[int, int] = {}  # by identity: the plan keeps its parts alive

    def share(value: BaseModel) -> int:
        if id(value) not in known:
            text = value.model_dump_json()
            if text not in places:
                places[text] = len(shared)
                shared.append(json.loads(text))
            known[id(value)] = places[text]
        return known[id(value)]

    document = {
        "schema_version": plan.schema_version,
        "jobs": [
            {"job": job.job, "name": job.name, "spec": _abridge(job.spec, share)}
            for job in plan.jobs
        ],
        "arms": [arm.model_dump(mode="json") for arm in plan.arms],
        "shared": shared,
    }
    return json.dumps(document, separators=(",", ":"))


def read_plan(path: Path) -> Plan:
    """Return the plan in a file.

    Raises:
        DamagedFileError: If it holds none, or part of one.
        ConfigError: If another version of the harness wrote it.
    """
    with readable(path, "Plan", REMEDY):
        document = parse_object(path.read_bytes())
        if "shared" not in document:
            return _checked(Plan.model_validate(document))
        return _checked(_expand(document))


def _abridge(spec: SearchSpec | TrainSpec, share: Callable[[BaseModel], int]) -> dict[str, Any]:
    fields = ((name, getattr(spec, name)) for name in type(spec).model_fields)
    return {
        name: share(value) if isinstance(value, BaseModel) else to_jsonable_python(value)
        for name, value in fields
    }


def _expand(document: dict[str, Any]) -> Plan:
    """Return the plan; equal parts of specs are one object."""
    shared, known = document["shared"], {}
    adapters = {
        (kind, name): TypeAdapter(field.rebuild_annotation())
        for kind, model in KINDS.items()
        for name, field in model.model_fields.items()
        if _holds_model(field.annotation)
    }

    def part(kind: str, name: str, value: Any) -> Any:
        if (kind, name) not in adapters or value is None:
            return value
        key = kind, name, value
        if key not in known:
            known[key] = adapters[kind, name].validate_python(shared[value])
        return known[key]

    jobs = []
    for row in document["jobs"]:
        kind = row["spec"]["kind"]
        fields = {name: part(kind, name, value) for name, value in row["spec"].items()}
        spec = KINDS[kind].model_validate(fields)
        jobs.append(PlannedJob(job=row["job"], name=row["name"], spec=spec))
    arms = tuple(PlannedArm.model_validate(row) for row in document["arms"])
    return Plan.model_construct(
        schema_version=document["schema_version"], jobs=tuple(jobs), arms=arms
    )


def _checked(plan: Plan) -> Plan:
    """Refuse a plan that lacks a job on which its arms or jobs rest."""
    known = {job.job for job in plan.jobs}
    wanted = {digest for job in plan.jobs for digest in job.spec.ancestors}
    wanted.update(digest for arm in plan.arms for digest in (arm.train, *arm.searches))
    if missing := wanted - known:
        raise ValueError(f"the job {min(missing)} is not listed")
    return plan


def _holds_model(annotation: Any) -> bool:
    """Tell whether a field's value is a model, so that the file has its place instead."""
    kinds = (annotation, *get_args(annotation))
    return any(isinstance(kind, type) and issubclass(kind, BaseModel) for kind in kinds)
