"""in16: ImageNet16-120 (Dong and Yang, ICLR 2020): known from NAS-Bench-201's table only."""

from __future__ import annotations

from typing import ClassVar, NoReturn

from typing_extensions import override

from harness.api import AugmentationLimits, DataError, Task, TaskShape


class In16(Task):
    """120 classes of ImageNet at 16x16 pixels; there are results of networks, but no images."""

    shape = TaskShape((3, 16, 16), 120)
    limits = AugmentationLimits(flip=True, crop_padding=2, cutout=0)  # as it was trained
    label = "in16"
    benchmark = "imagenet16_120"
    no_images: ClassVar[str] = (
        "in16 (ImageNet16-120) exists as a table only: nothing can be searched or trained on its "
        "images; take the evaluator 'table', as the protocol 'table' does."
    )

    @override
    def development(self) -> NoReturn:
        raise DataError(self.no_images)

    @override
    def test(self) -> NoReturn:
        raise DataError(self.no_images)

    @override
    def fingerprint(self) -> NoReturn:
        raise DataError(self.no_images)
