"""The temperature is found again where it was put in, and left alone where faces are few."""

import pytest
import torch
from torch import Tensor, nn

from train.calibrate import FEWEST, cool, temperature
from train.network import ExpressionNet
from train.recipes import Recipe

IMAGES = torch.zeros(2000, 48, 48, dtype=torch.uint8)
LOG_PRIOR = torch.tensor([0.02, 0.04, 0.04, 0.3, 0.2, 0.1, 0.3]).log()


class Loud(nn.Module):
    """Logits and a prior that are `loudness` times those that the targets follow."""

    def __init__(self, logits: Tensor, loudness: float) -> None:
        super().__init__()
        self.logits, self.left = logits * loudness, 0
        self.log_prior = LOG_PRIOR * loudness

    def forward(self, pixels: Tensor) -> tuple[Tensor, None]:
        self.left += len(pixels)
        return self.logits[self.left - len(pixels) : self.left], None


def targets(logits: Tensor) -> Tensor:
    """Shares of ten votes, drawn with the prior in them; every fifth face has none."""
    shares = torch.distributions.Multinomial(10, logits=logits + LOG_PRIOR).sample() / 10
    shares[::5] = 0
    return shares


@pytest.mark.parametrize("loudness", [0.5, 3.0])
def test_the_temperature_is_how_much_too_loud_it_is(loudness: float) -> None:
    torch.manual_seed(0)
    logits = torch.randn(len(IMAGES), 7) * 2
    found = temperature(Loud(logits, loudness), 16, IMAGES, targets(logits))
    assert found == pytest.approx(loudness, rel=0.1)
    few = slice(FEWEST)
    shares = targets(logits[few])
    assert temperature(Loud(logits[few], loudness), 16, IMAGES[few], shares) == 1.0


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
