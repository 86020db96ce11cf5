"""What c10 and c100 have in common: the task made of the images, and its proxies."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from typing_extensions import override

from harness.api import AugmentationLimits, ConfigError, Examples, Task, TaskShape, data_folder
from harness.tasks._cifar_files import Cifar, Subset, find
from harness.tasks._cifar_images import OFFICIAL_IMAGES, SIDE, Images, load, read_only

Share = Annotated[float, Field(gt=0, le=1)]
ClassCount = Annotated[int, Field(ge=2)]
Seed = Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class Proxy:
    """How a set is made smaller for a source search.

    Attributes:
        images: Share of every class's training images that is kept; the test split stays whole.
        classes: How many classes are kept, with all their images; None keeps all.
        seed: Of both draws, which do not depend on each other.
    """

    images: float = 1.0
    classes: int | None = None
    seed: int = 0

    def is_whole(self) -> bool:
        """Tell whether everything is kept."""
        return self.images == 1 and self.classes is None

    def apply(self, images: Images) -> Images:
        """Return what is kept of a set, its labels renumbered in their old order."""
        kept = self._draw_classes(1 + int(images.train.labels.max()))
        thinned = _take(images.train, self._draw_images(images.train.labels))
        return Images(_restrict(thinned, kept), _restrict(images.test, kept))

    def to_texts(self) -> list[str]:
        """Return what differs from the whole, as a label says it."""
        texts = []
        if self.images < 1:
            texts.append(f"images={self.images:g}")
        if self.classes is not None:
            texts.append(f"classes={self.classes}")
        if texts and self.seed:
            texts.append(f"proxy_seed={self.seed}")
        return texts

    def _draw_classes(self, count: int) -> NDArray[np.int64]:
        """Return the old labels of the classes to keep; fewer are always among more."""
        return np.sort(self._generator("classes").permutation(count)[: self.classes])

    def _draw_images(self, labels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return sorted rows: a share of every class, at least one; less is always among more."""
        rng = self._generator("images")
        groups = [rng.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels)]
        kept = [rows[: max(1, round(self.images * len(rows)))] for rows in groups]
        return np.sort(np.concatenate(kept))

    def _generator(self, purpose: str) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64([self.seed, *purpose.encode()]))


class CifarTask(Task):
    """Small photographs: the official training images for development, the official test split.

    Reading shape or label touches no data. A subset of the set says so in label and notice.

    Attributes:
        name: The task's.
        cifar: Which of the two sets it is.
    """

    name: ClassVar[str]
    cifar: ClassVar[Cifar]

    proxies = ("images", "classes", "proxy_seed")
    limits = AugmentationLimits(flip=True, crop_padding=8, cutout=24)

    def __init__(
        self, *, images: Share = 1.0, classes: ClassCount | None = None, proxy_seed: Seed = 0
    ) -> None:
        every = self.cifar.classes
        if classes is not None and classes > every:
            raise ConfigError(
                f"task {self.name}: classes={classes} was asked for, but there are {every} "
                f"classes; ask for 2 to {every}."
            )
        self.shape = TaskShape((3, SIDE, SIDE), classes or every)
        self._proxy = Proxy(images, None if classes == every else classes, proxy_seed)

    @property
    @override
    def label(self) -> str:  # type: ignore[override]  # read-only: it is found in the data folder
        found = find(self.cifar)
        subset = [f"{found.train_images:,}-image subset"] if isinstance(found, Subset) else []
        remarks = [*subset, *self._proxy.to_texts()]
        return f"{self.name} ({', '.join(remarks)})" if remarks else self.name

    @property
    @override
    def notice(self) -> str:  # type: ignore[override]
        found = find(self.cifar)
        if not isinstance(found, Subset):
            return ""
        return (
            f"only a subset was used, {found.train_images:,} of {OFFICIAL_IMAGES['train']:,} "
            f"training and {found.test_images:,} of {OFFICIAL_IMAGES['test']:,} test images (the "
            "first of every class): its numbers are not comparable with published ones."
        )

    @override
    def missing(self) -> str | None:
        return None if find(self.cifar) else f"no {self.cifar.title} in {data_folder()}"

    @override
    def development(self) -> Examples:
        return _keep(load(self.cifar), self._proxy).train

    @override
    def test(self) -> Examples:
        return _keep(load(self.cifar), self._proxy).test

    @override
    def fingerprint(self) -> str:
        return _fingerprint(_keep(load(self.cifar), self._proxy))


@functools.cache
def _keep(images: Images, proxy: Proxy) -> Images:
    return images if proxy.is_whole() else proxy.apply(images)


@functools.cache
def _fingerprint(images: Images) -> str:
    digest = hashlib.sha256()
    for examples in (images.train, images.test):
        for array in (examples.images, examples.labels, examples.units):
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(array.data)
    return digest.hexdigest()[:16]


def _restrict(examples: Examples, kept: NDArray[np.int64]) -> Examples:
    """Return the examples of some classes, renumbered from 0."""
    if len(kept) > examples.labels.max():
        return examples
    chosen = _take(examples, np.flatnonzero(np.isin(examples.labels, kept)))
    return replace(chosen, labels=read_only(np.searchsorted(kept, chosen.labels)))


def _take(examples: Examples, rows: NDArray[np.int64]) -> Examples:
    """Return some of the examples, read-only."""
    if len(rows) == len(examples.labels):
        return examples
    images, labels, units = examples.images, examples.labels, examples.units
    return Examples(read_only(images[rows]), read_only(labels[rows]), read_only(units[rows]))
