"""The temperature is found again where it was put in, and left alone where faces are few."""

from types import SimpleNamespace

import pytest
import torch

from train import calibrate
from train.calibrate import FEWEST, cool, temperature
from train.network import ExpressionNet
from train.recipes import Recipe

LOG_PRIOR = torch.tensor([0.02, 0.04, 0.04, 0.3, 0.2, 0.1, 0.3]).log()


@pytest.mark.parametrize("loudness", [0.5, 3.0])
def test_the_temperature_is_how_much_too_loud_it_is(
    loudness: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    logits = torch.randn(2000, 7) * 2
    shares = torch.distributions.Multinomial(10, logits=logits + LOG_PRIOR).sample() / 10
    shares[::5] = 0  # faces that nobody voted on
    loud = SimpleNamespace(log_prior=LOG_PRIOR * loudness)
    monkeypatch.setattr(calibrate, "predict", lambda network, rows, _: [logits[rows] * loudness])
    every = torch.arange(2000)
    assert temperature(loud, 16, every, shares) == pytest.approx(loudness, rel=0.1)
    assert temperature(loud, 16, every[:FEWEST], shares[:FEWEST]) == 1.0


def test_cooling_divides_what_is_served_and_nothing_else(tiny: Recipe) -> None:
    network = ExpressionNet(tiny).eval()
    network.log_prior.fill_(-2.0)
    pixels = torch.rand(3, 1, 16, 16)
    served, labels = network(pixels)
    cool(network, 2.0)
    cooled, same = network(pixels)
    torch.testing.assert_close(cooled, served / 2)
    torch.testing.assert_close(network.log_prior, torch.full((7,), -1.0))
    assert torch.equal(same, labels)
