"""Random changes to whole batches on the device: what cameras and detectors do to a face.

Everything here takes its randomness from torch's global generator, which the loop seeds once an
epoch, so that a resumed run draws the same numbers.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.transforms import v2

from train.recipes import Augmentation


def to_pixels(images: Tensor, size: int) -> Tensor:
    """uint8 (N, 48, 48) to float (N, 1, size, size) in 0..1: what serving does, nothing random."""
    pixels = images.unsqueeze(1).float() / 255
    return functional.interpolate(pixels, size=(size, size), mode="bilinear", align_corners=False)


def augment(images: Tensor, size: int, how: Augmentation) -> Tensor:
    """uint8 (N, 48, 48) to float (N, 1, size, size) in 0..1, each image changed its own way."""
    pixels = images.unsqueeze(1).float() / 255
    pixels = _relight(pixels, how)
    if how.low_resolution:
        pixels = _low_resolution(pixels, how.low_resolution)
    if how.noise:
        sigma = _uniform(pixels, 0, how.noise)
        pixels = pixels + sigma * torch.randn_like(pixels)
    pixels = _resample(pixels, size, how)
    if how.erase:
        pixels = _erase(pixels, how.erase)
    return pixels.clamp(0, 1)


def mix(pixels: Tensor, targets: list[Tensor], how: Augmentation) -> tuple[Tensor, list[Tensor]]:
    """Mixup or cutmix (a coin decides where both are on) of a batch with its neighbours.

    pixels (N, 1, S, S); targets are (N, K) each and are mixed in the same proportion.
    """
    mixers = [v2.MixUp(alpha=how.mixup)] if how.mixup else []
    mixers += [v2.CutMix(alpha=how.cutmix)] if how.cutmix else []
    if not mixers:
        return pixels, targets
    mixer = mixers[int(torch.randint(len(mixers), ()))]
    pixels, mixed = mixer(pixels, torch.cat(targets, dim=1))
    return pixels, list(mixed.split([target.shape[1] for target in targets], dim=1))


@contextmanager
def mixed_features(block: nn.Module, targets: list[Tensor], alpha: float) -> Iterator[list[Tensor]]:
    """Mixup of what `block` gives, instead of pixels (Verma et al. 2019), while this is entered.

    Its batch is mixed with its own shuffled self; targets (N, K), mixed alike, are what this gives.
    """
    share = float(torch.distributions.Beta(alpha, alpha).sample())
    other = torch.randperm(len(targets[0]), device=targets[0].device)

    def mixed(tensor: Tensor) -> Tensor:
        return share * tensor + (1 - share) * tensor[other]

    hook = block.register_forward_hook(lambda _, __, given: mixed(given))
    try:
        yield [mixed(target) for target in targets]
    finally:
        hook.remove()


def _uniform(like: Tensor, low: float, high: float) -> Tensor:
    """(N, 1, 1, 1) numbers, one an image."""
    return torch.empty(len(like), 1, 1, 1, device=like.device).uniform_(low, high)


def _chosen(like: Tensor, probability: float) -> Tensor:
    """(N, 1, 1, 1) booleans, true with the probability."""
    return _uniform(like, 0, 1) < probability


def _relight(pixels: Tensor, how: Augmentation) -> Tensor:
    if how.gamma:
        pixels = pixels ** _uniform(pixels, -how.gamma, how.gamma).exp()
    if how.shadow:
        pixels = pixels * _side_light(pixels, how.shadow)
    mean = pixels.mean((2, 3), keepdim=True)
    contrast = 1 + _uniform(pixels, -how.contrast, how.contrast)
    return (pixels - mean) * contrast + mean + _uniform(pixels, -how.brightness, how.brightness)


def _side_light(pixels: Tensor, depth: float) -> Tensor:
    """(N, 1, H, W) factors that fall off across the image in a random direction."""
    ramp = torch.linspace(-1, 1, pixels.shape[-1], device=pixels.device)
    angle = _uniform(pixels, 0, 2 * math.pi)
    slope = (angle.cos() * ramp.view(1, 1, 1, -1) + angle.sin() * ramp.view(1, 1, -1, 1)) / 2
    return 1 - _uniform(pixels, 0, depth) * (slope + 0.5).clamp(0, 1)


def _low_resolution(pixels: Tensor, probability: float) -> Tensor:
    """A face far away: one size a batch, drawn anew for each."""
    full = pixels.shape[-1]
    size = int(torch.randint(16, 41, ()))
    small = functional.interpolate(pixels, size=(size, size), mode="area")
    back = functional.interpolate(small, size=(full, full), mode="bilinear", align_corners=False)
    return torch.where(_chosen(pixels, probability), back, pixels)


def _resample(pixels: Tensor, size: int, how: Augmentation) -> Tensor:
    """Flip, turn, scale, shift and enlarge in a single interpolation."""
    count = len(pixels)
    angle = _uniform(pixels, -how.rotation, how.rotation).view(count) * (math.pi / 180)
    scale = how.frame * (1 + _uniform(pixels, -how.scale, how.scale).view(count))
    mirror = torch.where(_chosen(pixels, how.flip).view(count), -1.0, 1.0)
    # grid_sample's coordinates span -1..1, so a shift by a share of the side counts twice.
    shift_x = 2 * _uniform(pixels, -how.shift, how.shift).view(count)
    shift_y = 2 * _uniform(pixels, -how.shift, how.shift).view(count)
    cosine, sine = angle.cos() * scale, angle.sin() * scale
    rows = torch.stack([cosine * mirror, -sine, shift_x, sine * mirror, cosine, shift_y], dim=1)
    grid = functional.affine_grid(
        rows.view(count, 2, 3), [count, 1, size, size], align_corners=False
    )
    return functional.grid_sample(pixels, grid, padding_mode="border", align_corners=False)


def _erase(pixels: Tensor, probability: float) -> Tensor:
    """One grey rectangle of 2 to 20 % of the image, in some of them."""
    side = torch.arange(pixels.shape[-1], device=pixels.device) / pixels.shape[-1]
    area = _uniform(pixels, 0.02, 0.2)
    aspect = _uniform(pixels, -0.7, 0.7).exp()  # between 1:2 and 2:1
    height, width = (area * aspect).sqrt(), (area / aspect).sqrt()
    top = _uniform(pixels, 0, 1) * (1 - height)
    left = _uniform(pixels, 0, 1) * (1 - width)
    down, across = side.view(1, 1, -1, 1), side.view(1, 1, 1, -1)
    inside = (down >= top) & (down < top + height) & (across >= left) & (across < left + width)
    return torch.where(inside & _chosen(pixels, probability), _uniform(pixels, 0, 1), pixels)
