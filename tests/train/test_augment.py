"""Augmentation changes what it should, and keeps the rest."""

import dataclasses

import pytest
import torch
from torch import Tensor, nn

from train.augment import augment, mix, mixed_features, to_pixels
from train.recipes import Augmentation

NONE = Augmentation(
    **{field.name: float(field.name == "frame") for field in dataclasses.fields(Augmentation)}
)
EACH = {
    **{"flip": 1.0, "shift": 0.1, "scale": 0.15, "frame": 0.8, "rotation": 12.0, "contrast": 0.3},
    **{"brightness": 0.2, "gamma": 0.3, "shadow": 0.5, "noise": 0.1, "erase": 1.0},
    "low_resolution": 1.0,
}


def faces(count: int) -> Tensor:
    """Smooth images, brighter to the right, each its own way."""
    ramp = torch.linspace(20, 200, 48).expand(count, 48, 48)
    return (ramp + torch.arange(count).view(-1, 1, 1)).to(torch.uint8)


def test_nothing_random_is_what_serving_does() -> None:
    pixels = augment(faces(5), 96, NONE)
    assert pixels.shape == (5, 1, 96, 96)
    torch.testing.assert_close(pixels, to_pixels(faces(5), 96), atol=1e-5, rtol=0)
    assert mix(pixels, [torch.eye(5)], NONE)[0] is pixels


@pytest.mark.parametrize("name", EACH)
def test_each_change_changes_and_stays_in_range(name: str) -> None:
    torch.manual_seed(0)
    changed = augment(faces(8), 48, dataclasses.replace(NONE, **{name: EACH[name]}))
    moved = (changed - to_pixels(faces(8), 48)).abs().amax((1, 2, 3)) > 1e-3
    assert moved.sum() >= 6  # a draw near 0 may leave one as it was
    assert changed.min() >= 0
    assert changed.max() <= 1


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
def test_targets_of_all_heads_are_mixed_as_the_pixels_are(kind: str) -> None:
    torch.manual_seed(1)
    pixels = torch.arange(2.0).view(2, 1, 1, 1).expand(2, 1, 64, 64)
    targets = [torch.eye(2), torch.zeros(2, 10)]
    mixed, (labels, votes) = mix(pixels, targets, dataclasses.replace(NONE, **{kind: 1.0}))
    torch.testing.assert_close(mixed.mean((1, 2, 3)), labels[:, 1])
    torch.testing.assert_close(labels.sum(1), torch.ones(2))
    assert not torch.equal(labels, torch.eye(2))
    assert not votes.any()


def test_features_are_mixed_as_their_targets_are() -> None:
    torch.manual_seed(1)
    network, faces = nn.Sequential(nn.Linear(3, 4), nn.ReLU()), torch.randn(6, 3)
    plain = network(faces)
    with mixed_features(network[1], [torch.eye(6), torch.zeros(6, 2)], 1.0) as (rows, none):
        torch.testing.assert_close(network(faces), rows @ plain)
    assert not torch.equal(rows, torch.eye(6))
    assert not none.any()
    assert torch.equal(network(faces), plain)
