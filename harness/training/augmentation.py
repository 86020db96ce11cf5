"""Augmentation as batched tensor operations on the device.

The order is that of the official code of DARTS: zero-padded random crop, horizontal flip (both on
raw pixels), normalisation, cutout. What is random is drawn first, on the host, so that every
operation is a pure function of its arguments.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from harness.api import Augmentation, AugmentationLimits


@dataclass(frozen=True)
class Draws:
    """What was drawn for one batch; None for an operation that does nothing.

    Attributes:
        offsets: Row and column of the crop's corner in the padded image, shape (N, 2).
        flips: Which images are flipped, shape (N,).
        centres: Row and column of the cutout's centre, shape (N, 2).
    """

    offsets: Tensor | None
    flips: Tensor | None
    centres: Tensor | None


def limited(augmentation: Augmentation, limits: AugmentationLimits) -> Augmentation:
    """Return what remains of a recipe's augmentation within a task's limits."""
    return Augmentation(
        crop_padding=min(augmentation.crop_padding, limits.crop_padding),
        flip=augmentation.flip and limits.flip,
        cutout=min(augmentation.cutout, limits.cutout),
    )


def draw(augmentation: Augmentation, shape: torch.Size, generator: torch.Generator) -> Draws:
    """Draw on the host what ``augmentation`` needs for a batch of ``shape`` (N, C, H, W)."""
    count, _, height, width = shape
    offsets = flips = centres = None
    if augmentation.crop_padding:
        positions = 2 * augmentation.crop_padding + 1
        offsets = torch.randint(positions, (count, 2), generator=generator)
    if augmentation.flip:
        flips = torch.randint(2, (count,), generator=generator).bool()
    if augmentation.cutout:
        rows = torch.randint(height, (count,), generator=generator)
        columns = torch.randint(width, (count,), generator=generator)
        centres = torch.stack((rows, columns), dim=1)
    return Draws(offsets, flips, centres)


def crop(images: Tensor, offsets: Tensor, padding: int) -> Tensor:
    """Cut images of the original size, at ``offsets``, out of zero-padded ones.

    Args:
        images: Raw pixels, shape (N, C, H, W): zero is black, not the mean.
        offsets: Row and column in 0..2 * padding for each image, shape (N, 2).
        padding: Pixels added on each side.
    """
    channels, height, width = images.shape[1:]
    padded = functional.pad(images, (padding, padding, padding, padding))
    rows = offsets[:, 0, None] + torch.arange(height, device=images.device)
    columns = offsets[:, 1, None] + torch.arange(width, device=images.device)
    places = rows[:, :, None] * (width + 2 * padding) + columns[:, None, :]
    places = places.flatten(1)[:, None, :].expand(-1, channels, -1)
    return padded.flatten(2).gather(2, places).view_as(images)


def flip(images: Tensor, flips: Tensor) -> Tensor:
    """Mirror the images marked in ``flips`` from left to right."""
    return torch.where(flips[:, None, None, None], images.flip(3), images)


def normalise(images: Tensor, mean: Tensor, deviation: Tensor) -> Tensor:
    """Turn pixels 0..255 into floats with zero mean and unit deviation of each channel.

    On a CPU the floats lie with their channels last, and so will every feature map computed from
    them: depthwise convolutions and their gradients are several times faster there that way.
    """
    on_cpu = images.device.type == "cpu"
    layout = torch.channels_last if on_cpu else torch.contiguous_format
    pixels = torch.empty_like(images, dtype=torch.float32, memory_format=layout)
    return pixels.copy_(images).div_(255).sub_(mean).div_(deviation)


def cutout(images: Tensor, centres: Tensor, side: int) -> Tensor:
    """Set a square to zero in each image, clipped at the borders.

    Args:
        images: Normalised, so that zero is the mean.
        centres: Row and column for each image, shape (N, 2); an even square reaches one pixel
            further up and left of its centre than down and right.
        side: Of the square, in pixels.
    """
    height, width = images.shape[2:]
    top, left = (centres - side // 2).unbind(1)
    rows = torch.arange(height, device=images.device) - top[:, None]
    columns = torch.arange(width, device=images.device) - left[:, None]
    in_rows = (rows >= 0) & (rows < side)
    in_columns = (columns >= 0) & (columns < side)
    square = in_rows[:, None, :, None] & in_columns[:, None, None, :]
    return images.masked_fill(square, 0.0)


def augment(
    images: Tensor, augmentation: Augmentation, draws: Draws, mean: Tensor, deviation: Tensor
) -> Tensor:
    """Return normalised and augmented floats of raw pixels; ``draws`` lie on the same device."""
    if draws.offsets is not None:
        images = crop(images, draws.offsets, augmentation.crop_padding)
    if draws.flips is not None:
        images = flip(images, draws.flips)
    pixels = normalise(images, mean, deviation)
    if draws.centres is not None:
        pixels = cutout(pixels, draws.centres, augmentation.cutout)
    return pixels
