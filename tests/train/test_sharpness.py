"""Uphill and back: how far, in which direction, and what stays as it was."""

import dataclasses
import math
from pathlib import Path

import pytest
import torch
from torch import nn

from train.loop import fit
from train.network import restore
from train.recipes import Recipe
from train.sharpness import uphill
from train.split import Split


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1))


def state(net: nn.Module) -> dict[str, torch.Tensor]:
    """Weights and statistics, without how many batches were seen."""
    saved = net.state_dict().items()
    return {name: tensor.clone() for name, tensor in saved if not name.endswith("tracked")}


def loss_of(net: nn.Module) -> torch.Tensor:
    torch.manual_seed(1)
    return net(torch.randn(16, 3)).square().mean()


def test_up_along_the_gradient_and_exactly_back() -> None:
    net = network()
    loss = loss_of(net)
    loss.backward()
    before = state(net)
    slopes = [weight.grad.clone() for weight in net.parameters()]
    here = [weight.detach().clone() for weight in net.parameters()]
    with uphill(net, 0.1):
        moves = [now.detach() - old for now, old in zip(net.parameters(), here, strict=True)]
        assert math.hypot(*(move.norm().item() for move in moves)) == pytest.approx(0.1, rel=1e-4)
        along = sum((move * slope).sum() for move, slope in zip(moves, slopes, strict=True))
        steep = math.hypot(*(slope.norm().item() for slope in slopes))
        assert along.item() == pytest.approx(0.1 * steep, rel=1e-4)
        assert loss_of(net) > loss
    assert all(torch.equal(before[name], tensor) for name, tensor in state(net).items())
    assert net[1].momentum == 0.1


def test_frozen_weights_stay() -> None:
    net = network()
    net[0].requires_grad_(False)
    before = net[0].weight.clone()
    loss_of(net).backward()
    with uphill(net, 1.0):
        assert torch.equal(net[0].weight, before)


@pytest.mark.parametrize("slope", [0.0, math.inf, math.nan])
def test_a_slope_that_leads_nowhere_moves_nothing(slope: float) -> None:
    net = network()
    before = net[3].weight.clone()
    net[3].weight.grad = torch.full_like(before, slope)
    with uphill(net, 1.0):
        assert torch.equal(net[3].weight, before)
        assert torch.isfinite(net[3].weight).all()


def test_an_error_on_the_hill_leads_back_too() -> None:
    net = network()
    loss_of(net).backward()
    before = net[3].weight.clone()
    with pytest.raises(ValueError, match="stop"), uphill(net, 1.0):
        raise ValueError("stop")
    assert torch.equal(net[3].weight, before)
    assert net[1].momentum == 0.1


def test_a_recipe_with_a_radius_learns_something_else(
    tiny: Recipe, splits: dict[str, Split], tmp_path: Path
) -> None:
    flat = dataclasses.replace(
        tiny, phases=(dataclasses.replace(tiny.phases[0], sharpness_radius=0.5),)
    )
    heads = []
    for name, recipe in (("plain", tiny), ("flat", flat)):
        best = fit(recipe, splits["train"], splits["valid"], tmp_path / name, stop_after=1)
        heads.append(restore(best)[0].label_head.weight)
    assert not torch.equal(*heads)
    assert all(head.isfinite().all() for head in heads)
