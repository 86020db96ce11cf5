import numpy as np
import pytest
import torch
from torchvision.transforms import functional as official

from harness.api import Augmentation, AugmentationLimits
from harness.training.augmentation import augment, crop, cutout, draw, flip, limited, normalise

MEAN, DEVIATION = (0.4, 0.5, 0.6), (0.2, 0.3, 0.25)


@pytest.fixture
def images():
    return torch.randint(256, (7, 3, 6, 9), dtype=torch.uint8)


def channels(values):
    return torch.tensor(values).view(1, -1, 1, 1)


def test_crop_equals_torchvisions_crop_of_the_zero_padded_image(images):
    padding = 2
    offsets = torch.tensor([[0, 0], [4, 4], [2, 2], [0, 4], [3, 1], [1, 3], [4, 0]])
    cropped = crop(images, offsets, padding)
    for image, (row, column), found in zip(images, offsets.tolist(), cropped, strict=True):
        padded = official.pad(image, [padding])
        assert torch.equal(found, official.crop(padded, row, column, *image.shape[1:]))


def test_flip_mirrors_only_marked_images(images):
    flips = torch.tensor([True, False, True, True, False, False, True])
    for image, marked, found in zip(images, flips, flip(images, flips), strict=True):
        assert torch.equal(found, official.hflip(image) if marked else image)


def test_normalise_equals_torchvisions_to_tensor_and_normalize(images):
    found = normalise(images, channels(MEAN), channels(DEVIATION))
    for image, pixels in zip(images, found, strict=True):
        tensor = official.to_tensor(image.permute(1, 2, 0).numpy())
        torch.testing.assert_close(pixels, official.normalize(tensor, MEAN, DEVIATION))


@pytest.mark.parametrize("channel_count", [1, 3])
def test_floats_on_a_cpu_make_convolutions_work_with_channels_last(channel_count):
    images = torch.zeros(4, channel_count, 8, 8, dtype=torch.uint8)
    pixels = normalise(images, torch.zeros(1), torch.ones(1))
    # A single channel is contiguous either way; what counts is what a convolution makes of it.
    maps = torch.nn.Conv2d(channel_count, 6, 3)(pixels)
    assert maps.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("side", [1, 2, 3, 4, 16])
def test_cutout_zeroes_a_square_clipped_at_the_borders(side):
    pixels = torch.ones(7, 3, 6, 9)
    centres = torch.tensor([[0, 0], [5, 8], [2, 3], [0, 8], [5, 0], [3, 1], [1, 7]])
    expected = np.ones((7, 3, 6, 9), np.float32)
    for image, (row, column) in zip(expected, centres.tolist(), strict=True):
        top, left = row - side // 2, column - side // 2
        image[:, max(top, 0) : top + side, max(left, 0) : left + side] = 0
    assert np.array_equal(cutout(pixels, centres, side).numpy(), expected)
    assert pixels.all()  # the input stays as it was


def test_the_whole_chain_follows_the_official_order(images):
    wished = Augmentation(crop_padding=4, flip=True, cutout=4)
    draws = draw(wished, images.shape, torch.Generator().manual_seed(3))
    found = augment(images, wished, draws, channels(MEAN), channels(DEVIATION))
    for index, image in enumerate(images):
        row, column = draws.offsets[index].tolist()
        pixels = official.crop(official.pad(image, [4]), row, column, *image.shape[1:])
        if draws.flips[index]:
            pixels = official.hflip(pixels)
        tensor = official.normalize(pixels.float() / 255, MEAN, DEVIATION)
        expected = cutout(tensor[None], draws.centres[index, None], 4)[0]
        torch.testing.assert_close(found[index], expected)


def test_draws_cover_their_whole_range():
    shape = torch.Size((2000, 1, 6, 9))
    wished = Augmentation(crop_padding=2, flip=True, cutout=2)
    draws = draw(wished, shape, torch.Generator().manual_seed(0))
    assert set(draws.offsets.flatten().tolist()) == set(range(5))
    assert set(draws.centres[:, 0].tolist()) == set(range(6))
    assert set(draws.centres[:, 1].tolist()) == set(range(9))
    assert 0.4 < draws.flips.double().mean() < 0.6


def test_an_empty_augmentation_draws_nothing_and_only_normalises(images):
    nothing = Augmentation(crop_padding=0, flip=False)
    generator = torch.Generator().manual_seed(0)
    before = generator.get_state()
    draws = draw(nothing, images.shape, generator)
    assert torch.equal(generator.get_state(), before)
    found = augment(images, nothing, draws, channels(MEAN), channels(DEVIATION))
    assert torch.equal(found, normalise(images, channels(MEAN), channels(DEVIATION)))


def test_a_recipe_is_limited_by_its_task():
    limits = AugmentationLimits(flip=False, crop_padding=1, cutout=4)
    wished = Augmentation(crop_padding=4, flip=True, cutout=16)
    assert limited(wished, limits) == Augmentation(crop_padding=1, flip=False, cutout=4)
    modest = Augmentation(crop_padding=0, flip=False, cutout=2)
    assert limited(modest, limits) == modest
