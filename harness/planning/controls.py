"""Controls: what a search finds on a source from which the information was taken.

Any task can be the source of one; only a search sees it. What is drawn is drawn once for all
seeds, so that searches on a control differ as much as those on the source do.

* ``labels: shuffled``: labels are dealt out again among all development images
* ``images: noise``: every pixel is uniform noise, labels stay
* ``pixels: shuffled``: one permutation of the pixels' places, the same for every image and channel
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from harness.api import ConfigError, Examples, Split, Task
from harness.config.protocol import Plugin

if TYPE_CHECKING:
    from torch import Tensor


def _shuffle_labels(examples: Examples, rng: np.random.Generator) -> Examples:
    return dataclasses.replace(examples, labels=rng.permutation(examples.labels))


def _draw_noise(examples: Examples, rng: np.random.Generator) -> Examples:
    return dataclasses.replace(
        examples, images=rng.integers(256, size=examples.images.shape, dtype=np.uint8)
    )


def _shuffle_pixels(examples: Examples, rng: np.random.Generator) -> Examples:
    flat = examples.images.reshape(*examples.images.shape[:2], -1)
    moved = flat[:, :, rng.permutation(flat.shape[2])]
    return dataclasses.replace(examples, images=moved.reshape(examples.images.shape))


CONTROLS: Mapping[tuple[str, str], Callable[[Examples, np.random.Generator], Examples]] = {
    ("labels", "shuffled"): _shuffle_labels,
    ("images", "noise"): _draw_noise,
    ("pixels", "shuffled"): _shuffle_pixels,
}


def part_controls(choice: Plugin) -> tuple[Plugin, dict[str, Any]]:
    """Return a task without its controls, and those."""
    controls = {key: value for key, value in CONTROLS if choice.params.get(key) == value}
    params = {key: value for key, value in choice.params.items() if key not in controls}
    return Plugin(name=choice.name, params=params), controls


class Controlled(Task):
    """A task whose development examples lack some information; it has no test split.

    Args:
        task: As it is.
        controls: What is taken away, as ``{"labels": "shuffled"}``.
    """

    def __init__(self, task: Task, controls: Mapping[str, str]) -> None:
        self._task, self._controls = task, controls
        self._told = ", ".join(f"{key} {value}" for key, value in controls.items())
        self.shape, self.limits = task.shape, task.limits
        self.label = f"{task.label} ({self._told})"
        self.notice = f"A control: {self._told}. {task.notice}".strip()

    @functools.cached_property
    @override
    def mean(self) -> tuple[float, ...]:  # type: ignore[override]  # read-only: data are lazy
        return tuple((self._examples.images.mean(axis=(0, 2, 3)) / 255).tolist())

    @functools.cached_property
    @override
    def deviation(self) -> tuple[float, ...]:  # type: ignore[override]
        return tuple((self._examples.images.std(axis=(0, 2, 3)) / 255).tolist())

    @functools.cached_property
    def _examples(self) -> Examples:
        examples = self._task.development()
        for control in self._controls.items():
            rng = np.random.default_rng(list("/".join(control).encode()))
            examples = CONTROLS[control](examples, rng)
        return examples

    @override
    def development(self) -> Examples:
        return self._examples

    @override
    def test(self) -> Examples:
        raise ConfigError(f"{self.label} is a control: it is searched, never tested on.")

    @override
    def fingerprint(self) -> str:
        told = f"{self._task.fingerprint()} {self._told}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @override
    def missing(self) -> str | None:
        return self._task.missing()

    @override
    def split(
        self,
        examples: Examples,
        fractions: Mapping[Split, float],
        rng: np.random.Generator,
        *,
        by_index: bool = False,
    ) -> dict[Split, NDArray[np.int64]]:
        return self._task.split(examples, fractions, rng, by_index=by_index)

    @override
    def loss(self, outputs: Tensor, targets: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
        return self._task.loss(outputs, targets, label_smoothing=label_smoothing)
